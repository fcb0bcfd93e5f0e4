import { createHash } from 'node:crypto';
import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { rateBudgetKey, TIME_TO_LIVE_ATTRIBUTE } from './table.ts';

/** Whose budget: one client of a tenant, and what it asks for (`read`, `write`). */
export interface BudgetOwner {
  readonly tenantId: string;
  /** The token's subject: a system, or a person. */
  readonly subject: string;
  readonly rateClass: string;
}

/** One token is made every `periodUs` microseconds, and at most `depth` are kept. */
export interface BudgetShape {
  readonly periodUs: number;
  readonly depth: number;
}

export interface BudgetLease {
  /** Tokens taken: as many as wanted, or as there were; 0 when there was none. */
  readonly granted: number;
  /** When the budget is full again, microseconds since 1970, as far as this answer knows. */
  readonly spentUntilUs: number;
}

export type RateBudgetStore = ReturnType<typeof rateBudgetStore>;

/** A request waits this long for its budget and no longer; see rate-limiter.ts for what then. */
const LEASE_TIMEOUT_MS = 500;
/** Each attempt that fails means that another process took tokens meanwhile: after so many there are none. */
const ATTEMPTS_MAX = 6;
const SLACK_SECONDS = 60;

const storedBudget = z.object({ spentUntilUs: z.int().min(0) });

/**
 * Token buckets in the table, one number each: the time at which the bucket will be full again ("theoretical
 * arrival time" of the generic cell rate algorithm, ITU-T I.371). Taking n tokens moves it n periods on, in one
 * conditional update of one write unit, so any number of processes share a bucket exactly: over any time t they
 * get at most `depth + t / periodUs` tokens. Items leave by time to live once full again.
 */
export function rateBudgetStore({ client, tableName: TableName }: StoreTable) {
  /** What the budget says after the update; undefined with what it said instead when the condition failed. */
  async function update(
    owner: BudgetOwner,
    expressions: { readonly update: string; readonly condition: string },
    values: Readonly<Record<string, number>>,
  ): Promise<{ readonly done: boolean; readonly spentUntilUs: number | undefined }> {
    try {
      const { Attributes } = await client.send(
        new UpdateItemCommand({
          TableName,
          Key: marshall(rateBudgetKey(owner.tenantId, hashOf(owner.subject), owner.rateClass)),
          UpdateExpression: `SET ${expressions.update}, #ttl = :ttl`,
          ConditionExpression: expressions.condition,
          ExpressionAttributeNames: { '#ttl': TIME_TO_LIVE_ATTRIBUTE },
          ExpressionAttributeValues: marshall(values),
          ReturnValues: 'UPDATED_NEW',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
        { abortSignal: AbortSignal.timeout(LEASE_TIMEOUT_MS) },
      );
      return { done: true, spentUntilUs: spentUntilOf(Attributes) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { done: false, spentUntilUs: spentUntilOf(error.Item) };
    }
  }

  return {
    /**
     * Take up to `wanted` tokens at `nowUs`. `seenUntilUs` is what the budget said last, if known: a guess that
     * saves a write. Rejects when the table does not answer in half a second.
     */
    async lease(
      owner: BudgetOwner,
      { periodUs, depth }: BudgetShape,
      wanted: number,
      nowUs: number,
      seenUntilUs = 0,
    ): Promise<BudgetLease> {
      const ttl = Math.ceil((nowUs + depth * periodUs) / 1_000_000) + SLACK_SECONDS;
      let spentUntilUs = seenUntilUs;
      let asked = Math.min(wanted, depth);
      for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
        const takenUs = asked * periodUs;
        const isFull = spentUntilUs < nowUs;
        const { done, spentUntilUs: found } = isFull
          ? await update(
              owner,
              {
                update: 'spentUntilUs = :after',
                condition: 'attribute_not_exists(pk) OR spentUntilUs < :now',
              },
              { ':after': nowUs + takenUs, ':now': nowUs, ':ttl': ttl },
            )
          : await update(
              owner,
              {
                update: 'spentUntilUs = spentUntilUs + :taken',
                condition: 'spentUntilUs BETWEEN :now AND :latest',
              },
              {
                ':taken': takenUs,
                ':now': nowUs,
                ':latest': nowUs + depth * periodUs - takenUs,
                ':ttl': ttl,
              },
            );
        if (done) return { granted: asked, spentUntilUs: found ?? nowUs + takenUs };
        spentUntilUs = found ?? 0;
        const available = Math.floor((nowUs + depth * periodUs - Math.max(spentUntilUs, nowUs)) / periodUs);
        if (available < 1) break;
        asked = Math.min(wanted, available);
      }
      return { granted: 0, spentUntilUs };
    },
  };
}

/** A person's subject may be their name: keys never hold one. */
const hashOf = (subject: string) => createHash('sha256').update(subject).digest('base64url').slice(0, 22);

function spentUntilOf(item: Parameters<typeof unmarshall>[0] | undefined): number | undefined {
  if (item === undefined) return undefined;
  return parse(storedBudget, unmarshall(item), { code: 'corrupt_record' }).spentUntilUs;
}
