import { fileURLToPath } from 'node:url';
import type { Matrix } from '../../models/factory/read-matrix.ts';
import { RandomStream } from '../../models/simulator/random-stream.ts';
import { FEATURES, fixtureFeatureList } from './fixture-model.ts';

/** A file of fixture/make_classifiers.py. */
export const classifierFile = (name: string): string =>
  fileURLToPath(new URL(`./fixture/classifiers/${name}`, import.meta.url));

/** Applicants who default as make_classifiers.py has them, `steep` times as surely. */
export function classifierMatrix(rows: number, { missing = 0.08, steep = 1, seed = 1 } = {}): Matrix {
  const random = new RandomStream([seed, 0xc1a]);
  const features = Float32Array.from({ length: rows * FEATURES }, (_, place) => {
    const range = fixtureFeatureList.features[place % FEATURES];
    const [low, high] = [range?.minimum ?? 0, range?.maximum ?? 1];
    return random.uniform() < missing
      ? Number.NaN
      : // No −0, which a text does not hold.
        0 + Math.round((low + (high - low) * random.uniform()) * 4) / 4;
  });
  const labels = Float64Array.from({ length: rows }, (_, row) => {
    const at = (place: number) => {
      const value = features[row * FEATURES + place] ?? Number.NaN;
      return Number.isNaN(value) ? 40 : value;
    };
    const isUnknown = Number.isNaN(features[row * FEATURES + 3] ?? Number.NaN);
    const logOdds = -1.5 - (at(0) - 50) / 25 + (at(1) * at(2)) / 4_000 + Number(isUnknown);
    return Number(random.uniform() < 1 / (1 + Math.exp(-steep * logOdds)));
  });
  return {
    rows,
    ids: Array.from(labels, (_, row) => `row-${row}`),
    asOf: Array.from(labels, () => '2025-06-01'),
    labels,
    meta: new Map(),
    features,
  };
}
