import { describe, expect, it } from 'vitest';
import { certaintyChart, standardErrorChart } from '../../../models/evaluation/report/certainty-section.ts';
import { scoreCertainty } from '../../../models/evaluation/score-certainty.ts';
import type { Matrix } from '../../../models/factory/read-matrix.ts';
import { loadScorer } from '../../../shared/scoring/load-scorer.ts';
import type { Scorer } from '../../../shared/scoring/scorer.ts';
import { FEATURES, FIXTURE_DIRECTORY, fixtureFeatureList } from '../../scoring/fixture-model.ts';

const ROWS = 1_000;
/** Row k has k/1000 as its first feature. */
const matrix: Matrix = {
  rows: ROWS,
  ids: Array.from({ length: ROWS }, (_, row) => `row-${row}`),
  asOf: Array.from({ length: ROWS }, () => '2025-01-01'),
  labels: Float64Array.from({ length: ROWS }, (_, row) =>
    row % 10 === 0 ? Number.NaN : Number(row % 4 === 0),
  ),
  meta: new Map(),
  features: Float32Array.from({ length: ROWS * FEATURES }, (_, place) => Math.floor(place / FEATURES) / ROWS),
};

/** The fixture with an uncertainty of its own: log-odds −1 for all, a standard error that grows with the row. */
async function unsure(
  standardErrorOf: (row: number) => number | null,
): Promise<Pick<Scorer, 'scoreCard' | 'manifest'>> {
  const scorer = await loadScorer({ directory: FIXTURE_DIRECTORY, featureList: fixtureFeatureList });
  await scorer.release();
  const uncertainty = { file: 'u.onnx', sha256: '0'.repeat(64), output: 'u', varianceScale: 1 };
  return {
    manifest: { ...scorer.manifest, uncertainty },
    scoreCard: async (features) => ({
      modelVersion: '',
      modelSha256: '',
      probabilityOfDefault: 0.2,
      logOdds: -1,
      standardErrorLogOdds: standardErrorOf(Math.round((features[0] ?? 0) * ROWS)),
      creditScore: 500,
      basePoints: 500,
      terms: [],
    }),
  };
}

describe('how sure a model is', () => {
  it('is shown by fifths, the surest first, each row once', async () => {
    const found = await scoreCertainty(await unsure((row) => 0.1 + row / ROWS), matrix, 0);
    const bands = found?.bands ?? [];
    expect(bands.map(({ rows }) => rows)).toEqual([200, 200, 200, 200, 200]);
    expect(bands.map(({ standardError }) => Math.round(100 * standardError))).toEqual([20, 40, 60, 80, 100]);
    expect(bands.reduce((sum, { known }) => sum + known, 0)).toBe(900);
    expect(found?.median).toBeCloseTo(0.6, 2);
    const [surest] = bands;
    expect(surest?.low).toBeLessThan(surest?.meanProbability ?? 0);
    expect(surest?.high).toBeGreaterThan(surest?.meanProbability ?? 1);
  });

  it('counts whose interval has the cut-off in it: one log-odds away, those of an error above 0.51', async () => {
    const found = await scoreCertainty(await unsure((row) => row / ROWS), matrix, 0);
    expect(found?.straddling).toBeCloseTo(1 - 1 / 1.96, 2);
  });

  it('is not said of a model that does not know', async () => {
    const scorer = await loadScorer({ directory: FIXTURE_DIRECTORY, featureList: fixtureFeatureList });
    expect(await scoreCertainty(scorer, matrix, 0)).toBeNull();
    expect(await scoreCertainty(await unsure(() => null), matrix, 0)).toBeNull();
    await scorer.release();
  });

  it('is drawn, also where every row is as sure as the others', async () => {
    for (const errorOf of [(row: number) => 0.1 + row / ROWS, () => 0.3]) {
      const found = await scoreCertainty(await unsure(errorOf), matrix, 0);
      if (found === null) throw new Error('it knows');
      for (const chart of [standardErrorChart(found), certaintyChart(found.bands)]) {
        expect(chart.text).toContain('aria-label');
        expect(chart.text).not.toMatch(/NaN|undefined/);
      }
    }
  });
});
