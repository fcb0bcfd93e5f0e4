import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { type Acting, currentActing } from './acting.ts';
import { PROGRAM_GRANT_PREFIX, tableKeys } from './table.ts';

/** A key of a tenant the caller has no grant of. A fault of ours, never the caller's: it answers 500. */
export class TenancyViolation extends Error {
  constructor(operation: string, reached: string, acting: Acting) {
    super(`${operation} by ${acting.actor.operation} reached a key of ${reached}`);
    this.name = 'TenancyViolation';
  }
}

type Attributes = Readonly<Record<string, AttributeValue>>;

/**
 * Watch every call of a client: within `actAs`, a key whose tenant is neither the actor's own nor one a program
 * grant led to raises TenancyViolation before anything is sent. It sees what the SDK sends, so no store file
 * can go around it, and a grant counts only once the table itself has shown it.
 */
export function guardTenancy(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const acting = currentActing();
      if (acting === undefined) return next(args);
      const operation = String(context.commandName ?? '').replace(/Command$/, '');
      for (const partition of partitionKeysOf(args.input)) {
        const tenant = tenantOf(partition);
        if (!acting.allowedTenants.has(tenant)) throw new TenancyViolation(operation, tenant, acting);
        acting.touchedTenants.add(tenant);
      }
      const result = await next(args);
      for (const item of itemsOf(result.output)) allowGranted(item, acting);
      return result;
    },
    { step: 'initialize', name: 'guardTenancy' },
  );
}

/** The tenant a partition key belongs to: all up to the first `#`. */
export const tenantOf = (partition: string) => partition.split('#', 1)[0] ?? partition;

/** Every partition key an input names, wherever it is: an item, a key, a query's condition, a transaction's part. */
export function partitionKeysOf(input: object): string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
    if (Array.isArray(value)) {
      for (const member of value) visit(member);
      return;
    }
    for (const [name, member] of Object.entries(value)) {
      if (name === 'Item' || name === 'Key' || name === 'ExclusiveStartKey') addPartition(member);
      else if (name === 'Keys' && Array.isArray(member)) for (const key of member) addPartition(key);
      else if (name === 'KeyConditionExpression') addQueried(value, String(member));
      else visit(member);
    }
  };
  const addPartition = (key: unknown) => {
    const partition = textOf((key as Attributes | undefined)?.[tableKeys.partition]);
    if (partition !== undefined) found.push(partition);
  };
  /** A condition begins with the partition of the table or of an index, as `pk = :name`: all begin with the tenant. */
  const addQueried = (query: object, condition: string) => {
    const name = /^#?\w+ = (:\w+)/.exec(condition)?.[1] ?? '';
    const values = 'ExpressionAttributeValues' in query ? query.ExpressionAttributeValues : {};
    const partition = textOf((values as Attributes | undefined)?.[name]);
    if (partition === undefined) throw new Error(`query with an unreadable partition: ${condition}`);
    found.push(partition);
  };
  visit(input);
  return found;
}

function itemsOf(output: object): Attributes[] {
  if ('Item' in output && output.Item !== undefined) return [output.Item as Attributes];
  if ('Items' in output && Array.isArray(output.Items)) return output.Items as Attributes[];
  return [];
}

/** A program grant the actor's own tenant holds opens what its parties keep of that program. */
function allowGranted(item: Attributes, acting: Acting): void {
  const isGrant =
    textOf(item[tableKeys.partition]) === acting.actor.tenantId &&
    textOf(item[tableKeys.sort])?.startsWith(PROGRAM_GRANT_PREFIX) === true;
  if (!isGrant) return;
  for (const name of ['lenderTenantId', 'platformTenantId', 'incubatorTenantId', 'operatorTenantId']) {
    const tenant = textOf(item[name]);
    if (tenant !== undefined) acting.allowedTenants.add(tenant);
  }
}

function textOf(value: AttributeValue | undefined): string | undefined {
  return value !== undefined && 'S' in value ? value.S : undefined;
}
