import { z } from 'zod';
import { addDays, type BusinessDate } from '../calendar.ts';
import { countyId } from '../identifiers.ts';
import { signedAmountMinor } from '../money.ts';
import { type AccountCode, accountCodes } from './chart-of-accounts.ts';
import {
  accountBalances,
  enterMovements,
  enterProvision,
  type Journal,
  type JournalEntry,
  postMovements,
} from './ledger.ts';
import {
  ageLoan,
  canContinue,
  continueLoan,
  type LoanLog,
  type LoanReplay,
  recordLoanEvent,
} from './loan.ts';
import type { LoanEvent, LoanEventOf, LoanRefusalCode } from './loan-event.ts';
import { type LoanSnapshot, snapshotOf } from './loan-snapshot.ts';
import { type LoanState, loanState } from './loan-state.ts';
import { checkEvent, openDraft } from './loan-transitions.ts';
import type { Movement } from './movement.ts';

/**
 * A loan as it is kept: its state, and where its journal stands, so that the next event needs neither the log
 * nor the journal. `balances` are the fold of all its entries, zero accounts left out.
 */
export const loanRecord = z.strictObject({
  state: loanState,
  countyId,
  /** Sequence of the last journal entry; 0 before the first. */
  sequence: z.int().min(0),
  /** Events in the log. */
  events: z.int().min(1),
  balances: z.partialRecord(z.enum(accountCodes), signedAmountMinor),
});
export type LoanRecord = Readonly<z.output<typeof loanRecord>>;

/** A loan after a step, and what the step added to its journal. */
export interface LoanStep {
  readonly record: LoanRecord;
  readonly entries: readonly JournalEntry[];
}
export type RecordedStep = ({ readonly result: 'applied' } & LoanStep) | { readonly result: LoanRefusalCode };

/** A loan on the day its contract was accepted. */
export function openLoan(
  event: LoanEventOf<'contract_accepted'>,
  county: string,
): { readonly result: 'applied'; readonly record: LoanRecord } | { readonly result: LoanRefusalCode } {
  const result = checkEvent(null, event);
  if (result !== 'applied') return { result };
  const { state } = openDraft(event);
  return { result, record: { state, countyId: county, sequence: 0, events: 1, balances: {} } };
}

/**
 * Let a loan age to a day. Its entries are posted on the days they count from: those days are still open, since
 * a program's day closes only when all its loans have aged through it.
 */
export function advanceLoan(record: LoanRecord, to: BusinessDate): LoanStep {
  return entered(record, ageLoan(record.state, to), to, (movement) => movement.businessDate);
}

/** Whether an event can be recorded from the record alone, without the log and the journal. */
export function needsNoLog(record: LoanRecord, event: LoanEvent): boolean {
  return canContinue(record.state, event);
}

/**
 * Record an event that counts from the record's day or later; the caller has seen that its id is new. Raises
 * RangeError when `needsNoLog` says otherwise.
 */
export function recordForward(record: LoanRecord, event: LoanEvent, today: BusinessDate): RecordedStep {
  if (event.businessDate > today) return { result: 'date_in_future' };
  const { asOf } = record.state;
  const continued = continueLoan(record.state, event, today);
  if (continued.result !== 'applied') return continued;
  // The record's own day may have been closed since; the days after it are open.
  const postedOn = ({ businessDate }: Movement) => (businessDate > asOf ? businessDate : today);
  const step = entered(record, continued.replay, today, postedOn);
  return { result: 'applied', ...step, record: { ...step.record, events: record.events + 1 } };
}

/** Record any event with the whole log and journal at hand; what no longer holds is reversed by new entries. */
export function recordWithLog(
  record: LoanRecord,
  log: LoanLog,
  journal: Journal,
  event: LoanEvent,
  today: BusinessDate,
): RecordedStep {
  const recorded = recordLoanEvent(log, event, today);
  if (recorded.result !== 'applied') return { result: recorded.result };
  const { state, movements } = recorded.replay;
  const loan = loanOf(state);
  const posted = postMovements(loan, journal, movements, today);
  const balances = balanceMap(accountBalances([...journal, ...posted]));
  const sequence = posted.at(-1)?.sequence ?? record.sequence;
  const step = withProvision(record, state, { balances, sequence }, posted, today);
  return { result: 'applied', ...step, record: { ...step.record, events: record.events + 1 } };
}

export function recordSnapshot(record: LoanRecord): LoanSnapshot {
  return snapshotOf(record.state, record.countyId);
}

const loanOf = (state: LoanState) => ({ loanId: state.loanId, lenders: state.contract.lenders });

function balanceMap(balances: Partial<Record<AccountCode, number>>): Map<AccountCode, number> {
  return new Map(accountCodes.map((account) => [account, balances[account] ?? 0]));
}

function entered(
  record: LoanRecord,
  { state, movements }: LoanReplay,
  today: BusinessDate,
  postedOn: (movement: Movement) => BusinessDate,
): LoanStep {
  const balances = balanceMap(record.balances);
  const entries = enterMovements(loanOf(state), { balances, sequence: record.sequence }, movements, postedOn);
  const sequence = record.sequence + entries.length;
  return withProvision(record, state, { balances, sequence }, entries, today);
}

/** The allowance follows every step, so that the books hold what the class of the loan asks for at any time. */
function withProvision(
  record: LoanRecord,
  state: LoanState,
  books: { readonly balances: Map<AccountCode, number>; readonly sequence: number },
  entries: readonly JournalEntry[],
  postedOn: BusinessDate,
): LoanStep {
  const { provisionMinor } = snapshotOf(state, record.countyId);
  const provision = enterProvision(loanOf(state), books, provisionMinor, postedOn);
  const all = provision === null ? [...entries] : [...entries, provision];
  const nonZero = [...books.balances].filter(([, minor]) => minor !== 0);
  return {
    record: {
      ...record,
      state,
      sequence: books.sequence + (provision === null ? 0 : 1),
      balances: Object.fromEntries(nonZero),
    },
    entries: all,
  };
}

/** How a loan uses its program's capital, in minor units; the three add up to the principal once it is disbursed. */
export interface CapitalUse {
  /** Principal out with the borrower. */
  readonly outstandingMinor: number;
  /** Principal that has come back, or was never paid out, and may be lent again. */
  readonly releasedMinor: number;
  /** Principal written off. */
  readonly lostMinor: number;
}

export function capitalUse(state: LoanState): CapitalUse {
  const { principalMinor } = state.contract;
  if (state.disbursedOn === null) {
    return {
      outstandingMinor: 0,
      releasedMinor: state.status === 'cancelled' ? principalMinor : 0,
      lostMinor: 0,
    };
  }
  // Interest that joined principal is repaid as principal too, but was never lent.
  const releasedMinor = Math.min(principalMinor, state.paidMinor.principal);
  const leftMinor = principalMinor - releasedMinor;
  return state.status === 'charged_off'
    ? { outstandingMinor: 0, releasedMinor, lostMinor: leftMinor }
    : { outstandingMinor: leftMinor, releasedMinor, lostMinor: 0 };
}

/** Days an offer can be accepted, the day of the decision not counted. */
export const OFFER_VALIDITY_DAYS = 30;

/** The last day on which an offer can be accepted. */
export const offerExpiresOn = (decidedOn: BusinessDate): BusinessDate =>
  addDays(decidedOn, OFFER_VALIDITY_DAYS);
