import type { BusinessDate } from '../calendar.ts';
import { canonicalJson } from '../canonical-json.ts';
import { DomainError } from '../errors.ts';
import { ageTo } from './loan-ageing.ts';
import type { LoanDraft } from './loan-draft.ts';
import type { LoanEvent, LoanResultCode } from './loan-event.ts';
import type { LoanState } from './loan-state.ts';
import { applyEvent, checkEvent, openDraft } from './loan-transitions.ts';
import type { Movement } from './movement.ts';

/** A loan's events in the order they were recorded; append-only. */
export type LoanLog = readonly LoanEvent[];

export interface LoanReplay {
  readonly state: LoanState;
  /** Everything that moved between accounts, in order. */
  readonly movements: readonly Movement[];
}

/** A copy that may be folded on; what folding never changes is shared. */
function copyOf(state: LoanState): LoanState {
  return {
    ...state,
    installments: state.installments.map((installment) => ({ ...installment })),
    fees: state.fees.map((fee) => ({ ...fee })),
    paidMinor: { ...state.paidMinor },
    waivedMinor: { ...state.waivedMinor },
    restructures: [...state.restructures],
    lapsedEventIds: [...state.lapsedEventIds],
  };
}

/**
 * Events in the order they count: by business date, then as recorded; reversed payments and reversals left out. A
 * day's settlement of sales comes last on its day, whenever it was made.
 */
export function effectiveEvents(log: LoanLog): LoanEvent[] {
  const reversed = new Set(
    log.flatMap((event) => (event.type === 'repayment_reversed' ? [event.paymentEventId] : [])),
  );
  return log
    .filter((event) => event.type !== 'repayment_reversed' && !reversed.has(event.eventId))
    .toSorted((a, b) => {
      if (a.businessDate !== b.businessDate) return a.businessDate < b.businessDate ? -1 : 1;
      return Number(a.type === 'sales_settled') - Number(b.type === 'sales_settled');
    });
}

function foldUntil(log: LoanLog, until: (event: LoanEvent) => boolean): LoanDraft | null {
  let draft: LoanDraft | null = null;
  for (const event of effectiveEvents(log)) {
    if (until(event)) break;
    if (event.type === 'contract_accepted') draft = openDraft(event);
    else if (draft !== null) applyEvent(draft, event);
  }
  return draft;
}

/**
 * A loan at the end of a business date: the fold of its events up to that date, aged to it. Nothing else goes
 * in, so a replay is the same whenever and however often it is run. Raises DomainError `not_found` before
 * the contract.
 */
export function replayLoan(log: LoanLog, asOf: BusinessDate): LoanReplay {
  const draft = foldUntil(log, (event) => event.businessDate > asOf);
  if (draft === null) throw new DomainError('not_found', `no loan was agreed on or before ${asOf}`);
  ageTo(draft, asOf);
  return draft;
}

/** A stored state aged to a later date, with what moved in between: the same as replaying it all. */
export function ageLoan(state: LoanState, to: BusinessDate): LoanReplay {
  const draft: LoanDraft = { state: copyOf(state), movements: [] };
  ageTo(draft, to);
  return draft;
}

/** Whether an event can follow a stored state as it is: neither backdated, nor before its own day's settlement. */
export function canContinue(state: LoanState, event: LoanEvent): boolean {
  if (event.type === 'repayment_reversed' || event.businessDate < state.asOf) return false;
  return state.salesSettledThrough === null || event.businessDate > state.salesSettledThrough;
}

/**
 * An event on or after a stored state's date, without the log: the same state and movements that a replay
 * would end in. The caller has seen that the event id is new. Raises RangeError for a backdated event or a
 * reversal, which only the log can answer.
 */
export function continueLoan(
  state: LoanState,
  event: LoanEvent,
  to: BusinessDate,
):
  | { readonly result: 'applied'; readonly replay: LoanReplay }
  | { readonly result: Exclude<LoanResultCode, 'applied'> } {
  if (!canContinue(state, event)) {
    throw new RangeError(
      `${event.type} of ${event.businessDate} needs the log: the state is of ${state.asOf}`,
    );
  }
  const draft: LoanDraft = { state: copyOf(state), movements: [] };
  ageTo(draft, event.businessDate);
  const result = checkEvent(draft.state, event);
  if (result !== 'applied') return { result };
  applyEvent(draft, event);
  ageTo(draft, to);
  return { result, replay: draft };
}

export type RecordedLoan =
  | { readonly result: 'applied' | 'event_exists'; readonly log: LoanLog; readonly replay: LoanReplay }
  | { readonly result: Exclude<LoanResultCode, 'applied' | 'event_exists'> };

/**
 * Validate, check, apply: add an event to a loan's log. The event is checked against the loan as it stood on
 * the event's business date, so a backdated one takes effect from then on and everything after is folded
 * again. An event id that was recorded before with the same content changes nothing.
 */
export function recordLoanEvent(log: LoanLog, event: LoanEvent, today: BusinessDate): RecordedLoan {
  const result = validateEvent(log, event, today);
  if (result === 'event_exists') return { result, log, replay: replayLoan(log, today) };
  if (result !== 'applied') return { result };

  // Among events of its own day it comes last: it was recorded last.
  const before = foldUntil(log, (other) => other.businessDate > event.businessDate);
  if (before !== null) ageTo(before, event.businessDate);
  const checked = checkEvent(before?.state ?? null, event);
  if (checked !== 'applied' && checked !== 'event_exists') return { result: checked };

  const longer = [...log, event];
  return { result: 'applied', log: longer, replay: replayLoan(longer, today) };
}

function validateEvent(log: LoanLog, event: LoanEvent, today: BusinessDate): LoanResultCode {
  const known = log.find((other) => other.eventId === event.eventId);
  if (known !== undefined) {
    return canonicalJson(known) === canonicalJson(event)
      ? 'event_exists'
      : 'event_exists_with_different_content';
  }
  if (event.businessDate > today) return 'date_in_future';
  const contract = log.find((other) => other.type === 'contract_accepted');
  if (contract === undefined) return event.type === 'contract_accepted' ? 'applied' : 'contract_missing';
  if (event.type === 'contract_accepted') return 'contract_exists';
  if (event.loanId !== contract.loanId) return 'loan_id_differs';
  if (event.businessDate < contract.businessDate) return 'date_before_contract';
  if (event.type === 'repayment_reversed') return validateReversal(log, event.paymentEventId);
  return validateDate(log, event);
}

function validateReversal(log: LoanLog, paymentEventId: string): LoanResultCode {
  const payment = log.find((other) => other.eventId === paymentEventId);
  const reversible = ['repayment', 'prepayment', 'payoff', 'recovery'];
  if (payment === undefined || !reversible.includes(payment.type)) return 'payment_not_found';
  const reversed = log.some(
    (other) => other.type === 'repayment_reversed' && other.paymentEventId === paymentEventId,
  );
  return reversed ? 'payment_already_reversed' : 'applied';
}

/** The two phases of disbursement, or a cancellation, follow one another in time; all else follows them. */
function validateDate(log: LoanLog, event: LoanEvent): LoanResultCode {
  if (event.type.startsWith('disbursement_') || event.type === 'contract_cancelled') {
    const later = log.some((other) => other.businessDate > event.businessDate);
    return later ? 'date_before_previous_step' : 'applied';
  }
  const posted = log.find((other) => other.type === 'disbursement_posted');
  return posted !== undefined && event.businessDate < posted.businessDate
    ? 'date_before_disbursement'
    : 'applied';
}
