import type { BusinessDate } from '../calendar.ts';
import { BPS } from '../money.ts';
import { daysPerYear, interestDays } from './day-count.ts';
import type { ScheduleTerms } from './loan-product.ts';
import { type DatedInstallment, originationFeeMinor, repaymentSchedule } from './repayment-schedule.ts';

/**
 * Interest and fees as a simple annual rate on the balance really owed, in basis points: what is charged over
 * Σ balance × share of the year. Without fees it is the nominal rate (of 365 days, so actual/360 shows as
 * more); the effective APR beside it compounds. PBoC announcement 2021 no. 3 admits both ways of stating a
 * rate; the ceiling of four times the LPR, itself a simple rate, is held against this one. `schedule` is the
 * terms' own, where a caller has it.
 */
export function allInRateBps(
  terms: ScheduleTerms,
  disbursedOn: BusinessDate,
  schedule: readonly DatedInstallment[] = repaymentSchedule(terms, disbursedOn),
): number {
  return chargedRateBps(terms, disbursedOn, schedule, 0);
}

/**
 * All-in rates as the law holds them: with interest and fees, and, where the product has a late fee, with that of every
 * installment as well.
 */
export function lawfulRates(
  terms: ScheduleTerms,
  disbursedOn: BusinessDate,
  schedule: readonly DatedInstallment[] = repaymentSchedule(terms, disbursedOn),
): { readonly aprBps: number; readonly lateAprBps?: number } {
  const aprBps = allInRateBps(terms, disbursedOn, schedule);
  const { amountMinor } = terms.product.lateFee;
  if (amountMinor === 0) return { aprBps };
  return { aprBps, lateAprBps: chargedRateBps(terms, disbursedOn, schedule, amountMinor * schedule.length) };
}

function chargedRateBps(
  terms: ScheduleTerms,
  disbursedOn: BusinessDate,
  schedule: readonly DatedInstallment[],
  lateFeesMinor: number,
): number {
  const { dayCount, originationFee } = terms.product;
  const feeMinor = originationFeeMinor(terms);
  let chargedMinor = feeMinor + lateFeesMinor;
  // A fee deducted from principal is money the borrower never had.
  const withheldMinor = originationFee.collected === 'deducted' ? feeMinor : 0;
  let balanceYears = 0;
  let balanceMinor = terms.principalMinor;
  let from = disbursedOn;
  for (const item of schedule) {
    const years = interestDays(dayCount, from, item.dueOn) / daysPerYear(dayCount);
    const ofCalendarYear = dayCount === 'actual_360' ? (years * 360) / 365 : years;
    balanceYears += Math.max(0, balanceMinor - withheldMinor) * ofCalendarYear;
    chargedMinor += item.interestMinor;
    balanceMinor = item.balanceMinor;
    from = item.dueOn;
  }
  return Math.round((chargedMinor / balanceYears) * BPS);
}
