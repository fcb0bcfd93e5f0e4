import type { BusinessDate } from '../calendar.ts';
import { assetClassOf, observationEnd, observedRestructure } from './asset-classification.ts';
import { NOTHING_ACCRUED } from './day-count.ts';
import { type LoanDraft, move } from './loan-draft.ts';
import type { LoanEventOf } from './loan-event.ts';
import {
  daysPastDue,
  type Installment,
  interestOutstandingMinor,
  type LoanState,
  overduePrincipalMinor,
  unpaidOf,
} from './loan-state.ts';
import { type DueDate, dueDateAt, dueDates } from './repayment-calendar.ts';
import { type DatedInstallment, scheduleFrom } from './repayment-schedule.ts';

function installmentsOf(schedule: readonly DatedInstallment[], numbered: number): Installment[] {
  return schedule.map((item, index) => ({
    number: numbered + index + 1,
    monthIndex: item.monthIndex,
    dueOn: item.dueOn,
    principalMinor: item.principalMinor,
    interestMinor: item.interestMinor,
    principalPaidMinor: 0,
    interestPaidMinor: 0,
    billed: false,
    lateFeeAssessed: false,
    settledOn: null,
    supersededOn: null,
    salesThrough: null,
  }));
}

/** Lay out installments, from the period's start on the given dates, for principal that is not yet due. */
function layOut(state: LoanState, dates: readonly DueDate[], keepMinor?: number): void {
  const kept = state.installments.filter((item) => item.billed);
  const schedule = scheduleFrom({
    method: state.terms.repayment,
    dayCount: state.contract.product.dayCount,
    annualRateBps: state.terms.annualRateBps,
    principalMinor: state.principalOutstandingMinor - overduePrincipalMinor(state),
    from: state.periodStartOn,
    dueDates: dates,
    ...(keepMinor === undefined ? {} : { keepMinor }),
  });
  state.installments = [...kept, ...installmentsOf(schedule, kept.at(-1)?.number ?? 0)];
}

/** The calendar of a loan on the day its money left. */
export function layOutContract(state: LoanState): void {
  layOut(state, dueDates(state.terms.repayment, state.anchorOn, state.terms.termMonths));
}

/** What the borrower is used to: the installment, or its principal part where installments differ. */
export function regularMinor(state: LoanState): number | undefined {
  const next = state.installments.find((item) => !item.billed && item.principalMinor > 0);
  if (next === undefined) return undefined;
  return state.terms.repayment.method === 'equal_installments'
    ? next.principalMinor + next.interestMinor
    : next.principalMinor;
}

/** Lay the coming installments out anew on their own dates, after principal or dates have changed. */
export function rebuildSchedule(state: LoanState, keepMinor?: number): void {
  const coming = state.installments.filter((item) => !item.billed);
  const last = coming.at(-1);
  layOut(
    state,
    coming.map((item) => ({
      monthIndex: item.monthIndex,
      on: item.dueOn,
      repaysPrincipal: item.principalMinor > 0 || item === last,
    })),
    keepMinor,
  );
}

/** Move what is not yet due so many months later. Of a sales-linked loan only the floors: its share of sales goes on. */
export function grantPaymentHoliday(draft: LoanDraft, months: number): void {
  const { state } = draft;
  for (const item of state.installments) {
    if (item.billed || item.salesThrough !== null) continue;
    item.monthIndex += months;
    item.dueOn = dueDateAt(state.anchorOn, item.monthIndex);
  }
  state.paymentHolidayMonths += months;
  // A fixed total does not grow with time; floors keep their amounts.
  if (state.terms.repayment.method !== 'sales_linked') rebuildSchedule(state);
}

/**
 * Put what is owed on new dates and terms. What is left of a sales-linked loan's charge and has not fallen due goes
 * with its old calendar: the new terms carry their own price. Days past due start anew; the marks (when, why, how late and of
 * which class it was) stay, and bind its classification through the observation period.
 */
export function restructure(draft: LoanDraft, event: LoanEventOf<'restructured'>): void {
  const { state } = draft;
  const classBefore = assetClassOf(state);
  const daysPastDueBefore = daysPastDue(state);
  const inObservation = observedRestructure(state) !== undefined;
  const interestMinor = interestOutstandingMinor(state);

  // Paid ahead from sales: principal that came back before its time.
  for (const item of state.installments) {
    if (!item.billed) state.principalPrepaidMinor += item.principalPaidMinor;
  }
  state.installments = state.installments.filter((item) => item.billed);
  for (const item of state.installments) {
    if (unpaidOf(item) === 0) continue;
    item.principalMinor = item.principalPaidMinor;
    item.interestMinor = item.interestPaidMinor;
    item.supersededOn = state.asOf;
  }
  if (event.capitalizesInterest) {
    state.principalOutstandingMinor += interestMinor;
    state.interestCapitalizedMinor += interestMinor;
    state.interestUnbilledMinor = 0;
    move(
      draft,
      'interest_capitalized',
      event.eventId,
      { loan_principal: interestMinor, interest_receivable: -interestMinor },
      'co_lender_settlement',
    );
  } else {
    state.interestUnbilledMinor = interestMinor;
  }
  state.interestAccumulator = NOTHING_ACCRUED;
  state.terms = {
    annualRateBps: event.annualRateBps,
    termMonths: event.termMonths,
    repayment: event.repayment,
  };
  state.anchorOn = state.asOf;
  state.periodStartOn = state.asOf;
  state.salesInflowMinor = 0;
  state.salesDueMinor = 0;
  state.salesSettledThrough = null;
  layOutContract(state);
  const coming = state.installments.filter((item) => !item.billed);
  const first = coming[0];
  if (first !== undefined) first.interestMinor += state.interestUnbilledMinor;
  state.restructures.push({
    on: state.asOf,
    reason: event.reason,
    classBefore,
    daysPastDueBefore,
    observedUntil: observationEnd(first?.dueOn ?? state.asOf, coming[1]?.dueOn),
  });
  // Restructured again while under observation: at least substandard, and observed anew.
  if (inObservation && event.reason === 'financial_difficulty') markNonPerforming(state, state.asOf);
}

function markNonPerforming(state: LoanState, on: BusinessDate): void {
  state.nonPerformingSince ??= on;
  state.arrearsClearedOn = on;
}
