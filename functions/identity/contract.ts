import { z } from 'zod';

/**
 * What Cognito asks before it signs a machine's access token: the pre token generation trigger, version 3,
 * the only one that is called for client credentials (needs the Essentials feature plan).
 * https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html
 */
export const tokenRequest = z.looseObject({
  version: z.literal('3'),
  triggerSource: z.literal('TokenGeneration_ClientCredentials'),
  callerContext: z.looseObject({ clientId: z.string().regex(/^[A-Za-z0-9_+]{1,128}$/) }),
});

export type TokenRequest = z.output<typeof tokenRequest>;

/** The request back again, with what to change in the token. */
export type TokenResponse = TokenRequest & {
  readonly response: {
    readonly claimsAndScopeOverrideDetails: {
      readonly accessTokenGeneration: { readonly claimsToAddOrOverride: { readonly tenant: string } };
    };
  };
};
