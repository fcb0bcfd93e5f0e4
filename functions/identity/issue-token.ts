import { DomainError } from '../../shared/domain/errors.ts';
import { parse } from '../../shared/domain/parse.ts';
import { personClaims, roleName, rolesAllow } from '../../shared/http/roles.ts';
import { RESOURCE_SERVER } from '../../shared/http/scopes.ts';
import type { MachineClientStore } from '../../shared/store/machine-clients.ts';
import {
  ENTREPRENEUR_ATTRIBUTE,
  type PersonTokenRequest,
  TENANT_ATTRIBUTE,
  type TokenResponse,
  tokenRequest,
} from './contract.ts';

export interface TokenIssue {
  readonly clientId: string;
  readonly tenantId: string;
  /** Of a person. */
  readonly subject?: string;
  readonly roles?: string;
}

export interface IssueTokenDependencies {
  readonly machineClients: Pick<MachineClientStore, 'get'>;
  /** Told of each token before it is signed. Ids only. */
  readonly log: (issue: TokenIssue) => void;
}

/**
 * Put into the token about to be signed whom its bearer acts for. A system's tenant comes from the table alone, a
 * person's from what administrators wrote of them, never from the metadata a caller may send along. Raises
 * `forbidden` for a client of no tenant and for a person without rights, so they get no token.
 */
export async function issueToken(
  event: unknown,
  { machineClients, log }: IssueTokenDependencies,
): Promise<TokenResponse> {
  const request = parse(tokenRequest, event);
  if (request.triggerSource !== 'TokenGeneration_ClientCredentials') return personToken(request, log);
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

/** Scopes are only ever taken away: what is left was asked for, is the application's and is the person's. */
function personToken(request: PersonTokenRequest, log: IssueTokenDependencies['log']): TokenResponse {
  const { userAttributes, groupConfiguration, scopes } = request.request;
  // Groups that are no role of ours carry no right.
  const roles = roleName.options.filter((role) => groupConfiguration.groupsToOverride?.includes(role));
  const claims = personClaims({
    tenantId: userAttributes[TENANT_ATTRIBUTE] ?? '',
    roles,
    entrepreneurId: userAttributes[ENTREPRENEUR_ATTRIBUTE],
  });
  const { clientId } = request.callerContext;
  log({ clientId, tenantId: claims.tenant, subject: userAttributes.sub, roles: claims.roles });
  return {
    ...request,
    response: {
      claimsAndScopeOverrideDetails: {
        accessTokenGeneration: {
          claimsToAddOrOverride: claims,
          scopesToSuppress: scopes.filter(
            (scope) => scope.startsWith(`${RESOURCE_SERVER}/`) && !rolesAllow(roles, scope),
          ),
        },
      },
    },
  };
}
