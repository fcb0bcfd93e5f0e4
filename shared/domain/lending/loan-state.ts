import { type BusinessDate, daysBetween } from '../calendar.ts';
import type { AssetClass } from './asset-class.ts';
import type { InterestAccumulator } from './day-count.ts';
import type { LoanContract, LoanEvent } from './loan-event.ts';
import type { AllocationComponent, ScheduleTerms } from './loan-product.ts';

export const loanStatuses = ['accepted', 'disbursing', 'active', 'closed', 'charged_off'] as const;
export type LoanStatus = (typeof loanStatuses)[number];

/** One line of the repayment calendar. Plain data: a state is stored as it is. */
export interface Installment {
  number: number;
  monthIndex: number;
  dueOn: BusinessDate;
  principalMinor: number;
  /** Expected until it falls due; then what truly accrued. */
  interestMinor: number;
  principalPaidMinor: number;
  interestPaidMinor: number;
  billed: boolean;
  lateFeeAssessed: boolean;
  /** The day nothing of it was left unpaid. */
  settledOn: BusinessDate | null;
  /** A restructuring moved what was unpaid of it to new installments. */
  supersededOn: BusinessDate | null;
}

export interface FeeDue {
  fee: 'origination' | 'late' | 'refund_overpaid' | Extract<LoanEvent, { type: 'fee_assessed' }>['fee'];
  dueOn: BusinessDate;
  amountMinor: number;
  paidMinor: number;
}

export interface RestructureMark {
  readonly on: BusinessDate;
  readonly reason: Extract<LoanEvent, { type: 'restructured' }>['reason'];
  readonly classBefore: AssetClass;
  readonly daysPastDueBefore: number;
  /** At least two periods and a year from the first new due date. */
  readonly observedUntil: BusinessDate;
}

/** Amounts by the component they repay, in minor units. */
export type Allocation = Record<AllocationComponent, number>;

/**
 * A loan on a business date: a pure fold of its events up to that date. Nothing in it depends on when, or in
 * how many steps, it was folded.
 */
export interface LoanState {
  readonly loanId: string;
  readonly contract: LoanContract;
  status: LoanStatus;
  /** Events and ageing up to and with this day are in. */
  asOf: BusinessDate;
  acceptedOn: BusinessDate;
  disbursedOn: BusinessDate | null;
  closedOn: BusinessDate | null;
  chargedOffOn: BusinessDate | null;
  /** Terms in force: the contract's until a restructuring. */
  terms: Pick<ScheduleTerms, 'annualRateBps' | 'termMonths'> & {
    repayment: ScheduleTerms['product']['repayment'];
  };
  /** Months are counted from here. */
  anchorOn: BusinessDate;
  /** Interest was last billed, settled or moved on this day. */
  periodStartOn: BusinessDate;
  principalOutstandingMinor: number;
  principalPrepaidMinor: number;
  interestCapitalizedMinor: number;
  installments: Installment[];
  fees: FeeDue[];
  /** Accrued since the last due date, not yet billed. */
  interestUnbilledMinor: number;
  interestAccumulator: InterestAccumulator;
  penaltyMinor: number;
  penaltyAccumulator: InterestAccumulator;
  /** Accrued but not yet in a movement: posted at month ends, due dates and events. */
  interestUnpostedMinor: number;
  penaltyUnpostedMinor: number;
  /** Paid beyond what was due; meets the next installment. */
  creditMinor: number;
  paidMinor: Allocation;
  writtenOffMinor: number;
  writtenOffPrincipalMinor: number;
  guaranteeClaimedMinor: number;
  guaranteePaidMinor: number;
  recoveredMinor: number;
  restructures: RestructureMark[];
  paymentHolidayMonths: number;
  /** More than 90 days past due was reached on this day and is not yet cured. */
  nonPerformingSince: BusinessDate | null;
  arrearsClearedOn: BusinessDate | null;
  daysPastDueMax: number;
  /** Events that a later, backdated event left nothing to do for. */
  lapsedEventIds: string[];
}

export function unpaidOf(installment: Installment): number {
  return (
    installment.principalMinor -
    installment.principalPaidMinor +
    installment.interestMinor -
    installment.interestPaidMinor
  );
}

/** The oldest installment that is due and not paid in full. */
export function oldestUnpaidInstallment(state: LoanState): Installment | undefined {
  // Installments are in order of date.
  return state.installments.find((installment) => installment.billed && unpaidOf(installment) > 0);
}

/** Days since the oldest unpaid installment fell due; 0 without one. Ends at charge-off. */
export function daysPastDue(state: LoanState): number {
  if (state.status !== 'active') return 0;
  const oldest = oldestUnpaidInstallment(state);
  return oldest === undefined ? 0 : daysBetween(oldest.dueOn, state.asOf);
}

/** True when the last installment has fallen due: all that still accrues is due at once. */
export function isMatured(state: LoanState): boolean {
  return state.installments.every((installment) => installment.billed);
}

export function feesOutstandingMinor(state: LoanState): number {
  return state.fees.reduce((sum, fee) => sum + fee.amountMinor - fee.paidMinor, 0);
}

/** What is due today, by component. */
export function amountsDue(state: LoanState): Allocation {
  const billed = state.installments.filter((installment) => installment.billed);
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
    .filter((installment) => installment.billed)
    .reduce((sum, item) => sum + item.principalMinor - item.principalPaidMinor, 0);
}

/** Interest that has accrued, or is fixed and left, and is unpaid. */
export function interestOutstandingMinor(state: LoanState): number {
  return state.installments
    .filter((installment) => installment.billed)
    .reduce((sum, item) => sum + item.interestMinor - item.interestPaidMinor, state.interestUnbilledMinor);
}

/** The charge of a sales-linked loan that no installment has billed and no remittance has met. */
export function fixedChargeLeftMinor(state: LoanState): number {
  if (state.terms.repayment.method !== 'sales_linked') return 0;
  return state.installments
    .filter((installment) => !installment.billed)
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
  return state.installments.find((installment) => !installment.billed);
}
