import { describe, expect, it, test } from 'vitest';
import { annualRateBpsOf, priceOf, probabilityOfDefaultWithin } from '../../shared/domain/pricing.ts';

const policy = { marginBps: 400, lossGivenDefaultBps: 6_000, aprCapLprMultiple: 4 };
const terms = { guaranteeShareBps: 5_000 };

describe('the price of risk', () => {
  // LGD 60 %, half of it guaranteed: 30 % of a default is lost.
  test.each([
    ['no risk', 0, 12, 0],
    ['a default in twenty within the year', 0.05, 12, 150],
    ['the same within half a year, so 9.75 % a year', 0.05, 6, 293],
    ['the same within the first year of two', 0.05, 24, 150],
    ['certain default', 1, 12, 3_000],
    ['a hair of risk, rounded up', 1e-6, 12, 1],
  ])('of %s (PD %d, %i months) is a spread', (_, probabilityOfDefault, requestedTermMonths, expectedLossBps) => {
    const price = priceOf(policy, terms, probabilityOfDefault, requestedTermMonths, '2026-06-01');
    expect(price).toEqual({
      loanPrimeRateBps: 300,
      loanPrimeRateFrom: '2025-05-20',
      aprCapBps: 1_200,
      marginBps: 400,
      expectedLossBps,
    });
    expect(annualRateBpsOf(price)).toBe(700 + expectedLossBps);
  });

  it('is all the guarantor’s when the guarantee is whole', () => {
    expect(priceOf(policy, { guaranteeShareBps: 10_000 }, 0.5, 12, '2026-06-01').expectedLossBps).toBe(0);
  });

  it('follows the LPR of the day, the cap too', () => {
    expect(priceOf(policy, terms, 0.05, 12, '2024-07-22')).toMatchObject({
      loanPrimeRateBps: 335,
      aprCapBps: 1_340,
    });
  });

  it('does not lose a basis point of the cap to binary fractions', () => {
    // 300 × 1.15 is 344.99999999999994 in doubles.
    expect(priceOf({ ...policy, aprCapLprMultiple: 1.15 }, terms, 0, 12, '2026-06-01').aprCapBps).toBe(345);
  });
});

it('keeps the assessed probability over its own horizon and compounds it beyond', () => {
  expect(probabilityOfDefaultWithin(0.1, 12, 12)).toBeCloseTo(0.1, 12);
  expect(probabilityOfDefaultWithin(0.1, 24, 24)).toBeCloseTo(0.19, 12);
  expect(probabilityOfDefaultWithin(0.1, 6, 12)).toBeCloseTo(0.19, 12);
});
