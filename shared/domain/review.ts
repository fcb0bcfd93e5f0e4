import { z } from 'zod';
import { application } from './application.ts';
import { instant } from './calendar.ts';
import {
  affordability,
  type Decision,
  decision,
  decisionOutcomes,
  OFFERS_MAX,
  offer,
  pricing,
} from './decision.ts';
import { DomainError } from './errors.ts';
import { decisionId, reviewId, tenantId } from './identifiers.ts';
import { lendingTerms } from './lending/program-terms.ts';
import { amountMinor, positiveAmountMinor } from './money.ts';
import type { ProgramPolicy } from './program.ts';
import { EXPIRED, type ReviewReasonCode, reviewReasonCodes, reviewReasons } from './review-reasons.ts';

/** Applies where the policy does not say. The law's own bound is 30 days (12 CFR 1002.9(a)(1)). */
export const REVIEW_DUE_DAYS_DEFAULT = 5;
/** Long enough to decide one case, short enough that a case nobody works on comes back the same day. */
export const CLAIM_MINUTES = 120;
const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

export const reviewStates = ['open', 'claimed', 'awaiting_second', 'closed'] as const;
export const contestGrounds = [
  'wrong_fact',
  'missing_data',
  'circumstances_changed',
  'reasons_disputed',
] as const;
export type ContestGround = (typeof contestGrounds)[number];

/** A person at the lender: the subject of their token. */
const officer = z.string().min(1).max(128);

/** What an officer found where the machine had nothing to go by. */
export const assessment = z.strictObject({
  monthlyInflowMinor: amountMinor,
  monthlyOutflowMinor: amountMinor,
  /** The part of it that does not fall with sales: rent, wages, fuel. */
  monthlyFixedOutflowMinor: amountMinor,
  observedMonths: z.int().min(1).max(60),
  probabilityOfDefault: z.number().gt(0).lt(1),
});
export type Assessment = z.output<typeof assessment>;

export const reviewProposal = z.strictObject({
  outcome: z.enum(['approved', 'declined']),
  reasonCode: z.enum(reviewReasonCodes as [ReviewReasonCode, ...ReviewReasonCode[]]),
  /** No offer above this, whatever was asked for. */
  principalMaxMinor: positiveAmountMinor.optional(),
  /** Needed where the machine scored nothing or saw no cash flow; where it did, its own figures are kept. */
  assessment: assessment.optional(),
});
export type ReviewProposal = z.output<typeof reviewProposal>;

/** A person's decision, beside the machine's, which is never edited. */
export const reviewDecision = z.strictObject({
  reviewId,
  decisionId,
  decidedAt: instant,
  outcome: z.enum(['approved', 'declined']),
  reasonCode: reviewProposal.shape.reasonCode,
  /** Null when the rule of expiry decided. */
  decidedBy: officer.nullable(),
  /** The second pair of eyes, where the policy asks for one. */
  confirmedBy: officer.nullable(),
  /** The machine had decided, and otherwise. */
  overrides: z.boolean(),
  policyVersion: z.string(),
  assessment: assessment.nullable(),
  affordability: affordability.nullable(),
  pricing: pricing.nullable(),
  /** What the offers were priced on: in force on the day of the approval; null without offers. */
  terms: lendingTerms.nullable(),
  offers: z.array(offer).max(OFFERS_MAX),
  limitMinor: amountMinor,
});
export type ReviewDecision = z.output<typeof reviewDecision>;

export const review = z.strictObject({
  reviewId,
  lenderTenantId: tenantId,
  decisionId,
  ...application.pick({
    applicationId: true,
    programId: true,
    entrepreneurId: true,
    requestedPrincipalMinor: true,
  }).shape,
  cause: z.enum(['referred', 'contested']),
  ground: z.enum(contestGrounds).nullable(),
  machineOutcome: z.enum(decisionOutcomes),
  reasonCodes: z.array(z.string()),
  openedAt: instant,
  /** At this instant the case is closed by rule if nobody has decided it. */
  dueAt: instant,
  state: z.enum(reviewStates),
  claim: z.strictObject({ by: officer, expiresAt: instant }).nullable(),
  proposal: reviewProposal.extend({ by: officer, at: instant }).nullable(),
  resolution: reviewDecision.nullable(),
  version: z.int().min(1),
});
export type Review = z.output<typeof review>;

/** One review of a referral, and one of a contest, to a decision: their ids follow from its own. */
export const reviewIdOf = (decisionId_: string, cause: Review['cause']) =>
  `rev_${decisionId_.replace(/^dec_/, '').slice(0, 46)}-${cause === 'referred' ? 'r' : 'c'}`;

const at = (ms: number) => new Date(ms).toISOString();

/** The case a referral or a contest opens. */
export function openReview(
  made: Decision,
  cause: Review['cause'],
  ground: ContestGround | null,
  nowMs: number,
): Review {
  const { application: asked, program } = made.input;
  const dueDays = program.policy.reviewDueDays ?? REVIEW_DUE_DAYS_DEFAULT;
  return {
    reviewId: reviewIdOf(made.decisionId, cause),
    lenderTenantId: made.lenderTenantId,
    decisionId: made.decisionId,
    applicationId: asked.applicationId,
    programId: asked.programId,
    entrepreneurId: asked.entrepreneurId,
    requestedPrincipalMinor: asked.requestedPrincipalMinor,
    cause,
    ground,
    machineOutcome: made.outcome,
    reasonCodes: made.reasons.map(({ code }) => code),
    openedAt: at(nowMs),
    dueAt: at(nowMs + dueDays * DAY_MS),
    state: 'open',
    claim: null,
    proposal: null,
    resolution: null,
    version: 1,
  };
}

