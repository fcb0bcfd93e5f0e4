import { DomainError } from '../../shared/domain/errors.ts';
import { parse } from '../../shared/domain/parse.ts';
import type { MachineClientStore } from '../../shared/store/machine-clients.ts';
import { type TokenResponse, tokenRequest } from './contract.ts';

export interface TokenIssue {
  readonly clientId: string;
  readonly tenantId: string;
}

export interface IssueTokenDependencies {
  readonly machineClients: Pick<MachineClientStore, 'get'>;
  /** Told of each token before it is signed. Ids only. */
  readonly log: (issue: TokenIssue) => void;
}

/**
 * Put the client's tenant into the token about to be signed. The tenant comes from the table alone, never from
 * the metadata a caller may send along. Raises `forbidden` for a client of no tenant, so it gets no token.
 */
export async function issueToken(
  event: unknown,
  { machineClients, log }: IssueTokenDependencies,
): Promise<TokenResponse> {
  const request = parse(tokenRequest, event);
  const { clientId } = request.callerContext;
  const machineClient = await machineClients.get(clientId);
  if (machineClient === undefined) throw new DomainError('forbidden', `client ${clientId} has no tenant`);
  const { tenantId: tenant } = machineClient;
  log({ clientId, tenantId: tenant });
  return {
    ...request,
    response: {
      claimsAndScopeOverrideDetails: { accessTokenGeneration: { claimsToAddOrOverride: { tenant } } },
    },
  };
}
