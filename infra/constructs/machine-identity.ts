import { Aws, RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  FeaturePlan,
  LambdaVersion,
  ResourceServerScope,
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
import { type EncryptedTable, itemStatements } from './table-access.ts';

export interface MachineIdentityProps {
  readonly clients: readonly MachineClientSettings[];
  /** The pre token generation trigger, which adds the tenant. */
  readonly tokenFunction: CunxinFunction;
  readonly data: EncryptedTable;
}

/**
 * Who may call: a user pool without users, one app client per calling system, access tokens by client
 * credentials. A token carries the scopes its client is allowed and, added by the trigger, its tenant.
 *
 * Clients are declared with the deployment because API Gateway accepts only audiences it was told of, and
 * Cognito lets no trigger write another audience than the client itself.
 */
export class MachineIdentity extends Construct {
  readonly userPool: UserPool;
  readonly domain: UserPoolDomain;
  readonly clientIds: readonly string[];

  constructor(scope: Construct, id: string, props: MachineIdentityProps) {
    super(scope, id);
    this.userPool = new UserPool(this, 'Pool', {
      selfSignUpEnabled: false,
      featurePlan: FeaturePlan.ESSENTIALS,
      passwordPolicy: {
        minLength: 16,
        requireDigits: true,
        requireLowercase: true,
        requireSymbols: true,
        requireUppercase: true,
      },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.userPool.addTrigger(
      UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG,
      props.tokenFunction.lambda,
      LambdaVersion.V3_0,
    );
    const noUsers = 'The pool has no users and no sign-up: machines only, by client secret.';
    Validations.of(this.userPool).acknowledge(
      { id: 'AwsSolutions-COG2', reason: `${noUsers} There is nobody to ask for a second factor.` },
      { id: 'AwsSolutions-COG8', reason: `${noUsers} The Plus plan guards passwords and sign-ins of users.` },
    );
    this.domain = this.userPool.addDomain('Domain', {
      // Unique across AWS, and known before the pool exists.
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
    this.clientIds = props.clients.map(
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
