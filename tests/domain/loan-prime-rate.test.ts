import { expect, it, test } from 'vitest';
import { loanPrimeRateOn, loanPrimeRates } from '../../shared/domain/loan-prime-rate.ts';

test.each([
  ['2019-08-20', 425],
  ['2019-09-19', 425],
  ['2019-09-20', 420],
  ['2021-12-19', 385],
  ['2022-08-21', 370],
  ['2023-08-21', 345],
  ['2024-10-20', 335],
  ['2024-10-21', 310],
  ['2025-05-19', 310],
  ['2026-06-01', 300],
])('on %s the one-year LPR is %i basis points', (date, rateBps) => {
  expect(loanPrimeRateOn(date).rateBps).toBe(rateBps);
});

it('has no rate before the first was published', () => {
  expect(() => loanPrimeRateOn('2019-08-19')).toThrow(/2019-08-20/);
});

it('is in order of date', () => {
  const dates = loanPrimeRates.map((rate) => rate.from);
  expect(dates).toEqual([...dates].sort());
});
