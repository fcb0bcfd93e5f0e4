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

export interface TimedCashFlow {
  /** Since the first flow. */
  readonly years: number;
  /** Positive: paid to the borrower. Negative: paid by the borrower. */
  readonly amountMinor: number;
}

/** Effective annual percentage rate of flows on dates, the years between them counted by `yearsBetween`. */
export function annualPercentageRate(flows: readonly DatedCashFlow[]): number {
  const first = flows[0];
  if (first === undefined) throw new RangeError('no cash flows');
  return annualPercentageRateOf(
    flows.map(({ on, amountMinor }) => ({ years: yearsBetween(first.on, on), amountMinor })),
  );
}

/** Steps of Newton's method take about six; halving alone, from any bracket, fewer than this. */
const ITERATIONS_MAX = 200;
const RELATIVE_PRECISION = 1e-15;

/**
 * Effective annual percentage rate as a fraction (0.0969 is 9.69 %): the rate at which the present values of
 * what the borrower receives and of what the borrower pays are equal, all fees included.
 *
 * Receipts must come before payments, in order of time, with time between the first receipt and the first
 * payment; the flows then change sign once, so that there is exactly one rate. It is bracketed, then found by
 * Newton's method, halving the bracket whenever a step would leave it (Press et al., Numerical Recipes, 9.4).
 * A loan repaid by less than was lent has a negative rate. Raises RangeError for any other flows.
 */
export function annualPercentageRateOf(flows: readonly TimedCashFlow[]): number {
  requireOneChangeOfSign(flows);
  let low = 1;
  let high = 2;
  while (presentValue(flows, low).value > 0) low /= 2;
  while (presentValue(flows, high).value < 0) high *= 2;
  let growth = low + (high - low) / 2;
  for (let iteration = 0; iteration < ITERATIONS_MAX; iteration += 1) {
    const { value, slope } = presentValue(flows, growth);
    if (value < 0) low = growth;
    else high = growth;
    const newton = growth - value / slope;
    const next = newton > low && newton < high ? newton : low + (high - low) / 2;
    if (Math.abs(next - growth) <= RELATIVE_PRECISION * growth) return next - 1;
    growth = next;
  }
  return growth - 1;
}

/** Present value at an annual growth factor, and its derivative by that factor. */
function presentValue(
  flows: readonly TimedCashFlow[],
  growth: number,
): { readonly value: number; readonly slope: number } {
  let value = 0;
  let slope = 0;
  for (const { years, amountMinor } of flows) {
    const discounted = amountMinor * growth ** -years;
    value += discounted;
    slope -= (years * discounted) / growth;
  }
  return { value, slope };
}

function requireOneChangeOfSign(flows: readonly TimedCashFlow[]): void {
  const firstPayment = flows.findIndex((flow) => flow.amountMinor < 0);
  const payments = flows.slice(firstPayment);
  if (
    (flows[0]?.amountMinor ?? 0) <= 0 ||
    firstPayment === -1 ||
    payments.some((flow) => flow.amountMinor > 0) ||
    flows.some((flow, index) => flow.years < (flows[index - 1]?.years ?? 0)) ||
    (payments[0]?.years ?? 0) <= 0
  ) {
    throw new RangeError('cash flows must be receipts, then later payments, in order of time');
  }
}
