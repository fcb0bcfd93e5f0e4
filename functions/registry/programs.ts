import { DomainError, fieldError } from '../../shared/domain/errors.ts';
import type { Program } from '../../shared/domain/program.ts';
import type { ProgramStore } from '../../shared/store/programs.ts';

interface Dependencies {
  readonly programs: Pick<ProgramStore, 'get' | 'getGrant' | 'put'>;
}

/** Create a program or change its terms, as the operator. The lender owns it; every party may read it. */
export async function putProgram(
  input: { readonly tenantId: string; readonly program: Program },
  { programs }: Dependencies,
): Promise<Program> {
  const { tenantId, program } = input;
  if (program.closesOn < program.opensOn) {
    throw fieldError('invalid_request', 'closesOn', 'before_opening', 'closesOn: must not be before opensOn');
  }
  await programs.put(tenantId, program);
  return program;
}

/** A program as one of its parties reads it; to anybody else it does not exist. */
export async function getProgram(
  input: { readonly tenantId: string; readonly programId: string },
  { programs }: Dependencies,
): Promise<Program> {
  const grant = await programs.getGrant(input.tenantId, input.programId);
  const program = grant && (await programs.get(grant.lenderTenantId, grant.programId));
  if (program === undefined) throw new DomainError('not_found', 'no such program');
  return program;
}
