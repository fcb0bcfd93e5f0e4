import { DomainError } from '../../shared/domain/errors.ts';
import {
  type ContestGround,
  decisionAfterReview,
  openReview,
  type Review,
  reviewIdOf,
} from '../../shared/domain/review.ts';
import type { ReviewDependencies } from './work-queue.ts';

export interface ContestDecisionInput {
  readonly tenantId: string;
  readonly programId: string;
  readonly decisionId: string;
  readonly ground: ContestGround;
  /** The caller, when it is the applicant. */
  readonly requireOwn: (entrepreneurId: string) => void;
}

/**
 * Contest a decline (PIPL art. 24): a person decides it anew. Once to a decision: a repeat answers with the case
 * that is there. Raises `wrong_state` for what is not a decline, or is still with a person.
 */
export async function contestDecision(
  input: ContestDecisionInput,
  { programs, decisions, reviews, nowMs }: ReviewDependencies,
): Promise<Review> {
  const { tenantId, programId, decisionId, ground } = input;
  const grant = await programs.getGrant(tenantId, programId);
  if (grant === undefined) throw new DomainError('not_found', 'no such program');
  const { lenderTenantId: lender } = grant;
  const made = await decisions.get(lender, programId, decisionId);
  if (made === undefined) throw new DomainError('not_found', 'no such decision');
  input.requireOwn(made.input.application.entrepreneurId);

  const existing = () => reviews.get(lender, programId, reviewIdOf(decisionId, 'contested'));
  const first = await existing();
  if (first !== undefined) return first;
  const standing = decisionAfterReview(made, await reviews.listResolutions(lender, decisionId));
  if (standing.outcome !== 'declined') {
    throw new DomainError('wrong_state', `only a decline can be contested, and this is ${standing.outcome}`);
  }
  const opened = openReview(made, 'contested', ground, nowMs());
  if (await reviews.contest(opened)) return opened;
  const theirs = await existing();
  if (theirs === undefined)
    throw new DomainError('wrong_state', 'it was decided again on corrected facts: contest that');
  return theirs;
}
