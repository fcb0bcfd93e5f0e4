import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calibrationLine } from '../../../models/evaluation/calibration-line.ts';
import { fairnessByGroup, wilson } from '../../../models/evaluation/fairness.ts';
import { discrimination, rankByRisk } from '../../../models/evaluation/metrics.ts';
import { monotonicityBreaches } from '../../../models/evaluation/monotonic-shapes.ts';
import { normalCumulative, pairedAucTest } from '../../../models/evaluation/paired-auc.ts';
import {
  chancePsi,
  coarseBins,
  countByBin,
  populationStabilityIndex,
} from '../../../models/evaluation/population-stability.ts';
import { ourFeatureList, registryFile } from '../../../models/factory/model-folders.ts';
import { RandomStream } from '../../../models/simulator/random-stream.ts';
import { shapeModelOf } from '../../../shared/domain/shape-model.ts';
import { features as ourFeatures } from '../../../shared/features/feature-list.ts';
import { loadChampion } from '../../../shared/scoring/load-scorer.ts';

function drawn(rows: number, seed: number, said: (truth: number) => number) {
  const random = new RandomStream([seed]);
  const truths = Array.from({ length: rows }, () => -2 + 3 * (random.uniform() - 0.5));
  return {
    logOdds: truths.map(said),
    labels: truths.map((truth) => Number(random.uniform() < 1 / (1 + Math.exp(-truth)))),
  };
}

describe('the calibration line', () => {
  it('finds the line the log-odds were bent by', () => {
    const { logOdds, labels } = drawn(40_000, 1, (truth) => (truth - 0.5) / 1.5);
    const { slope, intercept } = calibrationLine(logOdds, labels);
    expect(slope.low).toBeLessThan(1.5);
    expect(slope.high).toBeGreaterThan(1.5);
    expect(slope.high - slope.low).toBeLessThan(0.25);
    expect(Math.abs(intercept.value - 0.5)).toBeLessThan(0.2);
  });

  it('is unknown with one class alone', () => {
    expect(calibrationLine([0.1, 0.2], [0, 0]).slope.value).toBeNaN();
  });
});

describe('the paired test of two AUCs', () => {
  const { logOdds, labels } = drawn(2_000, 2, (truth) => truth);
  const random = new RandomStream([3]);
  const noisy = logOdds.map((value) => value + 2 * (random.uniform() - 0.5));

  it('has the difference of the AUCs themselves', () => {
    const auc = (scores: number[]) => discrimination(scores, labels, rankByRisk(scores)).auc;
    expect(pairedAucTest(logOdds, noisy, labels).difference).toBeCloseTo(auc(noisy) - auc(logOdds), 12);
  });

  it('knows a worse model from a better one, and an equal one from both', () => {
    expect(pairedAucTest(logOdds, noisy, labels).pWorse).toBeLessThan(0.01);
    expect(pairedAucTest(noisy, logOdds, labels).pWorse).toBeGreaterThan(0.99);
    expect(pairedAucTest(logOdds, logOdds, labels)).toMatchObject({
      difference: 0,
      standardError: 0,
      pWorse: 1,
    });
  });

  it('has the standard error that resampling has', () => {
    const differences = Array.from({ length: 300 }, (_, seed) => {
      const draw = new RandomStream([4, seed]);
      const rows = labels.map(() => Math.floor(draw.uniform() * labels.length));
      const take = (values: number[]) => rows.map((row) => values[row] ?? 0);
      return pairedAucTest(take(logOdds), take(noisy), take(labels)).difference;
    });
    const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
    const deviation = Math.sqrt(
      differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / differences.length,
    );
    expect(pairedAucTest(logOdds, noisy, labels).standardError / deviation).toBeCloseTo(1, 0.5);
  });

  it.each([
    [0, 0.5],
    [1.959_963_985, 0.975],
    [-1.644_853_627, 0.05],
    [4, 0.999_968_329],
  ])('Φ(%f) is %f', (z, probability) => expect(normalCumulative(z)).toBeCloseTo(probability, 6));
});

