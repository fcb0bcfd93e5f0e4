import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { instant } from '../domain/calendar.ts';
import { fieldError } from '../domain/errors.ts';
import type { IdempotentRequest } from '../domain/idempotency.ts';
import { parse } from '../domain/parse.ts';
import { type WebhookDeadLetter, webhookDeadLetter, webhookEndpoint } from '../domain/webhook.ts';
import type { StoreTable } from './dynamo.ts';
import { firstResultId, idempotencyPut } from './idempotency.ts';
import {
  deadLetterKey,
  deadLetterPrefix,
  TIME_TO_LIVE_ATTRIBUTE,
  WEBHOOK_PREFIX,
  webhookKey,
} from './table.ts';

/**
 * An endpoint with the number of its secret. Secrets themselves are kept nowhere: each is derived from a key
 * that never leaves KMS (on one machine, a key file), the endpoint and this number.
 */
const storedWebhook = z.object({
  endpoint: webhookEndpoint,
  secretVersion: z.int().min(1),
  /** Until when the secret before this one signs as well. */
  previousSecretUntil: instant.optional(),
  /** Removed by its owner: answers as if it were not there. */
  removedAt: instant.optional(),
});
export type StoredWebhook = z.output<typeof storedWebhook>;

const storedDeadLetter = z.object({ letter: webhookDeadLetter });

/** A removed endpoint, or a letter sent again, is of no more use after a while. */
const RETENTION_DAYS = 90;

export type WebhookStore = ReturnType<typeof webhookStore>;

