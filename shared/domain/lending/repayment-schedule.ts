import { annualPercentageRate, type DatedCashFlow } from '../annual-percentage-rate.ts';
import type { BusinessDate } from '../calendar.ts';
import { BPS, mulDivMinor } from '../money.ts';
import { type DayCount, daysPerYear, interestDays, interestForDays } from './day-count.ts';
import type { RepaymentMethod, ScheduleTerms } from './loan-product.ts';
import { type DueDate, dueDates } from './repayment-calendar.ts';

export interface DatedInstallment {
  /** 1 to the number of installments. */
  readonly number: number;
  readonly monthIndex: number;
  readonly dueOn: BusinessDate;
  readonly principalMinor: number;
  readonly interestMinor: number;
  /** Principal owed after this installment. */
  readonly balanceMinor: number;
}

export interface ScheduleBasis {
  readonly method: RepaymentMethod;
  readonly dayCount: DayCount;
  readonly annualRateBps: number;
  readonly principalMinor: number;
  /** Interest runs from here. */
  readonly from: BusinessDate;
  readonly dueDates: readonly DueDate[];
  /** Keep the amount the borrower is used to (installment, or principal part), and so end sooner. */
  readonly keepMinor?: number;
}

/**
 * Dated installments in minor units. Interest of each period is rounded half to even on the balance; the last
 * installment repays what is left, so principal adds up to what was lent, to the unit.
 */
export function scheduleFrom(basis: ScheduleBasis): DatedInstallment[] {
  if (basis.method.method === 'sales_linked') return fixedTotalSchedule(basis, basis.method);
  const { dayCount, annualRateBps, principalMinor } = basis;
  const repaying = basis.dueDates.filter((date) => date.repaysPrincipal);
  const lastRepaying = repaying.at(-1);
  const regularMinor = basis.keepMinor ?? regularAmountMinor(basis, repaying);
  const schedule: DatedInstallment[] = [];
  let balanceMinor = principalMinor;
  let from = basis.from;
  for (const date of basis.dueDates) {
    if (balanceMinor === 0) break;
    const interestMinor = interestForDays(
      balanceMinor,
      annualRateBps,
      interestDays(dayCount, from, date.on),
      dayCount,
    );
    const wantedMinor =
      basis.method.method === 'equal_installments' ? Math.max(0, regularMinor - interestMinor) : regularMinor;
    const repaidMinor = !date.repaysPrincipal
      ? 0
      : date === lastRepaying
        ? balanceMinor
        : Math.min(balanceMinor, wantedMinor);
    balanceMinor -= repaidMinor;
    from = date.on;
    schedule.push({
      number: schedule.length + 1,
      monthIndex: date.monthIndex,
      dueOn: date.on,
      principalMinor: repaidMinor,
      interestMinor,
      balanceMinor,
    });
  }
  return schedule;
}

/** The schedule of a loan disbursed on a day. Raises DomainError when the terms leave no date to repay on. */
export function repaymentSchedule(terms: ScheduleTerms, disbursedOn: BusinessDate): DatedInstallment[] {
  return scheduleFrom({
    method: terms.product.repayment,
    dayCount: terms.product.dayCount,
    annualRateBps: terms.annualRateBps,
    principalMinor: terms.principalMinor,
    from: disbursedOn,
    dueDates: dueDates(terms.product.repayment, disbursedOn, terms.termMonths),
  });
}

/** Installment (equal installments) or principal part (all others), before the last absorbs the rounding. */
function regularAmountMinor(basis: ScheduleBasis, repaying: readonly DueDate[]): number {
  if (basis.method.method === 'equal_installments') return levelInstallmentMinor(basis, repaying);
  return Math.floor(basis.principalMinor / Math.max(1, repaying.length));
}

/**
 * The installment that repays a loan over unequal periods: P ÷ Σ 1 ÷ Π(1 + rⱼ), rounded up, as one ratio of
 * integers. With periods of thirty days and 30/360 it is the annuity P·r ÷ (1 − (1 + r)^−n).
 */
function levelInstallmentMinor(basis: ScheduleBasis, repaying: readonly DueDate[]): number {
  const year = BigInt(BPS * daysPerYear(basis.dayCount));
  const first = repaying[0];
  if (first === undefined) return basis.principalMinor;
  // Months of grace before the first repayment carry their own interest installments.
  let from = basis.dueDates[basis.dueDates.indexOf(first) - 1]?.on ?? basis.from;
  let grown = 1n;
  let annuity = 0n;
  // Horner from the first period: annuity = Σₖ yearᵏ·Π_{j>k}(year + rateⱼ).
  let yearPower = 1n;
  for (const { on } of repaying) {
    const growth = year + BigInt(basis.annualRateBps * interestDays(basis.dayCount, from, on));
    yearPower *= year;
    grown *= growth;
    annuity = annuity * growth + yearPower;
    from = on;
  }
  return Number((BigInt(basis.principalMinor) * grown + annuity - 1n) / annuity);
}

