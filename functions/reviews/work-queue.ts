import { DomainError } from '../../shared/domain/errors.ts';
import { asOf, claimReview, expiredReview, isOverdue, type Review } from '../../shared/domain/review.ts';
import type { PersonKeys } from '../../shared/persons/person-keys.ts';
import { sealFor, unsealFor } from '../../shared/persons/sealed-text.ts';
import type { DecisionStore } from '../../shared/store/decisions.ts';
import type { LendingTermsStore } from '../../shared/store/lending-terms.ts';
import type { ProgramLoans } from '../../shared/store/program-loans.ts';
import type { ProgramGrant, ProgramStore } from '../../shared/store/programs.ts';
import type { ReviewStore } from '../../shared/store/reviews.ts';
import type { Note } from './contract.ts';

export interface ReviewDependencies {
  readonly programs: Pick<ProgramStore, 'get' | 'getCapital' | 'getGrant'>;
  readonly decisions: Pick<DecisionStore, 'get' | 'getExposureMinor'>;
  readonly terms: Pick<LendingTermsStore, 'inForce'>;
  readonly listed: Pick<ProgramLoans, 'vouchedFor'>;
  readonly reviews: ReviewStore;
  readonly personKeys: Pick<PersonKeys, 'obtain' | 'find'>;
  readonly newNoteId: () => string;
  readonly nowMs: () => number;
}

/** A case of the lender, and who works on it: the subject of their token. */
export interface OfReview {
  readonly tenantId: string;
  readonly subject: string;
  readonly programId: string;
  readonly reviewId: string;
}

/** A page of a program's undecided cases, the most pressing first. */
export async function listReviews(
  input: {
    readonly tenantId: string;
    readonly programId: string;
    readonly limit: number;
    readonly cursor: string | undefined;
  },
  dependencies: ReviewDependencies,
): Promise<{ reviews: Review[]; nextCursor?: string }> {
  await requireLender(input, dependencies);
  const nowMs = dependencies.nowMs();
  const after = input.cursor === undefined ? undefined : positionOf(input.cursor);
  const page = await dependencies.reviews.listOpen(input.tenantId, input.programId, input.limit, after);
  return {
    reviews: page.reviews.filter((item) => !isOverdue(item, nowMs)).map((item) => asOf(item, nowMs)),
    ...(page.cursor === undefined ? {} : { nextCursor: Buffer.from(page.cursor).toString('base64url') }),
  };
}

/** A case with its notes. One that ran out of time is closed by whoever looks first. */
export async function getReview(
  input: OfReview,
  dependencies: ReviewDependencies,
): Promise<{ review: Review; notes: Note[] }> {
  const grant = await requireLender(input, dependencies);
  const { item } = await loadReview(input, dependencies);
  const person = { tenantId: grant.platformTenantId, entrepreneurId: item.entrepreneurId };
  const stored = await dependencies.reviews.listNotes(input.tenantId, input.reviewId);
  const notes = await Promise.all(
    stored.map(async ({ writtenAt, by, sealed }) => ({
      writtenAt,
      by,
      text: (await unsealFor(dependencies.personKeys, person, NOTE, sealed)) ?? null,
    })),
  );
  return { review: asOf(item, dependencies.nowMs()), notes };
}

const NOTE = 'review-note';

/** Write a note. It is sealed under the key of the person it is about, since nobody can say what is in it. */
export async function writeNote(
  input: OfReview & { readonly text: string },
  dependencies: ReviewDependencies,
): Promise<Note> {
  const { text, subject: by } = input;
  const grant = await requireLender(input, dependencies);
  const { item } = await loadReview(input, dependencies);
  const person = { tenantId: grant.platformTenantId, entrepreneurId: item.entrepreneurId };
  const writtenAt = new Date(dependencies.nowMs()).toISOString();
  const sealed = await sealFor(dependencies.personKeys, person, NOTE, text);
  const noteId = dependencies.newNoteId();
  await dependencies.reviews.putNote(input.tenantId, input.reviewId, { noteId, writtenAt, by, sealed });
  return { writtenAt, by, text };
}

/** Take a case to work on, for two hours. */
export async function claim(input: OfReview, dependencies: ReviewDependencies): Promise<Review> {
  await requireLender(input, dependencies);
  const { item } = await loadReview(input, dependencies);
  const claimed = claimReview(item, input.subject, dependencies.nowMs());
  return saved(claimed, await dependencies.reviews.save(claimed));
}

export function saved(item: Review, isSaved: boolean): Review {
  if (isSaved) return item;
  throw new DomainError(
    'version_conflict',
    'the case, or the capital it needs, moved meanwhile: read it again',
  );
}

/** Cases are the lender's own; to every other party of the program they do not exist. */
export async function requireLender(
  { tenantId, programId }: Pick<OfReview, 'tenantId' | 'programId'>,
  { programs }: Pick<ReviewDependencies, 'programs'>,
): Promise<ProgramGrant> {
  const grant = await programs.getGrant(tenantId, programId);
  if (grant === undefined || grant.lenderTenantId !== tenantId) {
    throw new DomainError('not_found', 'no such program of yours as its lender');
  }
  return grant;
}

/** The case and the machine's decision; closed by rule first, if its time has run out. */
export async function loadReview(
  { tenantId, programId, reviewId }: Pick<OfReview, 'tenantId' | 'programId' | 'reviewId'>,
  { reviews, decisions, nowMs }: Pick<ReviewDependencies, 'reviews' | 'decisions' | 'nowMs'>,
) {
  const item = await reviews.get(tenantId, programId, reviewId);
  if (item === undefined) throw new DomainError('not_found', 'no such review');
  const made = await decisions.get(tenantId, programId, item.decisionId);
  if (made === undefined) throw new DomainError('corrupt_record', 'a review names no decision');
  if (!isOverdue(item, nowMs())) return { item, made };
  const expired = expiredReview(item, made.policyVersion, nowMs());
  const closed = await reviews.close(expired, made, { borrowerExposureMinor: 0 });
  return { item: saved(expired, closed), made };
}

function positionOf(cursor: string): string {
  const position = Buffer.from(cursor, 'base64url').toString();
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#rev_[A-Za-z0-9._-]{1,48}$/.test(position)) return position;
  throw new DomainError('invalid_request', 'cursor: pass the cursor of the page before, as it was given', {
    issues: [{ field: 'query.cursor', code: 'invalid_cursor', message: 'not a cursor of this list' }],
  });
}