describe('population stability', () => {
  it('is zero for equal shares and symmetric, and never negative', () => {
    const counts = fc
      .array(fc.nat(1_000), { minLength: 2, maxLength: 12 })
      .filter((list) => list.some((n) => n > 0));
    expect(populationStabilityIndex([10, 20], [100, 200])).toBeCloseTo(0, 12);
    fc.assert(
      fc.property(counts, counts, (a, b) => {
        const length = Math.min(a.length, b.length);
        const [x, y] = [a.slice(0, length), b.slice(0, length)];
        fc.pre(x.every((n) => n > 0) && y.every((n) => n > 0));
        expect(populationStabilityIndex(x, y)).toBeGreaterThanOrEqual(0);
        expect(populationStabilityIndex(x, y)).toBeCloseTo(populationStabilityIndex(y, x), 9);
      }),
    );
  });

  it('is what the textbook says', () => {
    // Siddiqi 2006: shares 0.5/0.5 against 0.3/0.7: 0.2 ln(5/3) + 0.2 ln(7/5).
    const expected = 0.2 * Math.log(0.5 / 0.3) + 0.2 * Math.log(0.7 / 0.5);
    expect(populationStabilityIndex([500, 500], [300, 700])).toBeCloseTo(expected, 12);
  });

  it('is about its expected value for two samples of one population', () => {
    const random = new RandomStream([5]);
    const sample = () =>
      countByBin(
        Float64Array.of(0.2, 0.4, 0.6, 0.8),
        Array.from({ length: 500 }, () => random.uniform()),
      );
    const indices = Array.from({ length: 200 }, () => populationStabilityIndex(sample(), sample()));
    const mean = indices.reduce((sum, value) => sum + value, 0) / indices.length;
    expect(mean / chancePsi(5, 500, 500)).toBeCloseTo(1, 0.5);
  });

  it('puts fine bins together to at most ten, and keeps every row and the missing ones', () => {
    const cuts = Array.from({ length: 99 }, (_, index) => index);
    const { cuts: kept, counts } = coarseBins(cuts, [...Array.from({ length: 100 }, () => 7), 11]);
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(counts.length).toBe(kept.length + 2);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(711);
    expect(counts.at(-1)).toBe(11);
  });

  it('counts missing apart', () => {
    expect(countByBin(Float64Array.of(1, 2), [0, 1, 1.5, 2, Number.NaN])).toEqual(
      Float64Array.of(1, 2, 1, 1),
    );
  });
});

describe('fairness', () => {
  it('compares every group to the largest one', () => {
    const { attribute, reference, groups } = fairnessByGroup(
      'sex',
      {
        groups: ['F', 'F', 'F', 'F', 'M', 'M', ''],
        approved: [true, true, true, false, true, false, true],
        probabilities: [0.1, 0.1, 0.1, 0.5, 0.1, 0.5, 0.1],
        logOdds: [-2, -2, -2, 0, -2, 0, -2],
        labels: [0, 0, 1, 0, 0, 0, 0],
      },
      1,
    );
    expect([attribute, reference]).toEqual(['sex', 'F']);
    const [women, men] = groups;
    expect(women).toMatchObject({ rows: 4, defaults: 1, approvalRatio: 1, truePositiveGap: 0 });
    expect(men?.approvalRatio).toBeCloseTo(0.5 / 0.75, 12);
    // Of those who repaid, 1 of 2 men against 2 of 3 women.
    expect(men?.truePositiveGap).toBeCloseTo(0.5 - 2 / 3, 12);
    expect(men?.calibrationSlope.value).toBeNaN();
  });

  it('leaves out groups too small to judge, and says how many', () => {
    const rows = {
      groups: ['F', 'F', 'M'],
      approved: [true, true, false],
      probabilities: [0, 0, 0],
      logOdds: [0, 0, 0],
      labels: [0, 0, 0],
    };
    const { groups, tooSmall } = fairnessByGroup('sex', rows, 2);
    expect([groups.map(({ group }) => group), tooSmall]).toEqual([['F'], 1]);
  });

  it('gives a share with an interval within 0 and 1', () => {
    expect(wilson(0, 10)).toMatchObject({ value: 0, low: 0 });
    expect(wilson(0, 10).high).toBeCloseTo(0.2775, 4);
    expect(wilson(0, 0).value).toBeNaN();
  });
});

describe('monotonic shapes', () => {
  const features = [
    { name: 'a', riskDirection: 'increasing' },
    { name: 'b', riskDirection: 'none' },
  ] as const;
  const pair = (scores: number[]) => ({
    features: [0, 1] as const,
    cuts: [[2], [0]] as const,
    scores,
    missing: { first: [0, 0], second: [0, 0], both: 0 },
  });

  it('pass when main effect and pair together never fall', () => {
    const main = { features: [0] as const, cuts: [[1, 2]] as const, scores: [0, 0.5, 1], missing: -9 };
    // The pair falls by 0.4 at one bin of its partner, where the main effect rises by 0.5.
    expect(monotonicityBreaches(shapeModelOf(0, [main, pair([0.4, 0, 0, 0.1])]), features)).toEqual([]);
  });

  it('name the feature, the cut and by how much risk moves the wrong way', () => {
    const main = { features: [0] as const, cuts: [[1, 2]] as const, scores: [0, 0.5, 0.75], missing: 0 };
    const breaches = monotonicityBreaches(shapeModelOf(0, [main, pair([0.5, 0, 0, 0])]), features);
    expect(breaches).toEqual([{ feature: 'a', at: 2, by: 0.25 }]);
  });

  it('see a pair whose partner is missing', () => {
    const main = { features: [0] as const, cuts: [[1, 2]] as const, scores: [0, 0, 0], missing: 0 };
    const missing = { ...pair([0, 0, 0, 0]), missing: { first: [0, 0], second: [0.5, 0.25], both: 0 } };
    expect(monotonicityBreaches(shapeModelOf(0, [main, missing]), features)).toEqual([
      { feature: 'a', at: 2, by: 0.25 },
    ]);
  });
});

describe('the shipped champion', () => {
  it('moves risk with every direction of the feature list, and against none', async () => {
    const scorer = await loadChampion(registryFile, ourFeatureList);
    expect(monotonicityBreaches(scorer.model.shapes, ourFeatures)).toEqual([]);
    await scorer.release();
  });
});
