import { type BusinessDate, businessDateOf, DEFAULT_TIME_ZONE } from '../../shared/domain/calendar.ts';
import type { Decision, Offer } from '../../shared/domain/decision.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import type { IdempotentRequest } from '../../shared/domain/idempotency.ts';
import type { LoanContract, LoanEventOf } from '../../shared/domain/lending/loan-event.ts';
import { contractOfOffer, offerOf } from '../../shared/domain/lending/loan-offer.ts';
import { type LoanReceipt, receiptOf } from '../../shared/domain/lending/loan-receipt.ts';
import { offerExpiresOn, openLoan } from '../../shared/domain/lending/loan-record.ts';
import type { LendingTerms } from '../../shared/domain/lending/program-terms.ts';
import { recommenderLimit, recommenderRecord } from '../../shared/domain/lending/recommender.ts';
import { reviewIdOf } from '../../shared/domain/review.ts';
import type { DecisionStore } from '../../shared/store/decisions.ts';
import { inputHash } from '../../shared/store/idempotency.ts';
import type { ProgramLoans } from '../../shared/store/program-loans.ts';
import type { ProgramStore } from '../../shared/store/programs.ts';
import type { ReservationStore } from '../../shared/store/reservations.ts';
import type { ReviewStore } from '../../shared/store/reviews.ts';
import type { Vouching } from '../../shared/store/vouching.ts';
import { calendarOf, type RepaymentCalendar } from './offer-calendar.ts';
import { eventIdOf, type RecordEventDependencies, refusal, todayOf } from './record-event.ts';

export interface OfferInput {
  readonly tenantId: string;
  readonly programId: string;
  readonly decisionId: string;
  readonly offerId: string;
}

export interface OfferDependencies extends RecordEventDependencies {
  readonly programs: Pick<ProgramStore, 'getGrant'>;
  readonly decisions: Pick<DecisionStore, 'get'>;
  readonly reviews: Pick<ReviewStore, 'get'>;
  readonly reservations: Pick<ReservationStore, 'get'>;
  readonly listed: Pick<ProgramLoans, 'vouching'>;
}

interface OpenOffer {
  readonly lender: string;
  readonly decision: Decision;
  readonly offer: Offer;
  readonly contract: LoanContract;
  readonly today: BusinessDate;
}

/** One loan for each approval: its offers stand for one another. */
export const loanIdOf = (decisionId: string) => decisionId.replace(/^dec_/, 'loan_');

/** The repayment calendar of an offer, as if it were paid out on a day; today without one. */
export async function readOfferCalendar(
  input: OfferInput & { readonly disbursedOn: BusinessDate | undefined },
  dependencies: OfferDependencies,
): Promise<{ readonly calendar: RepaymentCalendar; readonly borrowerId: string }> {
  const { contract, decision, today } = await openOffer(input, dependencies);
  const decidedOn = businessDateOf(Date.parse(decision.decidedAt), DEFAULT_TIME_ZONE);
  return {
    calendar: {
      offerId: input.offerId,
      expiresOn: offerExpiresOn(decidedOn),
      ...calendarOf(contract, input.disbursedOn ?? today),
    },
    borrowerId: contract.borrowerId,
  };
}

/**
 * Accept an offer: the contract opens a loan and settles the approval's promise, in one transaction, once for each
 * approval. What the program had reserved beyond the offer's principal is free again.
 *
 * Raises DomainError `not_found`, `invalid_request` for terms that have become unlawful, and `loan_state_conflict` for
 * an offer that has expired or whose approval was taken up, or a partner who may vouch for no more.
 */
