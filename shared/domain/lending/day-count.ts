import { type BusinessDate, epochDayOf } from '../calendar.ts';
import { BPS, mulDivMinor } from '../money.ts';

/**
 * How days become a share of a year. `thirty_360` is 30E/360 (ISDA 2006 §4.16(g)): every month has thirty days
 * and the 31st is the 30th, so a monthly loan carries a twelfth of the annual rate in every period.
 */
export const dayCounts = ['actual_365', 'actual_360', 'thirty_360'] as const;
export type DayCount = (typeof dayCounts)[number];

/** Days in a year of the convention. */
export function daysPerYear(dayCount: DayCount): 365 | 360 {
  return dayCount === 'actual_365' ? 365 : 360;
}

/** A date's place on the convention's line of days. Spans are differences, so they add up however they are cut. */
function dayNumber(dayCount: DayCount, date: BusinessDate): number {
  if (dayCount !== 'thirty_360') return epochDayOf(date);
  return (
    Number(date.slice(0, 4)) * 360 + Number(date.slice(5, 7)) * 30 + Math.min(Number(date.slice(8, 10)), 30)
  );
}

/** Days of interest from a date (inclusive) to another (exclusive). 2024-01-31 to 2024-03-01 is 31 by 30E/360. */
export function interestDays(dayCount: DayCount, from: BusinessDate, to: BusinessDate): number {
  return dayNumber(dayCount, to) - dayNumber(dayCount, from);
}

/** Interest of a whole span on one balance in minor units, exact, rounded half to even. */
export function interestForDays(
  balanceMinor: number,
  annualRateBps: number,
  days: number,
  dayCount: DayCount,
): number {
  return mulDivMinor(balanceMinor, annualRateBps * days, BPS * daysPerYear(dayCount));
}

/**
 * Interest accumulated since it was last billed: whole minor units already accrued, and the exact rest as a
 * numerator over basis points × days of the year. However a span is cut into days, and whatever the balance
 * does in between, the accrued total is the exact total rounded half to even.
 */
export interface InterestAccumulator {
  readonly accruedMinor: number;
  /** Between minus one half and one half of a minor unit. */
  readonly carry: number;
}

export const NOTHING_ACCRUED: InterestAccumulator = { accruedMinor: 0, carry: 0 };

/**
 * Accrue some days on a balance. Raises RangeError when balance × rate × days leaves safe integers (above ten
 * billion minor units for a month).
 */
export function accrueInterest(
  accumulator: InterestAccumulator,
  balanceMinor: number,
  annualRateBps: number,
  days: number,
  dayCount: DayCount,
): { readonly interestMinor: number; readonly accumulator: InterestAccumulator } {
  const denominator = BPS * daysPerYear(dayCount);
  const exact = accumulator.carry + balanceMinor * annualRateBps * days;
  if (!Number.isSafeInteger(exact)) {
    throw new RangeError(`beyond safe integers: ${balanceMinor} × ${annualRateBps} bps × ${days} days`);
  }
  let interestMinor = Math.floor(exact / denominator);
  const twiceRest = 2 * (exact - interestMinor * denominator);
  // A tie goes to the even total of the period, so that the cut of the span doesn't matter.
  const odd = (accumulator.accruedMinor + interestMinor) % 2 !== 0;
  if (twiceRest > denominator || (twiceRest === denominator && odd)) interestMinor += 1;
  return {
    interestMinor,
    accumulator: {
      accruedMinor: accumulator.accruedMinor + interestMinor,
      carry: exact - interestMinor * denominator,
    },
  };
}
