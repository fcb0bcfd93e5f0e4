import type { Matrix } from '../../../models/factory/read-matrix.ts';
import { RandomStream } from '../../../models/simulator/random-stream.ts';
import { addDays } from '../../../shared/domain/calendar.ts';
import type { Scorer } from '../../../shared/scoring/scorer.ts';
import { FEATURES, fixtureFeatureList } from '../../scoring/fixture-model.ts';

/** Random applicants of the fixture model; `bend` maps the model's own log-odds to the true ones they default by. */
export async function fixtureMatrix(
  scorer: Scorer,
  rows: number,
  bend: (logOdds: number, row: number) => number = (logOdds) => logOdds,
  seed = 1,
): Promise<Matrix> {
  const random = new RandomStream([seed, 0xf17]);
  const features = Float32Array.from({ length: rows * FEATURES }, (_, place) => {
    const range = fixtureFeatureList.features[place % FEATURES];
    const [low, high] = [range?.minimum ?? 0, range?.maximum ?? 1];
    return random.uniform() < 0.05 ? Number.NaN : Math.fround(low + (high - low) * random.uniform());
  });
  const { probabilityOfDefault } = await scorer.scoreBlock(features, rows);
  const labels = Float64Array.from(probabilityOfDefault, (said, row) => {
    const logOdds = bend(Math.log(said / (1 - said)), row);
    return Number(random.uniform() < 1 / (1 + Math.exp(-logOdds)));
  });
  return {
    rows,
    ids: Array.from(labels, (_, row) => `row-${row}`),
    asOf: Array.from(labels, (_, row) => addDays('2025-01-01', Math.floor((365 * row) / rows))),
    labels,
    meta: new Map([
      ['sex', Array.from(labels, (_, row) => (row % 2 === 0 ? 'F' : 'M'))],
      ['county', Array.from(labels, (_, row) => `cty_<${row % 3}>`)],
    ]),
    features,
  };
}
