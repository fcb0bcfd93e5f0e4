import { createHash } from 'node:crypto';
import { type BusinessDate, businessDateOf, DEFAULT_TIME_ZONE } from '../../shared/domain/calendar.ts';
import { canonicalJson } from '../../shared/domain/canonical-json.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import type { IdempotentRequest } from '../../shared/domain/idempotency.ts';
import type { LoanEvent, LoanRefusalCode } from '../../shared/domain/lending/loan-event.ts';
import { type LoanReceipt, receiptOf } from '../../shared/domain/lending/loan-receipt.ts';
import {
  needsNoLog,
  type RecordedStep,
  recordForward,
  recordWithLog,
} from '../../shared/domain/lending/loan-record.ts';
import { COOLING_OFF_DAYS } from '../../shared/domain/lending/loan-transitions.ts';
import type { LoanStore, StoredLoan } from '../../shared/store/loans.ts';

export interface RecordEventDependencies {
  readonly loans: Pick<
    LoanStore,
    'get' | 'getEvent' | 'getReference' | 'readHistory' | 'firstResultId' | 'commit'
  >;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** 0 up to 1, for jitter alone. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface RecordEventInput {
  readonly lender: string;
  readonly programId: string;
  /** Null when the event's own id is all that tells it from another: the line of a bank file. */
  readonly request: IdempotentRequest | null;
  readonly event: LoanEvent;
  readonly bankReference?: string | undefined;
}

export interface EventRecorded {
  readonly receipt: LoanReceipt;
  /** It was recorded before; this is what was answered then. */
  readonly replayed: boolean;
}

/** Other steps of the loan, or of its program's books, come between; with jitter these outlast dozens. */
const COMMIT_ATTEMPTS_MAX = 10;
const BACKOFF_MS_FIRST = 5;

export const todayOf = (nowMs: number): BusinessDate => businessDateOf(nowMs, DEFAULT_TIME_ZONE);

/** The id of the event that a request stands for: a repeat names the same event even when its key has run out. */
export function eventIdOf({ tenantId, operation, key, inputHash }: IdempotentRequest): string {
  const text = canonicalJson([tenantId, operation, key, inputHash]);
  return `evt_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
}

/**
 * Record an event on a loan, once: load the loan, check and apply, and commit state, event, entries and the
 * idempotency record together. A backdated event and a reversal read the loan's log and journal as well.
 *
 * Raises DomainError `not_found`, `idempotency_key_reused`, `loan_state_conflict` with the reason as its issue's
 * code (nothing is recorded then, and a corrected request may use the same key), or `too_many_requests`.
 */
export async function recordEvent(
  input: RecordEventInput,
  dependencies: RecordEventDependencies,
): Promise<EventRecorded> {
  const { loans, nowMs, random, sleep } = dependencies;
  const { lender, programId, request, event } = input;
  for (let attempt = 1; ; attempt += 1) {
    const [first, loaded, recorded] = await Promise.all([
      request === null ? undefined : loans.firstResultId(request, nowMs()),
      loans.get(lender, programId, event.loanId),
      loans.getEvent(lender, event.loanId, event.eventId),
    ]);
    if (loaded === undefined) throw new DomainError('not_found', 'no such loan');
    if (first !== undefined) return answered(input, first, dependencies);
    if (recorded !== undefined) {
      if (canonicalJson(recorded.event) !== canonicalJson(event)) {
        throw refusal('event_exists_with_different_content');
      }
      return { receipt: recorded.receipt, replayed: true };
    }
    await requireNewReference(input, dependencies);

    const now = nowMs();
    const step = await nextStep(input, loaded, todayFor(loaded, now), dependencies);
    if (step.result !== 'applied') throw refusal(step.result);
    const recordedOn = step.record.state.asOf;
    const receipt = receiptOf(loaded.record.state, step.record, event, recordedOn);
    const result = await loans.commit({
      lender,
      before: loaded,
      after: step.record,
      entries: step.entries,
      event: { event, recordedOn, receipt },
      request,
      bankReference: input.bankReference,
      nowMs: now,
    });
    if (result.kind === 'committed') return { receipt, replayed: false };
    if (result.kind === 'answered') return answered(input, result.eventId, dependencies);
    if (attempt === COMMIT_ATTEMPTS_MAX) {
      throw new DomainError('too_many_requests', 'the loan is busy: send the same request again', {
        retryAfterSeconds: 1,
      });
    }
    await sleep(random() * BACKOFF_MS_FIRST * 2 ** attempt);
  }
}

/** A loan is never taken back in time: it may have aged past the hour of a slow clock. */
function todayFor({ record }: StoredLoan, nowMs: number): BusinessDate {
  const today = todayOf(nowMs);
  return today > record.state.asOf ? today : record.state.asOf;
}

async function nextStep(
  { lender, event }: RecordEventInput,
  loaded: StoredLoan,
  today: BusinessDate,
  { loans }: RecordEventDependencies,
): Promise<RecordedStep> {
  const { record } = loaded;
  if (needsNoLog(record, event)) return recordForward(record, event, today);
  const { log, journal } = await loans.readHistory(lender, loaded);
  return recordWithLog(record, log, journal, event, today);
}

async function answered(
  { lender, event }: RecordEventInput,
  eventId: string,
  { loans }: RecordEventDependencies,
): Promise<EventRecorded> {
  const recorded = await loans.getEvent(lender, event.loanId, eventId);
  if (recorded === undefined) {
    throw new DomainError('corrupt_record', 'an idempotency record names no event');
  }
  if (eventId === event.eventId && canonicalJson(recorded.event) !== canonicalJson(event)) {
    throw refusal('event_exists_with_different_content');
  }
  return { receipt: recorded.receipt, replayed: true };
}

/** A bank's reference that was credited to one loan is never credited to another. */
async function requireNewReference(
  { lender, event, bankReference }: RecordEventInput,
  { loans }: RecordEventDependencies,
): Promise<void> {
  if (bankReference === undefined) return;
  const loan = await loans.getReference(lender, bankReference);
  if (loan === undefined || loan === event.loanId) return;
  throw new DomainError('loan_state_conflict', 'reference: it was recorded on another loan', {
    issues: [{ field: 'reference', code: 'reference_of_another_loan', message: 'one payment, one loan' }],
  });
}

/** What each refusal reads as, and the field it is about. */
const refusals: Readonly<Record<LoanRefusalCode, readonly [field: string, message: string]>> = {
  event_exists: ['', 'it was recorded before'],
  event_exists_with_different_content: ['reference', 'it was recorded before with other content'],
  date_in_future: ['businessDate', 'must not be after today'],
  contract_exists: ['', 'the loan has its contract already'],
  contract_missing: ['', 'the loan has no contract'],
  loan_id_differs: ['loanId', 'is another loan'],
  date_before_contract: ['businessDate', 'must not be before the contract'],
  date_before_disbursement: ['businessDate', 'must not be before the disbursement'],
  date_before_previous_step: ['businessDate', 'must not be before what was recorded last'],
  schedule_impossible: ['', 'these terms leave no date to repay on'],
  sales_linked_terms: [
    'repayment.method',
    'a sales-linked loan has a fixed total: annualRateBps must be 0 and capitalizesInterest true',
  ],
  station_unknown: ['repayment.method', 'the contract names no station whose sales it could follow'],
  terms_unlawful: [
    'annualRateBps',
    'with its charge and penalty it is over four times the LPR of the day, or a bullet runs over 12 months',
  ],
  disbursement_already_instructed: ['phase', 'the bank is instructed already'],
  disbursement_not_instructed: ['phase', 'the bank was not instructed'],
  disbursement_already_posted: ['phase', 'the money is paid out already'],
  loan_cancelled: ['', 'the contract is cancelled'],
  cooling_off_over: ['', `only the lender may cancel more than ${COOLING_OFF_DAYS} days after the contract`],
  loan_not_disbursed: ['', 'the money is not paid out yet'],
  payment_not_found: ['paymentEventId', 'the loan has no such payment'],
  payment_already_reversed: ['paymentEventId', 'the payment is reversed already'],
  loan_closed: ['', 'the loan is closed'],
  loan_charged_off: ['', 'the loan is charged off'],
  loan_not_charged_off: ['', 'the loan is not charged off'],
  not_sales_linked: ['', 'the loan does not follow sales'],
  sales_day_settled: ['businessDate', 'sales are settled through that day'],
  exceeds_waivable: ['amountMinor', 'is more than what is owed of the component'],
  nothing_left_to_move: ['', 'no installment is left to move'],
  payoff_short: ['amountMinor', 'is less than what closes the loan on that day'],
  exceeds_credit: ['amountMinor', 'is more than the borrower’s credit'],
  exceeds_guarantee_claim: ['amountMinor', 'is more than what is left of the claim'],
};

export function refusal(code: LoanRefusalCode): DomainError {
  const [field, message] = refusals[code];
  return new DomainError('loan_state_conflict', field === '' ? message : `${field}: ${message}`, {
    issues: [{ field, code, message }],
  });
}
