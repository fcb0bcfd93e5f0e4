import type { Application } from '../../shared/domain/application.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import type { DecisionStore } from '../../shared/store/decisions.ts';
import type { ProgramStore } from '../../shared/store/programs.ts';

export interface GetApplicationDependencies {
  readonly programs: Pick<ProgramStore, 'getGrant'>;
  readonly decisions: Pick<DecisionStore, 'getApplication'>;
}

/** An application to a program the tenant is a party of; DomainError `not_found` otherwise. */
export async function getApplication(
  input: { readonly tenantId: string; readonly programId: string; readonly applicationId: string },
  { programs, decisions }: GetApplicationDependencies,
): Promise<Application> {
  const grant = await programs.getGrant(input.tenantId, input.programId);
  if (grant === undefined) throw new DomainError('not_found', 'no such program');
  const found = await decisions.getApplication(grant.lenderTenantId, input.programId, input.applicationId);
  if (found === undefined) throw new DomainError('not_found', 'no such application');
  return found;
}