export function webhookStore(table: StoreTable) {
  const { client, tableName: TableName } = table;
  const expiry = (atMs: number) => Math.floor(atMs / 1_000) + RETENTION_DAYS * 86_400;

  /** False when the condition does not hold; nothing has happened then. */
  async function update(change: Omit<UpdateItemCommandInput, 'TableName'>): Promise<boolean> {
    try {
      await client.send(new UpdateItemCommand({ TableName, ...change }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  return {
    /** False when there is such an endpoint; one that was removed may be made anew. */
    async create(tenantId: string, webhook: StoredWebhook): Promise<boolean> {
      const Item = marshall(
        { ...webhookKey(tenantId, webhook.endpoint.endpointId), ...webhook },
        { removeUndefinedValues: true },
      );
      const isFree = 'attribute_not_exists(pk) OR attribute_exists(removedAt)';
      try {
        await client.send(new PutItemCommand({ TableName, Item, ConditionExpression: isFree }));
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },

    async remove(tenantId: string, endpointId: string, at: string): Promise<void> {
      await update({
        Key: marshall(webhookKey(tenantId, endpointId)),
        UpdateExpression: `SET removedAt = :at, ${TIME_TO_LIVE_ATTRIBUTE} = :gone`,
        ConditionExpression: THERE,
        ExpressionAttributeValues: marshall({ ':at': at, ':gone': expiry(Date.parse(at)) }),
      });
    },

    /** Send nothing to an endpoint any more: its receiver is gone. */
    async disable(tenantId: string, endpointId: string, at: string): Promise<void> {
      await update({
        Key: marshall(webhookKey(tenantId, endpointId)),
        UpdateExpression: 'SET endpoint.disabledAt = :at',
        ConditionExpression: `${THERE} AND attribute_not_exists(endpoint.disabledAt)`,
        ExpressionAttributeValues: marshall({ ':at': at }),
      });
    },

    /**
     * The next secret of an endpoint, once for each request: gives the version the request led to, also when it is
     * repeated; undefined when the endpoint moved since `before` was read.
     */
    async rotate(
      tenantId: string,
      before: StoredWebhook,
      previousSecretUntil: string,
      request: IdempotentRequest,
      nowMs: number,
    ): Promise<number | undefined> {
      const { endpoint, secretVersion } = before;
      const first = await firstResultId(table, request, nowMs);
      if (first !== undefined) return Number(first);
      const next = secretVersion + 1;
      try {
        await client.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              idempotencyPut(table, request, String(next), nowMs),
              {
                Update: {
                  TableName,
                  Key: marshall(webhookKey(tenantId, endpoint.endpointId)),
                  UpdateExpression: 'SET secretVersion = :next, previousSecretUntil = :until',
                  ConditionExpression: `${THERE} AND secretVersion = :before`,
                  ExpressionAttributeValues: marshall({
                    ':next': next,
                    ':before': secretVersion,
                    ':until': previousSecretUntil,
                  }),
                },
              },
            ],
          }),
        );
        return next;
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        const theirs = await firstResultId(table, request, nowMs);
        return theirs === undefined ? undefined : Number(theirs);
      }
    },

    /** An endpoint that is there; undefined when it was removed or never was. */
    async get(tenantId: string, endpointId: string): Promise<StoredWebhook | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName,
          Key: marshall(webhookKey(tenantId, endpointId)),
          ConsistentRead: true,
        }),
      );
      if (Item === undefined) return undefined;
      const found = parse(storedWebhook, unmarshall(Item), { code: 'corrupt_record' });
      return found.removedAt === undefined ? found : undefined;
    },

    /** A tenant's endpoints by id; they are few. */
    async list(tenantId: string): Promise<StoredWebhook[]> {
      const { pk } = webhookKey(tenantId, '');
      const found: StoredWebhook[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: marshall({ ':pk': pk, ':prefix': WEBHOOK_PREFIX }),
          ConsistentRead: true,
        },
      );
      for await (const { Items = [] } of pages) {
        found.push(
          ...Items.map((item) => parse(storedWebhook, unmarshall(item), { code: 'corrupt_record' })),
        );
      }
      return found.filter(({ removedAt }) => removedAt === undefined);
    },

    async putDeadLetter(tenantId: string, endpointId: string, letter: WebhookDeadLetter): Promise<void> {
      await client.send(
        new PutItemCommand({
          TableName,
          Item: marshall({
            ...deadLetterKey(tenantId, endpointId, letter.position),
            letter,
            [TIME_TO_LIVE_ATTRIBUTE]: expiry(Date.parse(letter.failedAt)),
          }),
        }),
      );
    },

    /** A dead letter that was not sent again since. */
    async getDeadLetter(
      tenantId: string,
      endpointId: string,
      position: number,
    ): Promise<WebhookDeadLetter | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName,
          Key: marshall(deadLetterKey(tenantId, endpointId, position)),
          ConsistentRead: true,
        }),
      );
      if (Item === undefined || Item.redrivenAt !== undefined) return undefined;
      return parse(storedDeadLetter, unmarshall(Item), { code: 'corrupt_record' }).letter;
    },

    /** Dead letters of an endpoint after a position, oldest event first; those sent again are not among them. */
    async listDeadLetters(
      tenantId: string,
      endpointId: string,
      after: number,
      limit: number,
    ): Promise<{ letters: WebhookDeadLetter[]; last: number | undefined }> {
      const { pk, sk } = deadLetterKey(tenantId, endpointId, after);
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :after AND :last',
          FilterExpression: 'attribute_not_exists(redrivenAt)',
          ExpressionAttributeValues: marshall({
            ':pk': pk,
            ':after': `${sk}~`,
            ':last': `${deadLetterPrefix(endpointId)}~`,
          }),
          ConsistentRead: true,
          Limit: limit,
        }),
      );
      return {
        letters: Items.map(
          (item) => parse(storedDeadLetter, unmarshall(item), { code: 'corrupt_record' }).letter,
        ),
        last:
          LastEvaluatedKey === undefined
            ? undefined
            : lastPosition(String(unmarshall(LastEvaluatedKey).sk), endpointId),
      };
    },

    /** A letter was put back into the queue; one that has died again meanwhile stays. */
    async markRedriven(
      tenantId: string,
      endpointId: string,
      { position, failedAt }: Pick<WebhookDeadLetter, 'position' | 'failedAt'>,
      at: string,
    ): Promise<void> {
      await update({
        Key: marshall(deadLetterKey(tenantId, endpointId, position)),
        UpdateExpression: 'SET redrivenAt = :at',
        ConditionExpression: 'letter.failedAt = :failed',
        ExpressionAttributeValues: marshall({ ':at': at, ':failed': failedAt }),
      });
    },
  };
}

const THERE = 'attribute_exists(pk) AND attribute_not_exists(removedAt)';
const lastPosition = (sortKey: string, endpointId: string) =>
  Number(sortKey.slice(deadLetterPrefix(endpointId).length));

/** A position in a list, as callers carry it. */
export const positionCursor = (position: number) => Buffer.from(String(position)).toString('base64url');

export function positionOfCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const text = Buffer.from(cursor, 'base64url').toString();
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw fieldError('invalid_request', 'query.cursor', 'invalid_cursor', 'cursor: not a cursor of this list');
}
