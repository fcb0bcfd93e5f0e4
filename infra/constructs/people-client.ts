import { Duration } from 'aws-cdk-lib';
import {
  CfnManagedLoginBranding,
  ClientAttributes,
  OAuthScope,
  type ResourceServerScope,
  type UserPool,
  UserPoolClient,
  UserPoolClientIdentityProvider,
  UserPoolGroup,
  type UserPoolResourceServer,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { z } from 'zod';
import { roleNames, roles, scopesOf } from '../../shared/http/roles.ts';
import type { Scope } from '../../shared/http/scopes.ts';

/** Where the login page may send people back to: https, or this machine. */
const returnUrl = z
  .url()
  .refine(
    (url) => /^https:\/\/|^http:\/\/localhost[:/]/.test(url) && !url.includes('#') && !url.includes('*'),
    { message: 'an exact https address, or http://localhost' },
  );

/** The application people sign in to: the context value `people` of cdk.json. */
export const peopleSettings = z.strictObject({
  callbackUrls: z.array(returnUrl).min(1).max(100),
  logoutUrls: z.array(returnUrl).min(1).max(100),
});
export type PeopleSettings = z.output<typeof peopleSettings>;

export interface PeopleClientProps {
  readonly settings: PeopleSettings;
  readonly userPool: UserPool;
  readonly resourceServer: UserPoolResourceServer;
  readonly resourceScopes: Readonly<Record<Scope, ResourceServerScope>>;
}

/**
 * How people sign in: authorization code with PKCE at Cognito's login page, by an application that holds no
 * secret. One group of the pool for each role; a person's groups, tenant and entrepreneur are written by
 * administrators and cannot be written through this client.
 */
export class PeopleClient extends Construct {
  readonly clientId: string;

  constructor(scope: Construct, id: string, props: PeopleClientProps) {
    super(scope, id);
    const { settings, userPool, resourceServer, resourceScopes } = props;
    const client = new UserPoolClient(this, 'Client', {
      userPool,
      generateSecret: false,
      // Passwords go to the login page alone, so no flow that an application could collect them by but SRP.
      authFlows: { userSrp: true },
      supportedIdentityProviders: [UserPoolClientIdentityProvider.COGNITO],
      oAuth: {
        flows: { authorizationCodeGrant: true, implicitCodeGrant: false, clientCredentials: false },
        callbackUrls: [...settings.callbackUrls],
        logoutUrls: [...settings.logoutUrls],
        scopes: [
          OAuthScope.OPENID,
          ...scopesOf(roleNames).map((name) =>
            OAuthScope.resourceServer(resourceServer, resourceScopes[name]),
          ),
        ],
      },
      // What a role loses, it loses within a quarter of an hour; who is dismissed is signed out by a working day.
      accessTokenValidity: Duration.minutes(15),
      idTokenValidity: Duration.minutes(15),
      refreshTokenValidity: Duration.hours(12),
      refreshTokenRotationGracePeriod: Duration.seconds(10),
      enableTokenRevocation: true,
      preventUserExistenceErrors: true,
      readAttributes: new ClientAttributes().withStandardAttributes({ email: true, locale: true }),
      writeAttributes: new ClientAttributes().withStandardAttributes({ locale: true }),
    });
    this.clientId = client.userPoolClientId;
    new CfnManagedLoginBranding(this, 'Branding', {
      userPoolId: userPool.userPoolId,
      clientId: this.clientId,
      useCognitoProvidedValues: true,
    });
    for (const groupName of roleNames) {
      new UserPoolGroup(this, `Role-${groupName}`, {
        userPool,
        groupName,
        description: roles[groupName].does,
      });
    }
  }
}
