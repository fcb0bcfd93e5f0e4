import { type BusinessDate, epochDayOf } from './calendar.ts';

export interface LoanPrimeRate {
  readonly from: BusinessDate;
  /** One-year loan prime rate (一年期 LPR), basis points. */
  readonly rateBps: number;
}

/**
 * The one-year LPR as the National Interbank Funding Center publishes it by the People's Bank of China's
 * authorization, by the day it took effect; months in which it did not change are left out. It replaced the
 * benchmark lending rate on 2019-08-20, and has fixed the ceiling of private lending at four times itself
 * since the Supreme People's Court's ruling of 2020-08-20.
 */
export const loanPrimeRates: readonly LoanPrimeRate[] = [
  { from: '2019-08-20', rateBps: 425 },
  { from: '2019-09-20', rateBps: 420 },
  { from: '2019-11-20', rateBps: 415 },
  { from: '2020-02-20', rateBps: 405 },
  { from: '2020-04-20', rateBps: 385 },
  { from: '2021-12-20', rateBps: 380 },
  { from: '2022-01-20', rateBps: 370 },
  { from: '2022-08-22', rateBps: 365 },
  { from: '2023-06-20', rateBps: 355 },
  { from: '2023-08-21', rateBps: 345 },
  { from: '2024-07-22', rateBps: 335 },
  { from: '2024-10-21', rateBps: 310 },
  { from: '2025-05-20', rateBps: 300 },
];

/**
 * The one-year LPR in force on a business date: the last one published on or before it. Raises RangeError
 * before 2019-08-20, when there was none.
 */
export function loanPrimeRateOn(date: BusinessDate): LoanPrimeRate {
  const day = epochDayOf(date);
  const inForce = loanPrimeRates.findLast((rate) => epochDayOf(rate.from) <= day);
  if (inForce === undefined)
    throw new RangeError(`no loan prime rate on ${date}: the first is of 2019-08-20`);
  return inForce;
}
