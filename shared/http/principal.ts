import type { APIGatewayProxyEventV2WithJWTAuthorizer } from 'aws-lambda';
import { z } from 'zod';
import { DomainError } from '../domain/errors.ts';
import { entrepreneurId, tenantId } from '../domain/identifiers.ts';
import type { RoleName } from './roles.ts';
import { qualifiedScope, type Scope, scopeNames } from './scopes.ts';

export type HttpEvent = APIGatewayProxyEventV2WithJWTAuthorizer;

/** Who calls, as the verified token says. The tenant comes from here and nowhere else. */
export interface Principal {
  readonly tenantId: string;
  readonly subject: string;
  /** Set when the token is an applicant's own: the entrepreneur they are. Never set for a machine. */
  readonly applicantId: string | undefined;
  readonly scopes: ReadonlySet<Scope>;
}

/** The claims of a token that the API reads; Cognito and the local key sign the same. */
const principalClaims = z.object({
  tenant: tenantId,
  sub: z.string().min(1).max(128),
  scope: z.string().default(''),
  /** Of a person: their roles, separated by blanks. */
  roles: z.string().default(''),
  /** Of an applicant, and nobody else. */
  entrepreneur: entrepreneurId.optional(),
});

const authorizedEvent = z.object({
  requestContext: z.object({ authorizer: z.object({ jwt: z.object({ claims: z.unknown() }) }) }),
});

/**
 * The principal of a request. Raises `unauthenticated` when no authorizer verified a token, `forbidden` when
 * the token belongs to no tenant.
 */
export function principalOf(event: HttpEvent): Principal {
  const authorized = authorizedEvent.safeParse(event);
  if (!authorized.success) throw new DomainError('unauthenticated', 'a bearer token is required');
  const claims = principalClaims.safeParse(authorized.data.requestContext.authorizer.jwt.claims);
  if (!claims.success) throw new DomainError('forbidden', 'the token belongs to no tenant');
  const isApplicant = claims.data.roles.split(' ').includes('applicant' satisfies RoleName);
  if (isApplicant && claims.data.entrepreneur === undefined) {
    throw new DomainError('forbidden', 'the token is an applicant’s and does not say who they are');
  }
  const granted = new Set(claims.data.scope.split(' '));
  return {
    tenantId: claims.data.tenant,
    subject: claims.data.sub,
    applicantId: claims.data.entrepreneur,
    scopes: new Set(scopeNames.filter((scope) => granted.has(qualifiedScope(scope)))),
  };
}

/** Raises `forbidden` unless the token carries the scope. */
export function requireScope(principal: Principal, scope: Scope): void {
  if (principal.scopes.has(scope)) return;
  throw new DomainError('forbidden', `the token does not carry the scope ${qualifiedScope(scope)}`);
}

/** Raises `not_found` when an applicant's own token is used for what is another's. */
export function requireOwn(principal: Principal, entrepreneur: string): void {
  if (principal.applicantId === undefined || principal.applicantId === entrepreneur) return;
  throw new DomainError('not_found', 'no such object');
}
