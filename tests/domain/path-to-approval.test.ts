import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { creditScore, type ScoreScale } from '../../shared/domain/credit-score.ts';
import type { PathToApproval } from '../../shared/domain/decision.ts';
import type { FeatureExplanation } from '../../shared/domain/feature-explanation.ts';
import { pathToApproval } from '../../shared/domain/path-to-approval.ts';
import {
  evaluateShapes,
  type Shape,
  type ShapeModel,
  shapeModelOf,
} from '../../shared/domain/shape-model.ts';
import { sampleExplanations, sampleModel } from '../support/sample-decision.ts';

const scale: ScoreScale = {
  minimum: 350,
  maximum: 950,
  pointsToDoubleOdds: 40,
  anchorScore: 650,
  anchorOdds: 20,
};

function path(
  model: ShapeModel,
  explanations: readonly FeatureExplanation[],
  vector: readonly number[],
  cutOff: number,
): PathToApproval {
  const features = Float32Array.from(vector);
  return pathToApproval({
    model,
    scale,
    features,
    explanations,
    logOdds: evaluateShapes(model, features).logOdds,
    cutOff,
  });
}

const scoreAt = (model: ShapeModel, vector: ArrayLike<number>) =>
  creditScore(scale, evaluateShapes(model, Float32Array.from(vector)).logOdds);

describe('the path to approval', () => {
  const samplePath = (vector: number[], cutOff: number) =>
    path(sampleModel.shapes, sampleExplanations, vector, cutOff);

  it('is one step when one feature suffices, told as a value to aim for', () => {
    const found = samplePath([40, 0.02, 800], 680);
    expect(found).toMatchObject({ reachesCutOff: true, creditScore: 701, cutOff: 680 });
    expect(found.steps).toHaveLength(1);
    expect(found.steps[0]).toMatchObject({
      feature: 'active_days_90d',
      from: 40,
      to: 45,
      sentences: { zh: '90天内至少营业45天', en: 'Do business on at least 45 of 90 days' },
    });
  });

  it('stays under the cut when less is better, on a whole step, and says shares in per cent', () => {
    const found = samplePath([70, 0.08, 800], 700);
    expect(found.steps).toHaveLength(1);
    expect(found.steps[0]).toMatchObject({
      feature: 'refund_share_90d',
      to: 0.04,
      sentences: { en: 'Bring refunds down to 4% of sales' },
    });
  });

  it('does not ask for more than is plausible, and then says how far one can get', () => {
    const found = samplePath([10, 0.3, 800], 900);
    expect(found.reachesCutOff).toBe(false);
    expect(found.steps.map(({ feature, to }) => ({ feature, to }))).toEqual([
      { feature: 'active_days_90d', to: 30 },
    ]);
  });

  it('has no steps when nothing the applicant can do would help', () => {
    expect(samplePath([90, 0.01, 100], 900)).toMatchObject({ reachesCutOff: false, steps: [] });
  });

  it('does not touch what is missing', () => {
    expect(samplePath([Number.NaN, 0.01, 800], 900).steps).toEqual([]);
  });
});

function furthestOf({ action, minimum, maximum }: FeatureExplanation, current: number): number {
  return Math.min(maximum, Math.max(minimum, action?.reachable(current) ?? current));
}

function distanceOf(explanation: FeatureExplanation | undefined, current: number, to: number): number {
  if (explanation === undefined) throw new RangeError('a step of no feature');
  return Math.abs(to - current) / Math.abs(furthestOf(explanation, current) - current);
}

/** Every combination of every whole value of every movable feature: the answer without cleverness. */
function bruteForce(
  model: ShapeModel,
  explanations: readonly FeatureExplanation[],
  vector: readonly number[],
  cutOff: number,
): { count: number; distance: number; bestScore: number } {
  let best = { count: Number.POSITIVE_INFINITY, distance: Number.POSITIVE_INFINITY };
  let bestScore = scoreAt(model, vector);
  const visit = (index: number, values: number[], count: number, distance: number): void => {
    if (count > 4) return;
    if (index === vector.length) {
      const score = scoreAt(model, values);
      bestScore = Math.max(bestScore, score);
      if (score >= cutOff && (count < best.count || (count === best.count && distance < best.distance))) {
        best = { count, distance };
      }
      return;
    }
    const current = vector[index] ?? Number.NaN;
    const explanation = explanations[index];
    visit(index + 1, [...values, current], count, distance);
    if (explanation?.action == null || Number.isNaN(current)) return;
    const towards = explanation.riskDirection === 'decreasing' ? 1 : -1;
    const limit = furthestOf(explanation, current);
    for (let value = current + towards; (limit - value) * towards >= 0; value += towards) {
      const moved = distanceOf(explanation, current, value);
      visit(index + 1, [...values, value], count + 1, distance + moved);
    }
  };
  visit(0, [], 0, 0);
  return { ...best, bestScore };
}

