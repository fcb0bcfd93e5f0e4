import { z } from 'zod';
import type { PersonClaims } from '../../shared/http/roles.ts';

const callerContext = z.looseObject({ clientId: z.string().regex(/^[A-Za-z0-9_+]{1,128}$/) });

/** Custom attributes of a person in the user pool. Only administrators write them. */
export const TENANT_ATTRIBUTE = 'custom:tenant';
export const ENTREPRENEUR_ATTRIBUTE = 'custom:entrepreneur';

const machineRequest = z.looseObject({
  version: z.literal('3'),
  triggerSource: z.literal('TokenGeneration_ClientCredentials'),
  callerContext,
});

/** Signing in at the login page, with a first password or not, and renewing what was signed before. */
const personRequest = z.looseObject({
  version: z.literal('3'),
  triggerSource: z.enum([
    'TokenGeneration_HostedAuth',
    'TokenGeneration_NewPasswordChallenge',
    'TokenGeneration_RefreshTokens',
  ]),
  callerContext,
  request: z.looseObject({
    userAttributes: z.looseObject({
      sub: z.string().min(1),
      [TENANT_ATTRIBUTE]: z.string().optional(),
      [ENTREPRENEUR_ATTRIBUTE]: z.string().optional(),
    }),
    groupConfiguration: z.looseObject({ groupsToOverride: z.array(z.string()).nullish() }),
    /** What the application asked for and its client may have, as tokens carry it. */
    scopes: z.array(z.string()),
  }),
});

/**
 * What Cognito asks before it signs an access token: the pre token generation trigger, version 3, the only one
 * that is called for client credentials (needs the Essentials feature plan). Signing in by the SDK rather than at
 * the login page is refused.
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
 */
export const tokenRequest = z.discriminatedUnion('triggerSource', [machineRequest, personRequest]);

export type TokenRequest = z.output<typeof tokenRequest>;
export type PersonTokenRequest = z.output<typeof personRequest>;

/** The request back again, with what to change in the token. */
export type TokenResponse = TokenRequest & {
  readonly response: {
    readonly claimsAndScopeOverrideDetails: {
      readonly accessTokenGeneration: {
        readonly claimsToAddOrOverride: { readonly tenant: string } | PersonClaims;
        readonly scopesToSuppress?: readonly string[];
      };
    };
  };
};
