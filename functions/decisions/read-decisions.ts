import { addDays, type BusinessDate, DEFAULT_TIME_ZONE, startOfDayMs } from '../../shared/domain/calendar.ts';
import type { Decision } from '../../shared/domain/decision.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import { type Explanation, explainDecision, type Language } from '../../shared/domain/explanation.ts';
import { features } from '../../shared/features/feature-list.ts';
import type { DecisionFilter, DecisionPage } from '../../shared/store/decision-lists.ts';
import type { DecisionStore } from '../../shared/store/decisions.ts';
import type { ProgramGrant, ProgramStore } from '../../shared/store/programs.ts';
import type { ReviewStore } from '../../shared/store/reviews.ts';

export interface ReadDecisionsDependencies {
  readonly programs: Pick<ProgramStore, 'getGrant'>;
  readonly decisions: Pick<DecisionStore, 'get' | 'getRecourse' | 'list'>;
}

interface OfProgram {
  readonly tenantId: string;
  readonly programId: string;
}

interface OnePage {
  readonly limit: number;
  readonly cursor: string | undefined;
}

/** One decision of a program the tenant is a party of; DomainError `not_found` otherwise. */
export async function getDecision(
  input: OfProgram & { readonly decisionId: string },
  dependencies: ReadDecisionsDependencies,
): Promise<Decision> {
  const { lenderTenantId } = await requireGrant(input, dependencies);
  const found = await dependencies.decisions.get(lenderTenantId, input.programId, input.decisionId);
  if (found === undefined) throw new DomainError('not_found', 'no such decision');
  return found;
}

/** A page of a program's decisions, newest first; DomainError `not_found` when the tenant is no party of it. */
export async function listDecisions(
  input: OfProgram & OnePage & { readonly filter: DecisionFilter },
  dependencies: ReadDecisionsDependencies,
): Promise<DecisionPage> {
  const { lenderTenantId: lender } = await requireGrant(input, dependencies);
  const { programId, filter, limit, cursor } = input;
  return dependencies.decisions.list({ lender, programId }, filter, limit, cursor);
}

/** A page of what the tenant decided as a lender, in all its programs or those of a county, newest first. */
export async function listLenderDecisions(
  input: OnePage & {
    readonly tenantId: string;
    readonly countyId: string | undefined;
    readonly filter: DecisionFilter;
  },
  { decisions }: Pick<ReadDecisionsDependencies, 'decisions'>,
): Promise<DecisionPage> {
  const { tenantId: lender, countyId, filter, limit, cursor } = input;
  return decisions.list(countyId === undefined ? { lender } : { lender, countyId }, filter, limit, cursor);
}

/** A page of the decisions a lender made on a business date, whole, newest first. */
export async function exportDecisions(
  input: OnePage & { readonly tenantId: string; readonly date: BusinessDate },
  { decisions }: Pick<ReadDecisionsDependencies, 'decisions'>,
): Promise<{ readonly decisions: readonly Decision[]; readonly cursor: string | undefined }> {
  const startOf = (date: BusinessDate) => new Date(startOfDayMs(date, DEFAULT_TIME_ZONE)).toISOString();
  const { tenantId: lender, date, limit, cursor } = input;
  const filter = { from: startOf(date), to: startOf(addDays(date, 1)) };
  const page = await decisions.list({ lender }, filter, limit, cursor);
  return {
    decisions: await Promise.all(
      page.entries.map(async ({ programId, decisionId }) => {
        const found = await decisions.get(lender, programId, decisionId);
        if (found === undefined) throw new DomainError('corrupt_record', 'a list names no decision');
        return found;
      }),
    ),
    cursor: page.cursor,
  };
}

/** A decision in the words of the person it is about, as it stands after any review. */
export async function explain(
  input: OfProgram & { readonly decisionId: string; readonly language: Language },
  dependencies: ReadDecisionsDependencies & {
    readonly reviews: Pick<ReviewStore, 'listResolutions'>;
  },
): Promise<{ readonly explanation: Explanation; readonly entrepreneurId: string }> {
  const made = await getDecision(input, dependencies);
  const { lenderTenantId: lender, decisionId } = made;
  const [resolutions, recourse] = await Promise.all([
    dependencies.reviews.listResolutions(lender, decisionId),
    dependencies.decisions.getRecourse(lender, decisionId),
  ]);
  return {
    explanation: explainDecision({
      decision: made,
      resolutions,
      recourse: recourse?.kind ?? null,
      explanations: features,
      language: input.language,
    }),
    entrepreneurId: made.input.application.entrepreneurId,
  };
}

async function requireGrant(
  { tenantId, programId }: OfProgram,
  { programs }: Pick<ReadDecisionsDependencies, 'programs'>,
): Promise<ProgramGrant> {
  const grant = await programs.getGrant(tenantId, programId);
  if (grant === undefined) throw new DomainError('not_found', 'no such program');
  return grant;
}
