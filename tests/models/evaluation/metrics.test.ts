import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  brierScore,
  calibrationTable,
  discrimination,
  gainsTable,
  modelMetrics,
  rankByRisk,
} from '../../../models/evaluation/metrics.ts';

/** A counter stands in for chance: the same on every run, uniform enough to resample by. */
function countingRandom(): () => number {
  let state = 12_345;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const scored = fc.array(
  fc.record({
    score: fc.integer({ min: 0, max: 12 }).map((value) => value / 12),
    label: fc.constantFrom(0, 1),
  }),
  { minLength: 2, maxLength: 60 },
);

function aucByPairs(rows: readonly { score: number; label: number }[]): number {
  const defaulted = rows.filter((row) => row.label === 1);
  const others = rows.filter((row) => row.label === 0);
  let wins = 0;
  for (const a of defaulted)
    for (const b of others) wins += a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0;
  return wins / (defaulted.length * others.length);
}

describe('metrics', () => {
  it('AUC equals the share of pairs ranked rightly, ties counting half', () => {
    fc.assert(
      fc.property(scored, (rows) => {
        const scores = rows.map((row) => row.score);
        const labels = rows.map((row) => row.label);
        const { auc } = discrimination(scores, labels, rankByRisk(scores));
        const expected = aucByPairs(rows);
        if (Number.isNaN(expected)) expect(auc).toBeNaN();
        else expect(auc).toBeCloseTo(expected, 12);
      }),
    );
  });

  it('a weight of two is the same as the row twice', () => {
    const scores = [0.9, 0.4, 0.4, 0.2];
    const labels = [1, 0, 1, 0];
    const weighted = discrimination(scores, labels, rankByRisk(scores), [2, 1, 1, 3]);
    const repeatedScores = [0.9, 0.9, 0.4, 0.4, 0.2, 0.2, 0.2];
    const repeated = discrimination(repeatedScores, [1, 1, 0, 1, 0, 0, 0], rankByRisk(repeatedScores));
    expect(weighted).toEqual(repeated);
  });

  it('KS of a perfect ranking is one and Brier of certainty is zero', () => {
    const scores = [1, 1, 0, 0, 0];
    const labels = [1, 1, 0, 0, 0];
    expect(discrimination(scores, labels, rankByRisk(scores))).toEqual({ auc: 1, ks: 1 });
    expect(brierScore(scores, labels)).toBe(0);
  });

  it('an interval holds its value', () => {
    const random = countingRandom();
    const labels = Array.from({ length: 200 }, () => (random() < 0.2 ? 1 : 0));
    const scores = labels.map((label) =>
      Math.min(1, Math.max(0, 0.2 + 0.2 * label + 0.3 * (random() - 0.5))),
    );
    const metrics = modelMetrics(scores, labels, random, 300);
    for (const { value, low, high } of [metrics.auc, metrics.ks, metrics.brier]) {
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }
  });

  it('calibration bands and gains count every row and every default once', () => {
    const random = countingRandom();
    const labels = Array.from({ length: 103 }, () => (random() < 0.3 ? 1 : 0));
    const scores = labels.map((label) => 0.5 * label + 0.5 * random());
    const defaults = labels.filter((label) => label === 1).length;
    const calibration = calibrationTable(scores, labels, random, 10, 50);
    expect(calibration.reduce((sum, band) => sum + band.rows, 0)).toBe(103);
    expect(calibration.reduce((sum, band) => sum + band.defaults, 0)).toBe(defaults);
    const gains = gainsTable(scores, labels, random, 10, 50);
    expect(gains.map((band) => band.rows)).toEqual([10, 20, 30, 41, 51, 61, 72, 82, 92, 103]);
    expect(gains.at(-1)?.captured).toEqual({ value: 1, low: 1, high: 1 });
    expect(gains.at(-1)?.defaults).toBe(defaults);
  });
});
