import { Duration } from 'aws-cdk-lib';
import {
  OAuthScope,
  type ResourceServerScope,
  type UserPool,
  UserPoolClient,
  type UserPoolResourceServer,
} from 'aws-cdk-lib/aws-cognito';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { AwsCustomResource, PhysicalResourceId } from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { z } from 'zod';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { type Scope, scopeNames } from '../../shared/http/scopes.ts';
import { machineClientItem } from '../../shared/store/machine-clients.ts';
import type { EncryptedTable } from './table-access.ts';

/**
 * An API Gateway authorizer knows its audiences one by one, and at most 50 (a quota that is not raised). One is
 * the application people sign in to.
 */
const MACHINE_CLIENTS_MAX = 49;

/** The systems that call a deployment: the context value `machineClients` of cdk.json. */
export const machineClientSettings = z
  .array(
    z.strictObject({
      name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
      tenant: tenantId,
      scopes: z.array(z.enum(scopeNames as [Scope, ...Scope[]])).min(1),
    }),
  )
  .min(1)
  .max(MACHINE_CLIENTS_MAX)
  .refine((clients) => new Set(clients.map(({ name }) => name)).size === clients.length, {
    message: 'two machine clients have the same name',
  });

export type MachineClientSettings = z.output<typeof machineClientSettings>[number];

export interface MachineClientProps {
  readonly settings: MachineClientSettings;
  readonly userPool: UserPool;
  readonly resourceServer: UserPoolResourceServer;
  readonly resourceScopes: Readonly<Record<Scope, ResourceServerScope>>;
  readonly data: EncryptedTable;
  /** The function that writes the item runs as this role and logs here. All clients share both. */
  readonly provider: { readonly role: IRole; readonly logGroup: ILogGroup };
}

/** One system's credentials, and the item that ties them to its tenant, written and removed with them. */
export class MachineClient extends Construct {
  readonly clientId: string;

  constructor(scope: Construct, id: string, props: MachineClientProps) {
    super(scope, id);
    const { settings, resourceServer, data } = props;
    const client = new UserPoolClient(this, 'Client', {
      userPool: props.userPool,
      generateSecret: true,
      oAuth: {
        flows: { clientCredentials: true },
        scopes: settings.scopes.map((name) =>
          OAuthScope.resourceServer(resourceServer, props.resourceScopes[name]),
        ),
      },
      accessTokenValidity: Duration.hours(1),
      enableTokenRevocation: true,
      preventUserExistenceErrors: true,
    });
    this.clientId = client.userPoolClientId;
    const item = machineClientItem({ clientId: this.clientId, tenantId: settings.tenant });
    const put = {
      service: 'DynamoDB',
      action: 'PutItem',
      parameters: { TableName: data.table.tableName, Item: item },
      physicalResourceId: PhysicalResourceId.of(this.clientId),
    };
    new AwsCustomResource(this, 'Tenant', {
      resourceType: 'Custom::MachineClientTenant',
      onCreate: put,
      onUpdate: put,
      onDelete: {
        service: 'DynamoDB',
        action: 'DeleteItem',
        parameters: { TableName: data.table.tableName, Key: { pk: item.pk, sk: item.sk } },
      },
      installLatestAwsSdk: false,
      role: props.provider.role,
      logGroup: props.provider.logGroup,
    });
  }
}
