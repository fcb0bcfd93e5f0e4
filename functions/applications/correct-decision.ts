import { DomainError } from '../../shared/domain/errors.ts';
import { decisionAfterReview } from '../../shared/domain/review.ts';
import type { DecisionStore } from '../../shared/store/decisions.ts';
import type { ReviewStore } from '../../shared/store/reviews.ts';
import {
  type SubmitApplicationDependencies,
  type SubmittedApplication,
  submitApplication,
} from './submit-application.ts';

export interface CorrectDecisionInput {
  readonly tenantId: string;
  readonly programId: string;
  readonly decisionId: string;
  readonly idempotencyKey: string;
  /** Refuses a caller who is another applicant. */
  readonly requireOwn: (entrepreneurId: string) => void;
}

export type CorrectDecisionDependencies = SubmitApplicationDependencies & {
  readonly decisions: Pick<DecisionStore, 'getRecourse'>;
  readonly reviews: Pick<ReviewStore, 'listResolutions'>;
};

/**
 * Decide a declined application again, on facts that were corrected where they are kept (the station, the person,
 * its history by reversing rows, a consent given). The new decision names the old one, which stays as it is; a
 * repeat answers with the new one. Raises `wrong_state` for what is not a decline, or was contested.
 */
export async function correctDecision(
  input: CorrectDecisionInput,
  dependencies: CorrectDecisionDependencies,
): Promise<SubmittedApplication> {
  const { tenantId, programId, decisionId, idempotencyKey } = input;
  const { programs, decisions, reviews } = dependencies;
  const grant = await programs.getGrant(tenantId, programId);
  if (grant === undefined) throw new DomainError('not_found', 'no such program');
  const { lenderTenantId: lender } = grant;
  const made = await decisions.get(lender, programId, decisionId);
  if (made === undefined) throw new DomainError('not_found', 'no such decision');
  const { application } = made.input;
  input.requireOwn(application.entrepreneurId);

  const taken = await decisions.getRecourse(lender, decisionId);
  if (taken?.kind === 'contest') throw new DomainError('wrong_state', 'the decision was contested');
  if (taken !== undefined) {
    const corrected = await decisions.get(lender, programId, taken.decisionId);
    if (corrected === undefined) throw new DomainError('corrupt_record', 'a correction names no decision');
    return { decision: corrected, replayed: true };
  }
  const standing = decisionAfterReview(made, await reviews.listResolutions(lender, decisionId));
  if (standing.outcome !== 'declined') {
    throw new DomainError('wrong_state', `only a decline is decided again, and this is ${standing.outcome}`);
  }
  const {
    stationId,
    entrepreneurId,
    requestedPrincipalMinor,
    requestedTermMonths,
    purpose,
    automatedDecision,
  } = application;
  return submitApplication(
    {
      tenantId,
      programId,
      idempotencyKey,
      correctsDecisionId: decisionId,
      request: {
        stationId,
        entrepreneurId,
        requestedPrincipalMinor,
        requestedTermMonths,
        purpose,
        automatedDecision,
      },
    },
    dependencies,
  );
}
