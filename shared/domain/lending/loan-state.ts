import { z } from 'zod';
import { type BusinessDate, businessDate, daysBetween } from '../calendar.ts';
import { loanId } from '../identifiers.ts';
import { amountMinor, signedAmountMinor } from '../money.ts';
import { assetClasses } from './asset-class.ts';
import { assessableFees, loanContract, loanEventId, restructureReasons } from './loan-event.ts';
import { repaymentMethod, scheduleTerms } from './loan-product.ts';

export const loanStatuses = [
  'accepted',
  'disbursing',
  'active',
  'closed',
  'charged_off',
  'cancelled',
] as const;
export type LoanStatus = (typeof loanStatuses)[number];

/** One line of the repayment calendar. */
export const installment = z.strictObject({
  number: z.int().min(1),
  /** Months after the anchor. */
  monthIndex: z.int().min(1),
  dueOn: businessDate,
  principalMinor: amountMinor,
  /** Expected until it falls due; then what truly accrued. */
  interestMinor: amountMinor,
  principalPaidMinor: amountMinor,
  interestPaidMinor: amountMinor,
  billed: z.boolean(),
  lateFeeAssessed: z.boolean(),
  /** The day nothing of it was left unpaid. */
  settledOn: businessDate.nullable(),
  /** A restructuring moved what was unpaid of it to new installments. */
  supersededOn: businessDate.nullable(),
  /** A remittance of a sales-linked loan: the day through which sales asked for it. Null: a line of the calendar. */
  salesThrough: businessDate.nullable(),
});
export type Installment = z.output<typeof installment>;

export const feeDue = z.strictObject({
  fee: z.enum(['origination', 'late', 'refund_overpaid', ...assessableFees]),
  dueOn: businessDate,
  amountMinor,
  paidMinor: amountMinor,
});

export const restructureMark = z.strictObject({
  on: businessDate,
  reason: z.enum(restructureReasons),
  classBefore: z.enum(assetClasses),
  daysPastDueBefore: z.int().min(0),
  /** At least two periods and a year from the first new due date. */
  observedUntil: businessDate,
});

/** Amounts by the component they repay, in minor units. */
export const allocation = z.strictObject({
  fees: amountMinor,
  penalty: amountMinor,
  interest: amountMinor,
  principal: amountMinor,
});
export type Allocation = z.output<typeof allocation>;

const interestAccumulator = z.strictObject({ accruedMinor: amountMinor, carry: z.int() });

/**
 * A loan on a business date: a pure fold of its events up to that date. Nothing in it depends on when, or in
 * how many steps, it was folded. Plain data: a store keeps it as it is, and parses what it reads back.
 */
export const loanState = z.strictObject({
  loanId,
  contract: loanContract,
  status: z.enum(loanStatuses),
  /** Events and ageing up to and with this day are in. */
  asOf: businessDate,
  acceptedOn: businessDate,
  disbursedOn: businessDate.nullable(),
  /** Repaid in full, or cancelled before it was paid out. */
  closedOn: businessDate.nullable(),
  chargedOffOn: businessDate.nullable(),
  /** Terms in force: the contract's until a restructuring. */
  terms: scheduleTerms.pick({ annualRateBps: true, termMonths: true }).extend({ repayment: repaymentMethod }),
  /** Months are counted from here. */
  anchorOn: businessDate,
  /** Interest was last billed, settled or moved on this day. */
  periodStartOn: businessDate,
  principalOutstandingMinor: amountMinor,
  principalPrepaidMinor: amountMinor,
  interestCapitalizedMinor: amountMinor,
  /** In order of date. */
  installments: z.array(installment),
  fees: z.array(feeDue),
  /** Accrued since the last due date, not yet billed. */
  interestUnbilledMinor: amountMinor,
  interestAccumulator,
  penaltyMinor: amountMinor,
  penaltyAccumulator: interestAccumulator,
  /** Accrued but not yet in a movement: posted at month ends, due dates and events. */
  interestUnpostedMinor: amountMinor,
  penaltyUnpostedMinor: amountMinor,
  /** Paid beyond what was due; meets the next installment. */
  creditMinor: amountMinor,
  paidMinor: allocation,
  writtenOffMinor: amountMinor,
  writtenOffPrincipalMinor: amountMinor,
  guaranteeClaimedMinor: amountMinor,
  guaranteePaidMinor: amountMinor,
  recoveredMinor: amountMinor,
  restructures: z.array(restructureMark),
  paymentHolidayMonths: z.int().min(0),
  /** More than 90 days past due was reached on this day and is not yet cured. */
  nonPerformingSince: businessDate.nullable(),
  /** What accrues is owed, but no income, from this day: see loan-non-accrual.ts. */
  nonAccrualSince: businessDate.nullable(),
  suspendedInterestMinor: amountMinor,
  suspendedPenaltyMinor: amountMinor,
  /** Given up by the lender; the amounts of fees and installments are already less of it. */
  waivedMinor: allocation.omit({ principal: true }),
  /** Sales of a sales-linked loan since its anchor, as far as settled, and what of them has fallen due. */
  salesInflowMinor: signedAmountMinor,
  salesDueMinor: amountMinor,
  salesSettledThrough: businessDate.nullable(),
  arrearsClearedOn: businessDate.nullable(),
  daysPastDueMax: z.int().min(0),
  /** Events that a later, backdated event left nothing to do for. */
  lapsedEventIds: z.array(loanEventId),
});
export type LoanState = z.output<typeof loanState>;

