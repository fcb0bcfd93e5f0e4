import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TermPoints } from '../../shared/domain/decision.ts';
import type { FeatureExplanation } from '../../shared/domain/feature-explanation.ts';
import { adverseActionReasonCodes, pointsByFeature } from '../../shared/domain/reason-codes.ts';

const explanations = ['a', 'b', 'c', 'd', 'e', 'f'].map(
  (name): FeatureExplanation => ({
    name,
    unit: 'days',
    riskDirection: 'decreasing',
    minimum: 0,
    maximum: 90,
    hurts: { zh: `${name}不足`, en: `Too little of ${name}` },
    action: null,
  }),
);
const term = (features: string, points: number): TermPoints => ({
  term: features,
  features: features.split('&'),
  contribution: 0,
  againstReference: 0,
  points,
});
const codes = (...terms: TermPoints[]) =>
  adverseActionReasonCodes(terms, explanations).map((reason) => reason.code);

describe('reason codes of a score', () => {
  it('are the features that cost the most, most costly first, four at most', () => {
    expect(
      codes(term('a', -5), term('b', -9), term('c', -1), term('d', -7), term('e', -2), term('f', 3)),
    ).toEqual(['b', 'd', 'a', 'e']);
  });

  it('leave out what helps and what costs less than half a point', () => {
    expect(codes(term('a', 12), term('b', -0.49), term('c', -0.5), term('d', 0))).toEqual(['c']);
  });

  it('give half of an interaction to each of its members, and name a feature once', () => {
    // a: −4 + 3 = −1; b: −2 + 3 − 5 = −4; c: −5.
    expect(codes(term('a', -4), term('b', -2), term('a&b', 6), term('b&c', -10))).toEqual(['c', 'b', 'a']);
  });

  it('let a feature that hurts alone be offset by an interaction that helps', () => {
    expect(codes(term('a', -4), term('a&b', 8))).toEqual([]);
  });

  it('carry the sentences of the feature', () => {
    expect(adverseActionReasonCodes([term('a', -4)], explanations)).toEqual([
      { code: 'a', sentences: { zh: 'a不足', en: 'Too little of a' } },
    ]);
  });

  it('refuse a feature nobody explains', () => {
    expect(() => codes(term('unheard_of', -4))).toThrow(/no explanation for feature unheard_of/);
  });
});

it('conserves points from terms to features', () => {
  const members = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), {
    minLength: 1,
    maxLength: 2,
  });
  const anyTerm = fc.tuple(members, fc.double({ min: -50, max: 50, noNaN: true }));
  fc.assert(
    fc.property(fc.array(anyTerm, { maxLength: 20 }), (entries) => {
      const terms = entries.map(([features, points]) => term(features.join('&'), points));
      const byTerm = terms.reduce((sum, { points }) => sum + points, 0);
      const byFeature = pointsByFeature(terms).reduce((sum, { points }) => sum + points, 0);
      expect(byFeature).toBeCloseTo(byTerm, 9);
    }),
  );
});
