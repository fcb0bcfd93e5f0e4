import { Aws, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  AccountRecovery,
  FeaturePlan,
  LambdaVersion,
  ManagedLoginVersion,
  Mfa,
  ResourceServerScope,
  StringAttribute,
  UserPool,
  type UserPoolDomain,
  UserPoolOperation,
} from 'aws-cdk-lib/aws-cognito';
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { RESOURCE_SERVER, type Scope, scopeNames, scopes } from '../../shared/http/scopes.ts';
import { MACHINE_CLIENT_PREFIX } from '../../shared/store/table.ts';
import { type CunxinFunction, logStatement } from './cunxin-function.ts';
import { MachineClient, type MachineClientSettings } from './machine-client.ts';
import { PeopleClient, type PeopleSettings } from './people-client.ts';
import { type EncryptedTable, itemStatements } from './table-access.ts';

export interface IdentityProps {
  readonly clients: readonly MachineClientSettings[];
  /** Absent: nobody signs in, systems alone call. */
  readonly people: PeopleSettings | undefined;
  /** The pre token generation trigger, which adds tenant and roles. */
  readonly tokenFunction: CunxinFunction;
  readonly data: EncryptedTable;
}

/**
 * Who may call: systems and people, of one user pool. Each calling system is an app client and gets access tokens
 * by client credentials; people sign in at the login page, to one application. A token carries scopes and, added
 * by the trigger, its tenant; a person's also their roles and, of an applicant, the entrepreneur they are.
 *
 * Clients are declared with the deployment because API Gateway accepts only audiences it was told of, and
 * Cognito lets no trigger write another audience than the client itself.
 */
export class Identity extends Construct {
  readonly userPool: UserPool;
  readonly domain: UserPoolDomain;
  readonly clientIds: readonly string[];
  readonly peopleClientId: string | undefined;

  constructor(scope: Construct, id: string, props: IdentityProps) {
    super(scope, id);
    this.userPool = new UserPool(this, 'Pool', {
      // Accounts are made by administrators, who know the person.
      selfSignUpEnabled: false,
      featurePlan: FeaturePlan.ESSENTIALS,
      signInAliases: { username: true, email: true },
      autoVerify: { email: true },
      keepOriginal: { email: true },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      // Written once, when an administrator makes the account: nobody moves to another tenant.
      customAttributes: {
        tenant: new StringAttribute({ minLen: 5, maxLen: 52, mutable: false }),
        entrepreneur: new StringAttribute({ minLen: 5, maxLen: 52, mutable: false }),
      },
      // An authenticator app for everybody. Not text messages: a number can be taken over, and each one costs.
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 16,
        requireDigits: true,
        requireLowercase: true,
        requireSymbols: true,
        requireUppercase: true,
        passwordHistorySize: 12,
        tempPasswordValidity: Duration.days(2),
      },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.userPool.addTrigger(
      UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG,
      props.tokenFunction.lambda,
      LambdaVersion.V3_0,
    );
    Validations.of(this.userPool).acknowledge({
      id: 'AwsSolutions-COG8',
      reason:
        'The Plus plan guards against stolen passwords. Here a password alone opens nothing: everybody has a second ' +
        'factor, nobody signs up by themselves, and systems have no password.',
    });
    this.domain = this.userPool.addDomain('Domain', {
      // Unique across AWS, and known before the pool exists.
      managedLoginVersion: ManagedLoginVersion.NEWER_MANAGED_LOGIN,
      cognitoDomain: { domainPrefix: `cunxin-${Aws.ACCOUNT_ID}-${Aws.REGION}` },
    });
    const resourceScopes = Object.fromEntries(
      scopeNames.map((name) => [
        name,
        new ResourceServerScope({ scopeName: name, scopeDescription: scopes[name] }),
      ]),
    ) as Record<Scope, ResourceServerScope>;
    const resourceServer = this.userPool.addResourceServer('Api', {
      identifier: RESOURCE_SERVER,
      scopes: Object.values(resourceScopes),
    });
    const provider = this.clientProvider(props.data);
    const people =
      props.people === undefined
        ? []
        : [
            new PeopleClient(this, 'People', {
              settings: props.people,
              userPool: this.userPool,
              resourceServer,
              resourceScopes,
            }).clientId,
          ];
    const machines = props.clients.map(
      (settings) =>
        new MachineClient(this, `Client-${settings.name}`, {
          settings,
          userPool: this.userPool,
          resourceServer,
          resourceScopes,
          data: props.data,
          provider,
        }).clientId,
    );
    this.clientIds = [...people, ...machines];
    this.peopleClientId = people[0];
  }

  /** Lambda's own managed policy may write to every log; this role writes to one, and single items. */
  private clientProvider(data: EncryptedTable) {
    const logGroup = new LogGroup(this, 'ProviderLogs', {
      retention: RetentionDays.SIX_MONTHS,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const role = new Role(this, 'ProviderRole', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      // Inline, so that the role can write before its first use and for as long as its last.
      inlinePolicies: {
        logs: new PolicyDocument({ statements: [logStatement(logGroup)] }),
        items: new PolicyDocument({ statements: itemStatements(data, MACHINE_CLIENT_PREFIX) }),
      },
    });
    return { role, logGroup };
  }
}
