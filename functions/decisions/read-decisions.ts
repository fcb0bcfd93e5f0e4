import type { Decision } from '../../shared/domain/decision.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import type { DecisionPage, DecisionStore } from '../../shared/store/decisions.ts';
import type { ProgramGrant, ProgramStore } from '../../shared/store/programs.ts';

export interface ReadDecisionsDependencies {
  readonly programs: Pick<ProgramStore, 'getGrant'>;
  readonly decisions: Pick<DecisionStore, 'get' | 'list'>;
}

interface OfProgram {
  readonly tenantId: string;
  readonly programId: string;
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
  input: OfProgram & { readonly limit: number; readonly cursor: string | undefined },
  dependencies: ReadDecisionsDependencies,
): Promise<DecisionPage> {
  const { lenderTenantId } = await requireGrant(input, dependencies);
  return dependencies.decisions.list(lenderTenantId, input.programId, input.limit, input.cursor);
}

async function requireGrant(
  { tenantId, programId }: OfProgram,
  { programs }: ReadDecisionsDependencies,
): Promise<ProgramGrant> {
  const grant = await programs.getGrant(tenantId, programId);
  if (grant === undefined) throw new DomainError('not_found', 'no such program');
  return grant;
}
