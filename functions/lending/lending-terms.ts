import { canonicalJson } from '../../shared/domain/canonical-json.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import { commitProgramTerms } from '../../shared/domain/lending/commit-program-terms.ts';
import { termsOf } from '../../shared/domain/lending/implied-terms.ts';
import type { CommittedProgramTerms, ProgramTerms } from '../../shared/domain/lending/program-terms.ts';
import type { LendingTermsStore } from '../../shared/store/lending-terms.ts';
import type { ProgramStore } from '../../shared/store/programs.ts';
import { todayOf } from './record-event.ts';

export interface TermsDependencies {
  readonly terms: LendingTermsStore;
  readonly nowMs: () => number;
}

interface OfProgram {
  readonly lender: string;
  readonly programId: string;
}

/**
 * Commit a program's draft: from its day of effect on, contracts are made on it. The same version once more is the
 * same. Raises `invalid_request` naming the clause where the law forbids a loan within the terms, `not_found`
 * without a draft, `version_conflict` when the version was committed with other terms.
 */
export async function commitTerms(
  { lender, programId, version: wanted }: OfProgram & { readonly version: string },
  { terms, nowMs }: TermsDependencies,
): Promise<CommittedProgramTerms> {
  const [draft, committed] = await Promise.all([
    terms.getDraft(lender, programId),
    terms.list(lender, programId),
  ]);
  if (draft === undefined) throw new DomainError('not_found', 'there is no draft to commit');
  if (draft.version !== wanted) {
    throw new DomainError('version_conflict', `the draft is of version ${draft.version}`, {
      issues: [{ field: 'version', code: 'not_the_draft', message: 'read the draft again' }],
    });
  }
  const same = committed.find(({ version }) => version === draft.version);
  if (same !== undefined) {
    const { committedOn: _, ...before } = same;
    if (canonicalJson(before) === canonicalJson(draft)) return same;
    throw new DomainError('version_conflict', `version ${draft.version} is committed with other terms`, {
      issues: [{ field: 'version', code: 'committed', message: 'choose a new version' }],
    });
  }
  const next = commitProgramTerms(draft, todayOf(nowMs()));
  await terms.commit(lender, next);
  return next;
}

export async function putTermsDraft(
  { lender, draft }: { readonly lender: string; readonly draft: ProgramTerms },
  { terms }: TermsDependencies,
): Promise<ProgramTerms> {
  await terms.putDraft(lender, draft);
  return draft;
}

/** All versions, and what offers are priced on today: the one in force, or what the policy implies. */
export async function readTerms(
  { lender, programId }: OfProgram,
  { terms, programs, nowMs }: TermsDependencies & { readonly programs: Pick<ProgramStore, 'get'> },
) {
  const [committed, draft, program] = await Promise.all([
    terms.list(lender, programId),
    terms.getDraft(lender, programId),
    programs.get(lender, programId),
  ]);
  if (program === undefined) throw new DomainError('corrupt_record', 'a grant names no program');
  const today = todayOf(nowMs());
  const inForce = committed.findLast(({ effectiveFrom }) => effectiveFrom <= today) ?? null;
  return { inForce: termsOf(program, inForce), committed, draft: draft ?? null };
}
