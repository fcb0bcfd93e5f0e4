import { businessDateOf, DEFAULT_TIME_ZONE } from '../../shared/domain/calendar.ts';
import type { Decision } from '../../shared/domain/decision.ts';
import { DomainError, fieldError } from '../../shared/domain/errors.ts';
import { termsOf } from '../../shared/domain/lending/implied-terms.ts';
import { mayVouchForMinor } from '../../shared/domain/lending/recommender.ts';
import {
  closeReview,
  needsSecond,
  proposeDecision,
  type Review,
  type ReviewDecision,
  type ReviewProposal,
  requireClaim,
  requireProposal,
  sendBack,
} from '../../shared/domain/review.ts';
import { reviewOffers } from '../../shared/domain/review-offers.ts';
import { reviewReasons } from '../../shared/domain/review-reasons.ts';
import { loadReview, type OfReview, type ReviewDependencies, requireLender, saved } from './work-queue.ts';

/**
 * Decide a claimed case. An approval makes its offers by the machine's own pricing and reserves their capital in
 * the transaction that closes the case; above the policy's bound it waits for a second person instead.
 */
export async function decideReview(
  input: OfReview & { readonly proposal: ReviewProposal },
  dependencies: ReviewDependencies,
): Promise<Review> {
  const { proposal, subject } = input;
  await requireLender(input, dependencies);
  const { item, made } = await loadReview(input, dependencies);
  const nowMs = dependencies.nowMs();
  if (isRepeat(item, subject, proposal)) return item;
  requireClaim(item, subject, nowMs);
  if (reviewReasons[proposal.reasonCode].outcome !== proposal.outcome) {
    const message = `reasonCode: not a reason for ${proposal.outcome}`;
    throw fieldError('invalid_request', 'reasonCode', 'other_outcome', message);
  }
  const { resolution, exposure, policy } = await resolve(item, made, proposal, dependencies, {
    decidedBy: subject,
    confirmedBy: null,
    nowMs,
  });
  if (needsSecond(policy, resolution.limitMinor)) {
    const proposed = proposeDecision(item, subject, proposal, nowMs);
    return saved(proposed, await dependencies.reviews.save(proposed));
  }
  const closed = closeReview(item, resolution);
  return saved(closed, await dependencies.reviews.close(closed, made, exposure));
}

/** Agree with what another person proposed, at today's terms, or send the case back to the queue. */
export async function confirmReview(
  input: OfReview & { readonly agrees: boolean },
  dependencies: ReviewDependencies,
): Promise<Review> {
  await requireLender(input, dependencies);
  const { item, made } = await loadReview(input, dependencies);
  const nowMs = dependencies.nowMs();
  const { by, at: _at, ...proposal } = requireProposal(item, input.subject, nowMs);
  if (!input.agrees) {
    const back = sendBack(item);
    return saved(back, await dependencies.reviews.save(back));
  }
  const { resolution, exposure } = await resolve(item, made, proposal, dependencies, {
    decidedBy: by,
    confirmedBy: input.subject,
    nowMs,
  });
  const closed = closeReview(item, resolution);
  return saved(closed, await dependencies.reviews.close(closed, made, exposure));
}

/** The same decision by the same person once more: a lost answer, not another decision. */
function isRepeat({ resolution, proposal }: Review, by: string, asked: ReviewProposal): boolean {
  const given = resolution === null ? proposal : { ...resolution, by: resolution.decidedBy };
  return given?.by === by && given.outcome === asked.outcome && given.reasonCode === asked.reasonCode;
}

interface Deciding {
  readonly decidedBy: string;
  readonly confirmedBy: string | null;
  readonly nowMs: number;
}

async function resolve(
  item: Review,
  made: Decision,
  proposal: ReviewProposal,
  { programs, decisions, terms, listed }: ReviewDependencies,
  { decidedBy, confirmedBy, nowMs }: Deciding,
) {
  const { lenderTenantId: lender, programId, entrepreneurId } = item;
  const recommenderId = made.input.entrepreneur?.recommenderId ?? null;
  const [program, capital, borrowerExposureMinor, committed, vouched] = await Promise.all([
    programs.get(lender, programId),
    programs.getCapital(lender, programId),
    decisions.getExposureMinor(lender, entrepreneurId),
    terms.inForce(lender, programId, businessDateOf(nowMs, DEFAULT_TIME_ZONE)),
    recommenderId === null ? [] : listed.vouchedFor(lender, recommenderId),
  ]);
  if (program === undefined || capital === undefined) {
    throw new DomainError('corrupt_record', 'a grant names no program');
  }
  const offered =
    proposal.outcome === 'declined'
      ? { affordability: null, pricing: null, terms: null, offers: [], limitMinor: 0 }
      : reviewOffers({
          decision: made,
          proposal,
          program,
          terms: termsOf(program, committed),
          recommenderLimitMinor: mayVouchForMinor(recommenderId, programId, committed?.recommenders, vouched),
          reservedCapitalMinor: capital.reservedMinor,
          borrowerExposureMinor,
          decidedAtMs: nowMs,
        });
  const resolution: ReviewDecision = {
    reviewId: item.reviewId,
    decisionId: item.decisionId,
    decidedAt: new Date(nowMs).toISOString(),
    outcome: proposal.outcome,
    reasonCode: proposal.reasonCode,
    decidedBy,
    confirmedBy,
    overrides: item.machineOutcome !== 'referred' && item.machineOutcome !== proposal.outcome,
    policyVersion: program.policy.policyVersion,
    assessment: proposal.assessment ?? null,
    ...offered,
    offers: [...offered.offers],
  };
  return { resolution, exposure: { borrowerExposureMinor }, policy: program.policy };
}
