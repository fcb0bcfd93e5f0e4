import { Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { daySummaryIndex } from '../../shared/store/table.ts';

/** What a function may do with the table. Nothing deletes: items end by reversal or by time to live. */
export type TableAccess = 'read' | 'write' | 'readWrite';

/** The table and the customer-managed key that encrypts it. */
export interface EncryptedTable {
  readonly table: Table;
  readonly encryptionKey: IKey;
}

const READ_ACTIONS = ['dynamodb:GetItem', 'dynamodb:Query'];
/** A transaction needs the action of each of its parts; there is none for the transaction itself. */
const WRITE_ACTIONS = ['dynamodb:PutItem', 'dynamodb:UpdateItem'];
const DECRYPT_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey'];
const ENCRYPT_ACTIONS = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

/**
 * Every item but a machine client's begins with its tenant.
 *
 * Leading keys hold each function to its kind of item, and every function but the token's away from machine
 * clients. They do not hold a request to its tenant: a role is shared by all requests of a function, and a session
 * per tenant (`sts:AssumeRole` with the tenant as a session tag) would not fit what is true here, that a party of a
 * program reads what its lender keeps of it: the tenants a request may reach are known only after the grant is
 * read. That is held by shared/store/tenancy.ts, on every call the SDK makes, in production as in tests.
 */
const TENANT_KEYS = 'ten_*';

export interface TableGrant {
  readonly access: TableAccess;
  /** The partition keys that may be touched, as `CLIENT#*`. Default: those of tenants. */
  readonly keyPatterns?: readonly string[];
}

/**
 * The statements for one access to the table: exact actions on the table, `Query` on the summary index when
 * reading all of it, and the table's key. Nothing ever scans.
 */
export function tableStatements(data: EncryptedTable, grant: TableGrant): PolicyStatement[] {
  const reads = grant.access !== 'write';
  const writes = grant.access !== 'read';
  const { tableArn } = data.table;
  const statements = [
    tableStatement(
      data,
      [...(reads ? READ_ACTIONS : []), ...(writes ? WRITE_ACTIONS : [])],
      grant.keyPatterns ?? [TENANT_KEYS],
    ),
    // A conditional write compares what is there, so writing needs to decrypt as well.
    keyStatement(data, writes ? [...DECRYPT_ACTIONS, ...ENCRYPT_ACTIONS] : DECRYPT_ACTIONS),
  ];
  if (reads && grant.keyPatterns === undefined) {
    statements.push(
      new PolicyStatement({
        actions: ['dynamodb:Query'],
        resources: [`${tableArn}/index/${daySummaryIndex.name}`],
      }),
    );
  }
  return statements;
}

/** To put and delete items under one prefix of keys, as the deployment does for its machine clients. */
export function itemStatements(data: EncryptedTable, keyPrefix: string): PolicyStatement[] {
  return [
    tableStatement(data, ['dynamodb:PutItem', 'dynamodb:DeleteItem'], [`${keyPrefix}*`]),
    keyStatement(data, [...DECRYPT_ACTIONS, ...ENCRYPT_ACTIONS]),
  ];
}

function tableStatement(
  { table }: EncryptedTable,
  actions: string[],
  keyPatterns: readonly string[],
): PolicyStatement {
  return new PolicyStatement({
    actions,
    resources: [table.tableArn],
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [...keyPatterns] } },
  });
}

/** Use of the table's key, and only when it is DynamoDB that asks for it. */
function keyStatement({ table, encryptionKey }: EncryptedTable, actions: string[]): PolicyStatement {
  return new PolicyStatement({
    actions,
    resources: [encryptionKey.keyArn],
    conditions: {
      StringEquals: { 'kms:ViaService': `dynamodb.${Stack.of(table).region}.amazonaws.com` },
    },
  });
}
