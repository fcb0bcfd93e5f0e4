import { type ConsumedCapacity, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DomainError } from '../domain/errors.ts';
import { stampChanges } from './stamp-changes.ts';
import { guardTenancy } from './tenancy.ts';

/** The one table and the client that speaks to it: what every store file takes as its first argument. */
export interface StoreTable {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

/** What one call consumed, as the engine itself reports it. Units are those DynamoDB bills. */
export interface ConsumedUnits {
  /** `PutItem`, `Query`, … */
  readonly operation: string;
  /** Table and indexes together. */
  readonly readUnits: number;
  readonly writeUnits: number;
  /** The part of the above that secondary indexes account for. */
  readonly indexReadUnits: number;
  readonly indexWriteUnits: number;
}

export interface OpenTableOptions {
  readonly tableName: string;
  /** An engine other than AWS's own. Credentials are then a fixed local pair and nothing else is consulted. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  /** Attempts per call, the first included; the SDK backs off with jitter between them. Default 5. */
  readonly attemptsMax?: number;
  /** Called after every call that consumed capacity. Given, each call asks for its capacity by index. */
  readonly onConsumed?: ((units: ConsumedUnits) => void) | undefined;
}

const LOCAL_REGION = 'us-east-1';
/** DynamoDB answers in milliseconds; a call this old is lost and worth another attempt. */
const REQUEST_TIMEOUT_MS = 5_000;
const CONNECTION_TIMEOUT_MS = 2_000;
/** Ingest writes 16 days at once and decisions read in parallel; more sockets than that only queue elsewhere. */
const SOCKETS_MAX = 64;

const THROTTLED_RETRY_AFTER_SECONDS = 2;
const throttlingErrors = new Set([
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
]);

const readOperations = new Set(['GetItem', 'BatchGetItem', 'Query', 'Scan', 'TransactGetItems']);
const writeOperations = new Set([
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'BatchWriteItem',
  'TransactWriteItems',
]);

/**
 * Open the table: keep-alive sockets, bounded time per call, standard retries. Makes no call itself. Calls that
 * stay throttled through all attempts raise DomainError `too_many_requests`.
 */
export function openTable(options: OpenTableOptions): StoreTable {
  const { endpoint, onConsumed } = options;
  const client = new DynamoDBClient({
    maxAttempts: options.attemptsMax ?? 5,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS_MAX },
    },
    ...(options.region === undefined ? {} : { region: options.region }),
    ...(endpoint === undefined
      ? {}
      : {
          endpoint,
          region: options.region ?? LOCAL_REGION,
          // Letters and digits only: DynamoDB Local refuses any other access key.
          credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
        }),
  });
  refuseWhenThrottled(client);
  stampChanges(client);
  guardTenancy(client);
  if (onConsumed !== undefined) meterCapacity(client, onConsumed);
  return { client, tableName: options.tableName };
}

/** What is still throttled after every attempt is the caller's to send again, not a fault. */
function refuseWhenThrottled(client: DynamoDBClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        if (!(error instanceof Error) || !throttlingErrors.has(error.name)) throw error;
        throw new DomainError('too_many_requests', 'the table is busy: send it again', {
          retryAfterSeconds: THROTTLED_RETRY_AFTER_SECONDS,
          cause: error,
        });
      }
    },
    { step: 'initialize', name: 'refuseWhenThrottled' },
  );
}

function meterCapacity(client: DynamoDBClient, onConsumed: (units: ConsumedUnits) => void): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const operation = String(context.commandName ?? '').replace(/Command$/, '');
      const isRead = readOperations.has(operation);
      if (!isRead && !writeOperations.has(operation)) return next(args);
      const input = { ...args.input, ReturnConsumedCapacity: 'INDEXES' };
      const result = await next({ ...args, input });
      const units = consumedUnits(operation, isRead, result.output);
      if (units !== undefined) onConsumed(units);
      return result;
    },
    { step: 'initialize', name: 'meterCapacity' },
  );
}

function consumedUnits(operation: string, isRead: boolean, output: object): ConsumedUnits | undefined {
  if (!('ConsumedCapacity' in output) || output.ConsumedCapacity === undefined) return undefined;
  const reported = output.ConsumedCapacity as ConsumedCapacity | ConsumedCapacity[];
  let total = 0;
  let index = 0;
  for (const capacity of Array.isArray(reported) ? reported : [reported]) {
    total += capacity.CapacityUnits ?? 0;
    for (const indexes of [capacity.GlobalSecondaryIndexes, capacity.LocalSecondaryIndexes]) {
      for (const { CapacityUnits } of Object.values(indexes ?? {})) index += CapacityUnits ?? 0;
    }
  }
  return {
    operation,
    readUnits: isRead ? total : 0,
    writeUnits: isRead ? 0 : total,
    indexReadUnits: isRead ? index : 0,
    indexWriteUnits: isRead ? 0 : index,
  };
}

/** Sums what the calls of a table consume: pass `meter.add` as `onConsumed`. */
export class CapacityMeter {
  calls = 0;
  readUnits = 0;
  writeUnits = 0;
  indexReadUnits = 0;
  indexWriteUnits = 0;

  readonly add = (units: ConsumedUnits): void => {
    this.calls += 1;
    this.readUnits += units.readUnits;
    this.writeUnits += units.writeUnits;
    this.indexReadUnits += units.indexReadUnits;
    this.indexWriteUnits += units.indexWriteUnits;
  };

  reset(): void {
    this.calls = 0;
    this.readUnits = 0;
    this.writeUnits = 0;
    this.indexReadUnits = 0;
    this.indexWriteUnits = 0;
  }
}