/** The day a loan was repaid, cancelled or charged off; null while time still does something to it. */
export function endedOn({ status, closedOn, chargedOffOn }: LoanState): BusinessDate | null {
  if (status === 'charged_off') return chargedOffOn;
  return status === 'closed' || status === 'cancelled' ? closedOn : null;
}

export function unpaidOf(item: Installment): number {
  return item.principalMinor - item.principalPaidMinor + item.interestMinor - item.interestPaidMinor;
}

/** The oldest installment that is due and not paid in full. */
export function oldestUnpaidInstallment(state: LoanState): Installment | undefined {
  return state.installments.find((item) => item.billed && unpaidOf(item) > 0);
}

/** Days since the oldest unpaid installment fell due; 0 without one. Ends at charge-off. */
export function daysPastDue(state: LoanState): number {
  if (state.status !== 'active') return 0;
  const oldest = oldestUnpaidInstallment(state);
  return oldest === undefined ? 0 : daysBetween(oldest.dueOn, state.asOf);
}

/** True when the last installment has fallen due: all that still accrues is due at once. */
export function isMatured(state: LoanState): boolean {
  return state.installments.every((item) => item.billed);
}

export function feesOutstandingMinor(state: LoanState): number {
  return state.fees.reduce((sum, fee) => sum + fee.amountMinor - fee.paidMinor, 0);
}

/** What is due today, by component. */
export function amountsDue(state: LoanState): Allocation {
  const billed = state.installments.filter((item) => item.billed);
  return {
    fees: state.fees
      .filter((fee) => fee.dueOn <= state.asOf)
      .reduce((sum, fee) => sum + fee.amountMinor - fee.paidMinor, 0),
    penalty: state.penaltyMinor,
    interest:
      billed.reduce((sum, item) => sum + item.interestMinor - item.interestPaidMinor, 0) +
      (isMatured(state) ? state.interestUnbilledMinor : 0),
    principal: billed.reduce((sum, item) => sum + item.principalMinor - item.principalPaidMinor, 0),
  };
}

/** Principal of installments past due (not due today), on which the penalty runs. */
export function overduePrincipalMinor(state: LoanState): number {
  return state.installments
    .filter((item) => item.billed)
    .reduce((sum, item) => sum + item.principalMinor - item.principalPaidMinor, 0);
}

/** Interest that has accrued, or is fixed and left, and is unpaid. */
export function interestOutstandingMinor(state: LoanState): number {
  return state.installments
    .filter((item) => item.billed)
    .reduce((sum, item) => sum + item.interestMinor - item.interestPaidMinor, state.interestUnbilledMinor);
}

/** The charge of a sales-linked loan that no installment has billed and no remittance has met. */
export function fixedChargeLeftMinor(state: LoanState): number {
  if (state.terms.repayment.method !== 'sales_linked') return 0;
  return state.installments
    .filter((item) => !item.billed)
    .reduce((sum, item) => sum + item.interestMinor - item.interestPaidMinor, 0);
}

/** What would close the loan today, in minor units: everything owed, less the borrower's credit. */
export function payoffMinor(state: LoanState): number {
  if (state.status !== 'active') return 0;
  return Math.max(
    0,
    state.principalOutstandingMinor +
      interestOutstandingMinor(state) +
      fixedChargeLeftMinor(state) +
      state.penaltyMinor +
      feesOutstandingMinor(state) -
      state.creditMinor,
  );
}

export function nextInstallment(state: LoanState): Installment | undefined {
  return state.installments.find((item) => !item.billed);
}

/**
 * What the next installment that asks for money asks, with the fees that fall due by then: a month whose floor
 * sales have covered asks for none. What is due already is no part of it.
 */
export function nextPayment(state: LoanState): { dueOn: BusinessDate; amountMinor: number } | undefined {
  if (state.status !== 'active') return undefined;
  const next = state.installments.find((item) => !item.billed && unpaidOf(item) > 0);
  if (next === undefined) return undefined;
  const { dueOn } = next;
  const fees = state.fees.filter((fee) => fee.dueOn > state.asOf && fee.dueOn <= dueOn);
  const feesMinor = fees.reduce((sum, fee) => sum + fee.amountMinor - fee.paidMinor, 0);
  return { dueOn, amountMinor: unpaidOf(next) + feesMinor };
}
