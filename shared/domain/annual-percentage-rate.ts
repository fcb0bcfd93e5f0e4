import { addMonths, type BusinessDate, daysBetween } from './calendar.ts';

const DAYS_PER_YEAR = 365;

export interface DatedCashFlow {
  readonly on: BusinessDate;
  /** Positive: paid to the borrower. Negative: paid by the borrower. */
  readonly amountMinor: number;
}

/**
 * Years between two dates as Directive 2008/48/EC, annex I, counts them: whole months as twelfths (so that
 * the day of the month a loan starts on doesn't change its APR), the days left over as 365ths.
 */
export function yearsBetween(from: BusinessDate, to: BusinessDate): number {
  let months =
    (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 +
    Number(to.slice(5, 7)) -
    Number(from.slice(5, 7));
  if (addMonths(from, months) > to) months -= 1;
  return months / 12 + daysBetween(addMonths(from, months), to) / DAYS_PER_YEAR;
}

/**
 * Effective annual percentage rate as a fraction (0.0969 is 9.69 %): the rate at which the present values of
 * what the borrower receives and of what the borrower pays are equal, all fees included.
 *
 * Receipts must come before payments, in order of date, with time between the first receipt and the first
 * payment; the flows then change sign once, so that there is exactly one rate, found by bracketing and
 * bisection to the last bit of the double. A loan repaid by less than was lent has a negative rate. Raises
 * RangeError for any other flows.
 */
export function annualPercentageRate(flows: readonly DatedCashFlow[]): number {
  const first = flows[0];
  if (first === undefined) throw new RangeError('no cash flows');
  const timed = flows.map(({ on, amountMinor }) => ({ years: yearsBetween(first.on, on), amountMinor }));
  const firstPayment = timed.findIndex((flow) => flow.amountMinor < 0);
  const payments = timed.slice(firstPayment);
  if (
    first.amountMinor <= 0 ||
    firstPayment === -1 ||
    payments.some((flow) => flow.amountMinor > 0) ||
    timed.some((flow, index) => flow.years < (timed[index - 1]?.years ?? 0)) ||
    (payments[0]?.years ?? 0) <= 0
  ) {
    throw new RangeError('cash flows must be receipts, then later payments, in order of date');
  }
  const presentValue = (growth: number) =>
    timed.reduce((sum, flow) => sum + flow.amountMinor * growth ** -flow.years, 0);
  let low = 0.5;
  let high = 2;
  while (presentValue(low) > 0) low /= 2;
  while (presentValue(high) < 0) high *= 2;
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) return middle - 1;
    if (presentValue(middle) < 0) low = middle;
    else high = middle;
  }
}