const FEATURES = 5;
const RANGE = 6;
const cutsArbitrary = fc
  .uniqueArray(fc.integer({ min: 1, max: RANGE }), { minLength: 1, maxLength: 3 })
  .map((cuts) => cuts.sort((left, right) => left - right));
const scores = (length: number) =>
  fc.array(
    fc.integer({ min: -16, max: 16 }).map((value) => value / 16),
    { minLength: length, maxLength: length },
  );
const mainShape = (feature: number): fc.Arbitrary<Shape> =>
  cutsArbitrary.chain((cuts) =>
    scores(cuts.length + 1).map((values) => ({
      features: [feature],
      cuts: [cuts],
      scores: values,
      missing: 0,
    })),
  );
const pairShape: fc.Arbitrary<Shape> = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 0, max: FEATURES - 1 }), { minLength: 2, maxLength: 2 }),
    cutsArbitrary,
    cutsArbitrary,
  )
  .chain(([[first = 0, second = 1], rows, columns]) =>
    scores((rows.length + 1) * (columns.length + 1)).map((values) => ({
      features: [first, second],
      cuts: [rows, columns],
      scores: values,
      missing: {
        first: columns.concat(0).map(() => 0.5),
        second: rows.concat(0).map(() => -0.5),
        both: 0,
      },
    })),
  );
const modelArbitrary = fc
  .tuple(
    fc.tuple(...Array.from({ length: FEATURES }, (_, feature) => mainShape(feature))),
    fc.array(pairShape, { maxLength: 3 }),
  )
  .map(([mains, pairs]) => shapeModelOf(-2, [...mains, ...pairs]));
const explanationsArbitrary = fc.tuple(
  ...Array.from({ length: FEATURES }, (_, feature) =>
    fc
      .record({
        actionable: fc.boolean(),
        riskDirection: fc.constantFrom('decreasing' as const, 'increasing' as const),
        reach: fc.integer({ min: 1, max: RANGE }),
        maximum: fc.integer({ min: RANGE, max: 3 * RANGE }),
      })
      .map(
        ({ actionable, riskDirection, reach, maximum }): FeatureExplanation => ({
          name: `feature_${feature}`,
          unit: 'days',
          riskDirection,
          minimum: 0,
          maximum,
          hurts: { zh: '', en: '' },
          action: actionable
            ? {
                step: 1,
                reachable: (value) => value + (riskDirection === 'decreasing' ? reach : -reach),
                improve: { zh: '{target}', en: '{target}' },
              }
            : null,
        }),
      ),
  ),
);
const vectorArbitrary = fc.array(
  fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: RANGE }) },
    { weight: 1, arbitrary: fc.constant(Number.NaN) },
  ),
  {
    minLength: FEATURES,
    maxLength: FEATURES,
  },
);

describe('the path to approval of any additive model, with interactions and missing values', () => {
  it('is as short as an exhaustive search finds, and its score is the model’s own', () => {
    fc.assert(
      fc.property(
        modelArbitrary,
        explanationsArbitrary,
        vectorArbitrary,
        fc.integer({ min: 1, max: 150 }),
        (model, explanations, vector, pointsAway) => {
          const cutOff = Math.min(950, scoreAt(model, vector) + pointsAway);
          fc.pre(cutOff < 950);
          const found = path(model, explanations, vector, cutOff);
          const expected = bruteForce(model, explanations, vector, cutOff);

          const changed = [...vector];
          let distance = 0;
          for (const step of found.steps) {
            const index = explanations.findIndex(({ name }) => name === step.feature);
            expect(step.from).toBe(vector[index]);
            distance += distanceOf(explanations[index], vector[index] ?? 0, step.to);
            changed[index] = step.to;
          }
          expect(scoreAt(model, changed)).toBe(found.creditScore);
          expect(found.reachesCutOff).toBe(found.creditScore >= cutOff);
          if (expected.count === Number.POSITIVE_INFINITY) {
            expect(found.reachesCutOff).toBe(false);
            expect(found.creditScore).toBe(expected.bestScore);
          } else {
            expect(found.steps).toHaveLength(expected.count);
            expect(distance).toBeCloseTo(expected.distance, 9);
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