/** Principal and fixed charge of a sales-linked loan, in minor units. */
export function fixedChargeMinor(principalMinor: number, fixedChargeBps: number): number {
  return mulDivMinor(principalMinor, fixedChargeBps, BPS);
}

/** The floor of a sales-linked loan as installments; whatever is left falls due on the last day. */
function fixedTotalSchedule(
  basis: ScheduleBasis,
  method: Extract<RepaymentMethod, { method: 'sales_linked' }>,
): DatedInstallment[] {
  const chargeMinor = fixedChargeMinor(basis.principalMinor, method.fixedChargeBps);
  const totalMinor = basis.principalMinor + chargeMinor;
  const floorMinor = mulDivMinor(totalMinor, method.monthlyFloorBps, BPS);
  let dueMinor = 0;
  let chargedMinor = 0;
  return basis.dueDates.map((date, index) => {
    const isLast = index === basis.dueDates.length - 1;
    const dueBeforeMinor = dueMinor;
    const chargedBeforeMinor = chargedMinor;
    dueMinor = isLast ? totalMinor : Math.min(totalMinor, dueMinor + floorMinor);
    // Principal and charge come back side by side, in the proportion they stand to each other.
    chargedMinor = totalMinor === 0 ? 0 : mulDivMinor(chargeMinor, dueMinor, totalMinor);
    const interestMinor = chargedMinor - chargedBeforeMinor;
    return {
      number: index + 1,
      monthIndex: date.monthIndex,
      dueOn: date.on,
      principalMinor: dueMinor - dueBeforeMinor - interestMinor,
      interestMinor,
      balanceMinor: basis.principalMinor - (dueMinor - chargedMinor),
    };
  });
}

/** What a day's inflow sends to the lender under a sales-linked loan: the share, never more than is left. */
export function salesRemittanceMinor(inflowMinor: number, inflowShareBps: number, leftMinor: number): number {
  return Math.min(leftMinor, mulDivMinor(Math.max(0, inflowMinor), inflowShareBps, BPS));
}

export function originationFeeMinor(terms: ScheduleTerms): number {
  return mulDivMinor(terms.principalMinor, terms.product.originationFee.feeBps, BPS);
}

/** The loan as the borrower's dated cash flows, the up-front fee included. */
export function cashFlowsOf(
  terms: ScheduleTerms,
  disbursedOn: BusinessDate,
  schedule: readonly DatedInstallment[] = repaymentSchedule(terms, disbursedOn),
): DatedCashFlow[] {
  const feeMinor = originationFeeMinor(terms);
  const deducted = terms.product.originationFee.collected === 'deducted';
  return [
    { on: disbursedOn, amountMinor: terms.principalMinor - (deducted ? feeMinor : 0) },
    ...schedule
      .map(({ dueOn, principalMinor, interestMinor, number }) => ({
        on: dueOn,
        amountMinor: -(principalMinor + interestMinor + (number === 1 && !deducted ? feeMinor : 0)),
      }))
      .filter(({ amountMinor }) => amountMinor !== 0),
  ];
}

export interface CostOfCredit {
  /** Effective annual rate of the dated flows, fees included; a fraction. */
  readonly annualPercentageRate: number;
  readonly totalInterestMinor: number;
  readonly feeMinor: number;
  readonly totalRepayableMinor: number;
  readonly maturesOn: BusinessDate;
}

/** What a borrower is told before signing. `schedule` is the terms' own, where a caller has it. */
export function costOfCredit(
  terms: ScheduleTerms,
  disbursedOn: BusinessDate,
  schedule: readonly DatedInstallment[] = repaymentSchedule(terms, disbursedOn),
): CostOfCredit {
  const feeMinor = originationFeeMinor(terms);
  const totalInterestMinor = schedule.reduce((sum, item) => sum + item.interestMinor, 0);
  return {
    annualPercentageRate: annualPercentageRate(cashFlowsOf(terms, disbursedOn, schedule)),
    totalInterestMinor,
    feeMinor,
    totalRepayableMinor: terms.principalMinor + totalInterestMinor + feeMinor,
    maturesOn: schedule.at(-1)?.dueOn ?? disbursedOn,
  };
}

/**
 * The nominal annual rate that compounds to an effective one: Regulation Z, appendix J states the APR this way,
 * unit-period rate × unit-periods in a year.
 */
export function nominalAnnualRate(effectiveAnnualRate: number, unitPeriodsPerYear: number): number {
  return unitPeriodsPerYear * ((1 + effectiveAnnualRate) ** (1 / unitPeriodsPerYear) - 1);
}