export async function acceptOffer(
  input: OfferInput & { readonly idempotencyKey: string; readonly requireOwn: (borrower: string) => void },
  dependencies: OfferDependencies,
): Promise<{ readonly receipt: LoanReceipt; readonly replayed: boolean }> {
  const { loans, reservations, programs, nowMs } = dependencies;
  const { tenantId, programId, decisionId, offerId } = input;
  const request: IdempotentRequest = {
    tenantId,
    operation: 'acceptOffer',
    key: input.idempotencyKey,
    inputHash: inputHash({ programId, decisionId, offerId }),
  };
  const loanId = loanIdOf(decisionId);
  const grant = await programs.getGrant(tenantId, programId);
  if (grant === undefined) throw new DomainError('not_found', 'no such program');
  const lender = grant.lenderTenantId;
  const first = await loans.firstResultId(request, nowMs());
  if (first !== undefined) return recordedAcceptance(lender, loanId, first, input, dependencies);

  const { decision, contract, today } = await openOffer(input, dependencies);
  input.requireOwn(contract.borrowerId);
  const held = await reservations.get(lender, programId, decision);
  if (held?.status !== 'open') throw noLongerOpen(held === undefined ? 'not_reserved' : held.status);
  if (today > held.expiresOn) throw noLongerOpen('expired');
  const vouching = await requireWithinVouching(lender, contract, decision.input.terms, dependencies);

  const event: LoanEventOf<'contract_accepted'> = {
    type: 'contract_accepted',
    loanId,
    eventId: eventIdOf(request),
    businessDate: today,
    contract,
  };
  const opened = openLoan(event, decision.input.program.countyId);
  if (opened.result !== 'applied') throw refusal(opened.result);
  const receipt = receiptOf(null, opened.record, event, today);
  const result = await loans.commit({
    lender,
    before: null,
    after: opened.record,
    entries: [],
    event: { event, recordedOn: today, receipt },
    request,
    accepts: held,
    vouching,
    nowMs: nowMs(),
  });
  if (result.kind === 'committed') return { receipt, replayed: false };
  if (result.kind === 'answered') {
    return recordedAcceptance(lender, loanId, result.eventId, input, dependencies);
  }
  const now = await reservations.get(lender, programId, decision);
  if (now?.status === 'open') {
    throw new DomainError('too_many_requests', 'the program is busy: send the same request again', {
      retryAfterSeconds: 1,
    });
  }
  throw noLongerOpen(now?.status ?? 'not_reserved');
}

async function openOffer(input: OfferInput, dependencies: OfferDependencies): Promise<OpenOffer> {
  const { programs, nowMs } = dependencies;
  const grant = await programs.getGrant(input.tenantId, input.programId);
  if (grant === undefined) throw new DomainError('not_found', 'no such program');
  const lender = grant.lenderTenantId;
  const today = todayOf(nowMs());
  const decision = await decisionInForce(lender, input, dependencies);
  if (decision === undefined) throw new DomainError('not_found', 'no such decision');
  const offer = offerOf(decision, input.offerId);
  const contract = contractOfOffer(decision, offer, today);
  return { lender, decision, offer, contract, today };
}

/** The machine's decision, or the one a person made in its place. */
async function decisionInForce(
  lender: string,
  { programId, decisionId }: Pick<OfferInput, 'programId' | 'decisionId'>,
  { decisions, reviews }: OfferDependencies,
): Promise<Decision | undefined> {
  const made = await decisions.get(lender, programId, decisionId);
  if (made === undefined || made.outcome === 'approved') return made;
  const cases = await Promise.all(
    (['referred', 'contested'] as const).map((cause) =>
      reviews.get(lender, programId, reviewIdOf(decisionId, cause)),
    ),
  );
  const approval = cases.find((item) => item?.resolution?.outcome === 'approved')?.resolution;
  if (!approval) return made;
  const { decidedAt, offers, limitMinor, terms } = approval;
  const input = { ...made.input, terms: terms ?? made.input.terms };
  return { ...made, input, outcome: 'approved', decidedAt, offers, limitMinor };
}

async function recordedAcceptance(
  lender: string,
  loanId: string,
  eventId: string,
  { requireOwn }: { readonly requireOwn: (borrower: string) => void },
  { loans }: OfferDependencies,
) {
  const recorded = await loans.getEvent(lender, loanId, eventId);
  if (recorded?.event.type !== 'contract_accepted') {
    throw new DomainError('corrupt_record', 'an idempotency record names no contract');
  }
  requireOwn(recorded.event.contract.borrowerId);
  return { receipt: recorded.receipt, replayed: true };
}

/** What was checked against the bound; undefined where there is none. */
async function requireWithinVouching(
  lender: string,
  { recommenderId, programId, principalMinor }: LoanContract,
  { recommenders: policy }: LendingTerms,
  { listed }: OfferDependencies,
): Promise<Vouching | undefined> {
  if (recommenderId === null || policy === undefined) return undefined;
  const vouching = await listed.vouching(lender, recommenderId);
  const ofProgram = vouching.loans.filter((loan) => loan.programId === programId);
  const { bound, limitMinor } = recommenderLimit(recommenderRecord(recommenderId, ofProgram), policy);
  if (principalMinor <= limitMinor) return vouching;
  const code = bound === 'within_bounds' ? 'outstanding_over_bound' : bound;
  throw new DomainError('loan_state_conflict', 'the partner who vouched may not vouch for this loan', {
    issues: [{ field: 'recommenderId', code, message: `may vouch for ${limitMinor} more` }],
  });
}

function noLongerOpen(code: string): DomainError {
  return new DomainError('loan_state_conflict', 'offerId: the offer is no longer open', {
    issues: [{ field: 'offerId', code: `offer_${code}`, message: 'apply again for a new decision' }],
  });
}
