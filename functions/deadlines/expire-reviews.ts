import { expiredReview } from '../../shared/domain/review.ts';
import type { DecisionStore } from '../../shared/store/decisions.ts';
import type { ProgramStore } from '../../shared/store/programs.ts';
import type { ReviewStore } from '../../shared/store/reviews.ts';

export interface ExpireReviewsDependencies {
  readonly programs: Pick<ProgramStore, 'listGrants'>;
  readonly decisions: Pick<DecisionStore, 'get'>;
  readonly reviews: Pick<ReviewStore, 'listOverdue' | 'close'>;
  readonly nowMs: () => number;
}

export interface ExpiryReport {
  readonly programs: number;
  readonly expired: number;
  /** Decided by a person at the same moment; nothing is lost. */
  readonly raced: number;
}

/**
 * Close every case of an operator's programs that nobody decided in time: a referral is declined, a contested
 * decline stands. So each case reaches an end, at its deadline in effect and here in the record. Safe to repeat.
 */
export async function expireReviews(
  operator: string,
  { programs, decisions, reviews, nowMs }: ExpireReviewsDependencies,
): Promise<ExpiryReport> {
  const grants = await programs.listGrants(operator);
  let expired = 0;
  let raced = 0;
  for (const { lenderTenantId: lender, programId } of grants) {
    for (const item of await reviews.listOverdue(lender, programId, nowMs())) {
      const made = await decisions.get(lender, programId, item.decisionId);
      if (made === undefined) continue;
      const closed = expiredReview(item, made.policyVersion, nowMs());
      if (await reviews.close(closed, made, { borrowerExposureMinor: 0 })) expired += 1;
      else raced += 1;
    }
  }
  return { programs: grants.length, expired, raced };
}