/** Whether the rule of expiry has closed it, though nobody has recorded so yet. */
export const isOverdue = (item: Review, nowMs: number) =>
  item.state !== 'closed' && Date.parse(item.dueAt) <= nowMs;

/** A claim that has run out is none: the case is open to anybody. */
export function asOf(item: Review, nowMs: number): Review {
  return item.state === 'claimed' && (item.claim === null || Date.parse(item.claim.expiresAt) <= nowMs)
    ? { ...item, state: 'open', claim: null }
    : item;
}

/** Take a case to work on; its holder takes it anew for as long again. Raises `wrong_state`. */
export function claimReview(item: Review, by: string, nowMs: number): Review {
  const current = asOf(item, nowMs);
  requireUndecided(current, nowMs);
  if (current.state === 'awaiting_second') {
    throw new DomainError('wrong_state', 'the case waits for a second person: confirm it or send it back');
  }
  if (current.claim !== null && current.claim.by !== by) {
    throw new DomainError('wrong_state', `the case is claimed until ${current.claim.expiresAt}`);
  }
  const expiresAt = at(Math.min(nowMs + CLAIM_MINUTES * MINUTE_MS, Date.parse(current.dueAt)));
  return next(current, { state: 'claimed', claim: { by, expiresAt } });
}

/** Raises `wrong_state` unless `by` holds the case. */
export function requireClaim(item: Review, by: string, nowMs: number): void {
  const current = asOf(item, nowMs);
  requireUndecided(current, nowMs);
  if (current.state === 'claimed' && current.claim?.by === by) return;
  throw new DomainError('wrong_state', 'claim the case first');
}

/** Whether another person must agree before an approval of this size stands. */
export const needsSecond = (policy: Pick<ProgramPolicy, 'fourEyesAbovePrincipalMinor'>, limitMinor: number) =>
  policy.fourEyesAbovePrincipalMinor !== undefined && limitMinor > policy.fourEyesAbovePrincipalMinor;

export function proposeDecision(item: Review, by: string, proposal: ReviewProposal, nowMs: number): Review {
  return next(item, { state: 'awaiting_second', claim: null, proposal: { ...proposal, by, at: at(nowMs) } });
}

/** What waits for `by` to agree. Raises `wrong_state` when nothing does, and for whoever proposed it. */
export function requireProposal(item: Review, by: string, nowMs: number): NonNullable<Review['proposal']> {
  requireUndecided(item, nowMs);
  if (item.state !== 'awaiting_second' || item.proposal === null) {
    throw new DomainError('wrong_state', 'the case waits for no second person');
  }
  if (item.proposal.by === by) {
    throw new DomainError('wrong_state', 'the second person must be another than the first');
  }
  return item.proposal;
}

/** The second person does not agree: the case is open again, for anybody. */
export const sendBack = (item: Review): Review => next(item, { state: 'open', claim: null, proposal: null });

export const closeReview = (item: Review, resolution: ReviewDecision): Review =>
  next(item, { state: 'closed', claim: null, proposal: null, resolution });

/** The end of a case that nobody decided in time: declined by rule, or the machine's decision stands. */
export function expiredReview(item: Review, policyVersion: string, nowMs: number): Review {
  return closeReview(item, {
    reviewId: item.reviewId,
    decisionId: item.decisionId,
    decidedAt: at(nowMs),
    outcome: 'declined',
    reasonCode: EXPIRED,
    decidedBy: null,
    confirmedBy: null,
    overrides: false,
    policyVersion,
    assessment: null,
    affordability: null,
    pricing: null,
    terms: null,
    offers: [],
    limitMinor: 0,
  });
}

/**
 * A decision as it stands after its reviews, the latest last: what an applicant is told and offers are accepted
 * from. Its input, rules and reasons stay the machine's.
 */
export function decisionAfterReview(made: Decision, resolutions: readonly ReviewDecision[]): Decision {
  const last = resolutions.at(-1);
  if (last === undefined) return made;
  const { outcome, decidedAt, policyVersion, offers, limitMinor } = last;
  const { sentences } = reviewReasons[last.reasonCode];
  return decision.parse({
    ...made,
    outcome,
    decidedAt,
    policyVersion,
    termsVersion: last.terms?.version ?? made.termsVersion,
    automated: false,
    reasons: outcome === 'declined' ? [{ code: last.reasonCode, sentences }] : [],
    affordability: last.affordability,
    pricing: last.pricing,
    offers,
    limitMinor,
  });
}

function requireUndecided(item: Review, nowMs: number): void {
  if (item.state === 'closed') throw new DomainError('wrong_state', 'the case is closed');
  if (isOverdue(item, nowMs)) throw new DomainError('wrong_state', 'the case ran out of time and is closed');
}

const next = (item: Review, change: Partial<Review>): Review => ({
  ...item,
  ...change,
  version: item.version + 1,
});
