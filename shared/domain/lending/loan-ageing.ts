import { addDays, type BusinessDate, nextMonthEnd } from '../calendar.ts';
import { isCured } from './asset-classification.ts';
import { accrueInterest, interestDays, NOTHING_ACCRUED } from './day-count.ts';
import {
  applyCredit,
  assessFee,
  enterInterest,
  type LoanDraft,
  markSettled,
  postAccruals,
} from './loan-draft.ts';
import { nonAccrualOn, restoreIncome, suspendIncome } from './loan-non-accrual.ts';
import {
  daysPastDue,
  type Installment,
  type LoanState,
  nextInstallment,
  overduePrincipalMinor,
  unpaidOf,
} from './loan-state.ts';

/**
 * Let time pass to a business date. Accrual is exact over any cut of days, and everything else happens on
 * days that follow from the state alone (month ends, due dates, late-fee days), so one step, many steps or a
 * repeated step end in the same state with the same movements.
 */
export function ageTo(draft: LoanDraft, to: BusinessDate): void {
  const { state } = draft;
  while (state.asOf < to) {
    if (state.status !== 'active') {
      state.asOf = to;
      return;
    }
    const monthEnd = nextMonthEnd(state.asOf);
    const dueOn = nextInstallment(state)?.dueOn;
    const lateFeeOn = nextLateFeeOn(state);
    const suspendOn = nonAccrualOn(state);
    let day = to < monthEnd ? to : monthEnd;
    for (const stop of [dueOn, lateFeeOn, suspendOn]) if (stop !== undefined && stop < day) day = stop;

    accrueTo(state, day);
    state.daysPastDueMax = Math.max(state.daysPastDueMax, daysPastDue(state));
    if (day === monthEnd || day === dueOn || day === lateFeeOn || day === suspendOn) postAccruals(draft);
    if (day === suspendOn) suspendIncome(draft);
    // At month ends alone: a mark that came off on any day a loan was looked at would depend on who looked.
    if (day === monthEnd && state.nonPerformingSince !== null && isCured(state)) {
      state.nonPerformingSince = null;
      state.arrearsClearedOn = null;
      restoreIncome(draft);
    }
    if (day === lateFeeOn) assessLateFees(draft);
    if (day === dueOn) billInstallments(draft);
  }
}

function accrueTo(state: LoanState, day: BusinessDate): void {
  const { dayCount, penaltySpreadBps } = state.contract.product;
  const days = interestDays(dayCount, state.asOf, day);
  if (state.terms.repayment.method !== 'sales_linked') {
    const interest = accrueInterest(
      state.interestAccumulator,
      state.principalOutstandingMinor,
      state.terms.annualRateBps,
      days,
      dayCount,
    );
    state.interestAccumulator = interest.accumulator;
    state.interestUnbilledMinor += interest.interestMinor;
    state.interestUnpostedMinor += interest.interestMinor;
  }
  if (penaltySpreadBps > 0) {
    const penalty = accrueInterest(
      state.penaltyAccumulator,
      overduePrincipalMinor(state),
      penaltySpreadBps,
      days,
      dayCount,
    );
    state.penaltyAccumulator = penalty.accumulator;
    state.penaltyMinor += penalty.interestMinor;
    state.penaltyUnpostedMinor += penalty.interestMinor;
  }
  state.asOf = day;
}

function lateFeeOn(state: LoanState, installment: Installment): BusinessDate {
  return addDays(installment.dueOn, state.contract.product.lateFee.graceDays + 1);
}

/** A day's remittance that is late is past due, and costs no fee: those are for lines of the calendar. */
function isLateWithoutFee(item: Installment): boolean {
  return item.billed && item.salesThrough === null && !item.lateFeeAssessed && unpaidOf(item) > 0;
}

function nextLateFeeOn(state: LoanState): BusinessDate | undefined {
  if (state.contract.product.lateFee.amountMinor === 0) return undefined;
  return state.installments
    .filter(isLateWithoutFee)
    .map((item) => lateFeeOn(state, item))
    .find((day) => day > state.asOf);
}

function assessLateFees(draft: LoanDraft): void {
  const { state } = draft;
  for (const item of state.installments) {
    if (!isLateWithoutFee(item) || lateFeeOn(state, item) !== state.asOf) continue;
    item.lateFeeAssessed = true;
    assessFee(draft, null, {
      fee: 'late',
      amountMinor: state.contract.product.lateFee.amountMinor,
      dueOn: state.asOf,
    });
  }
}

function billInstallments(draft: LoanDraft): void {
  const { state } = draft;
  for (const item of state.installments) {
    if (item.billed || item.dueOn > state.asOf) continue;
    item.billed = true;
    if (state.terms.repayment.method === 'sales_linked') {
      // The charge is income when it falls due, or when a remittance meets it before.
      enterInterest(draft, null, item.interestMinor - item.interestPaidMinor);
    } else {
      item.interestMinor = state.interestUnbilledMinor;
      state.interestUnbilledMinor = 0;
      state.interestAccumulator = NOTHING_ACCRUED;
    }
    markSettled(item, state.asOf);
  }
  state.periodStartOn = state.asOf;
  applyCredit(draft);
}
