import { createHash } from 'node:crypto';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { canonicalJson } from '../domain/canonical-json.ts';
import { DomainError } from '../domain/errors.ts';
import { IDEMPOTENCY_RETENTION_HOURS, type IdempotentRequest } from '../domain/idempotency.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { idempotencyKey, TIME_TO_LIVE_ATTRIBUTE } from './table.ts';

/** What the first request of a key led to: its input's hash and the id of the object it made. */
const idempotencyRecord = z.object({
  inputHash: z.string(),
  resultId: z.string(),
  expiresAtSeconds: z.int(),
});

/** SHA-256 of the canonical JSON of an input, hex. */
export function inputHash(input: unknown): string {
  return createHash('sha256').update(canonicalJson(input)).digest('hex');
}

/** The record of a request as an item, to be written in the transaction of its effect. */
export function idempotencyPut(
  table: StoreTable,
  request: IdempotentRequest,
  resultId: string,
  nowMs: number,
) {
  const nowSeconds = Math.floor(nowMs / 1_000);
  return {
    Put: {
      TableName: table.tableName,
      Item: marshall({
        ...idempotencyKey(request.tenantId, request.operation, request.key),
        inputHash: request.inputHash,
        resultId,
        [TIME_TO_LIVE_ATTRIBUTE]: nowSeconds + IDEMPOTENCY_RETENTION_HOURS * 3_600,
      }),
      // DynamoDB deletes expired items in its own time, up to days late: until then they count as gone.
      ConditionExpression: `attribute_not_exists(pk) OR ${TIME_TO_LIVE_ATTRIBUTE} <= :now`,
      ExpressionAttributeValues: marshall({ ':now': nowSeconds }),
    },
  };
}

/**
 * The id of what the same request made before; undefined when the key is new. Raises
 * `idempotency_key_reused` when the key stands for another input.
 */
export async function firstResultId(
  table: StoreTable,
  request: IdempotentRequest,
  nowMs: number,
): Promise<string | undefined> {
  const { Item } = await table.client.send(
    new GetItemCommand({
      TableName: table.tableName,
      Key: marshall(idempotencyKey(request.tenantId, request.operation, request.key)),
      ConsistentRead: true,
    }),
  );
  if (Item === undefined) return undefined;
  const record = parse(idempotencyRecord, unmarshall(Item), { code: 'corrupt_record' });
  if (record.expiresAtSeconds * 1_000 <= nowMs) return undefined;
  if (record.inputHash !== request.inputHash) {
    throw new DomainError('idempotency_key_reused', 'this Idempotency-Key was used with another request', {
      issues: [{ field: 'Idempotency-Key', code: 'reused', message: 'choose a new key for a new request' }],
    });
  }
  return record.resultId;
}
