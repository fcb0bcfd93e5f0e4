import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  creditScore,
  logOddsAtScore,
  type ScoredModel,
  scoreCardOf,
  unboundedScore,
} from '../../shared/domain/credit-score.ts';

const scale = { minimum: 350, maximum: 950, pointsToDoubleOdds: 40, anchorScore: 650, anchorOdds: 20 };
const logOddsOf = (goodToBad: number) => -Math.log(goodToBad);

test.each([
  ['20 to 1, the anchor', 20, 650],
  ['40 to 1', 40, 690],
  ['10 to 1', 10, 610],
  ['even', 1, 477],
  ['1 to 100: the floor', 0.01, 350],
  ['1,000,000 to 1: the ceiling', 1_000_000, 950],
])('odds of %s score %d', (_, odds, points) => {
  expect(creditScore(scale, logOddsOf(odds))).toBe(points);
});

it('finds the greatest log-odds that still reach a score', () => {
  fc.assert(
    fc.property(fc.integer({ min: 351, max: 949 }), (score) => {
      const logOdds = logOddsAtScore(scale, score);
      expect(creditScore(scale, logOdds - 1e-9)).toBe(score);
      expect(creditScore(scale, logOdds + 1e-9)).toBe(score - 1);
    }),
  );
});

describe('a score card', () => {
  const model = (referenceContributions: number[], intercept: number): ScoredModel => ({
    modelVersion: 'pd-test',
    modelSha256: 'a'.repeat(64),
    features: referenceContributions.map((_, index) => `feature_${index}`),
    terms: referenceContributions.map((_, index) => ({ name: `feature_${index}`, features: [index] })),
    intercept,
    scoreScale: scale,
    referenceContributions,
  });
  const contribution = fc.double({ min: -2, max: 2, noNaN: true });

  it('adds up: base points and the points of all terms are the score before rounding', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(contribution, contribution), { minLength: 1, maxLength: 50 }),
        contribution,
        (pairs, intercept) => {
          const contributions = Float32Array.from(pairs, ([value]) => value);
          const logOdds = contributions.reduce((sum, value) => sum + value, intercept);
          const card = scoreCardOf(
            model(
              pairs.map(([, reference]) => reference),
              intercept,
            ),
            { probabilityOfDefault: 1 / (1 + Math.exp(-logOdds)), logOdds, contributions },
          );
          const total = card.terms.reduce((sum, term) => sum + term.points, card.basePoints);
          expect(total).toBeCloseTo(unboundedScore(scale, logOdds), 6);
        },
      ),
    );
  });

  it('gives no points to a term at the reference', () => {
    const card = scoreCardOf(model([0.25, -0.5], -3), {
      probabilityOfDefault: 0.04,
      logOdds: -3,
      contributions: Float32Array.of(0.25, -0.25),
    });
    expect(card.terms.map((term) => term.points.toFixed(2))).toEqual(['0.00', '-14.43']);
  });

  it('refuses contributions of another model', () => {
    expect(() =>
      scoreCardOf(model([0.25], -3), {
        probabilityOfDefault: 0.04,
        logOdds: -3,
        contributions: Float32Array.of(1, 2),
      }),
    ).toThrow(/2 contributions for 1 terms/);
  });
});
