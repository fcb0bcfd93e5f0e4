import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import {
  GetItemCommand,
  QueryCommand,
  type QueryCommandOutput,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { type AuditEntry, type AuditHead, auditEntry, auditHead } from '../domain/audit.ts';
import { parse } from '../domain/parse.ts';
import { type AuditSegment, emptyHead, type FoundSegment, nextSegment } from './audit-chain.ts';
import type { StoreTable } from './dynamo.ts';
import { AUDIT_SEGMENT_PREFIX, auditHeadKey, auditSegmentKey } from './table.ts';

const storedHead = z.object({ head: auditHead });
const storedSegment = z.object({
  number: z.int().min(0),
  firstEntry: z.int().min(0),
  previousHash: z.string(),
  hash: z.string(),
  body: z.instanceof(Uint8Array),
});

/** Two hashes of an entry do not compress: about 150 bytes each, so a segment stays under 60 kB of 400. */
const SEGMENT_ENTRIES_MAX = 400;
const SEGMENT_BYTES_MAX = 4 * 1024 * 1024;
const APPEND_ATTEMPTS_MAX = 12;
const BACKOFF_MS_FIRST = 20;

export interface AuditLogOptions {
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export type AuditLog = ReturnType<typeof auditLog>;

export function auditLog(table: StoreTable) {
  const { client, tableName: TableName } = table;

  async function readHead(tenantId: string, day: string): Promise<AuditHead | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: marshall(auditHeadKey(tenantId, day)), ConsistentRead: true }),
    );
    return Item === undefined
      ? undefined
      : parse(storedHead, unmarshall(Item), { code: 'corrupt_record' }).head;
  }

  /** The next segment and the head that counts it, together, if the head is still the one that was read. */
  async function tryAppend(
    tenantId: string,
    day: string,
    entries: readonly AuditEntry[],
  ): Promise<AuditHead | undefined> {
    const before = await readHead(tenantId, day);
    const { segment, head } = nextSegment(before ?? emptyHead(tenantId, day), entries);
    try {
      await client.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            {
              Put: {
                TableName,
                Item: marshall({
                  ...auditSegmentKey(tenantId, day, segment.number),
                  number: segment.number,
                  firstEntry: segment.firstEntry,
                  previousHash: segment.previousHash,
                  hash: segment.hash,
                  body: compress(entries),
                }),
                ConditionExpression: 'attribute_not_exists(pk)',
              },
            },
            {
              Put: {
                TableName,
                Item: marshall({ ...auditHeadKey(tenantId, day), head }),
                ...(before === undefined
                  ? { ConditionExpression: 'attribute_not_exists(pk)' }
                  : {
                      ConditionExpression: '#head.#hash = :hash',
                      ExpressionAttributeNames: { '#head': 'head', '#hash': 'hash' },
                      ExpressionAttributeValues: marshall({ ':hash': before.hash }),
                    }),
              },
            },
          ],
        }),
      );
      return head;
    } catch (error) {
      if (error instanceof TransactionCanceledException) return undefined;
      throw error;
    }
  }

  return {
    readHead,

    /**
     * Append entries to a tenant's log of a day, in their order; gives the head they lead to. Appenders of
     * other shards may move the head meanwhile: the append is then made anew after it, with jitter between.
     */
    async append(
      tenantId: string,
      day: string,
      entries: readonly AuditEntry[],
      { random, sleep }: AuditLogOptions,
    ): Promise<AuditHead> {
      let head: AuditHead | undefined;
      for (let from = 0; from < entries.length; from += SEGMENT_ENTRIES_MAX) {
        const part = entries.slice(from, from + SEGMENT_ENTRIES_MAX);
        head = undefined;
        for (let attempt = 1; head === undefined; attempt += 1) {
          head = await tryAppend(tenantId, day, part);
          if (head !== undefined) break;
          if (attempt === APPEND_ATTEMPTS_MAX)
            throw new Error(`the audit log of ${day} is too busy to append to`);
          await sleep(random() * BACKOFF_MS_FIRST * 2 ** Math.min(attempt, 6));
        }
      }
      return head ?? (await readHead(tenantId, day)) ?? emptyHead(tenantId, day);
    },

    /** The segments of a day in order, from number `from` on, at most `limit` of them. */
    async *segments(
      tenantId: string,
      day: string,
      from = 0,
      limit = Number.POSITIVE_INFINITY,
    ): AsyncGenerator<FoundSegment> {
      const first = auditSegmentKey(tenantId, day, from);
      const last = `${AUDIT_SEGMENT_PREFIX}~`;
      let start: QueryCommandOutput['LastEvaluatedKey'];
      let given = 0;
      do {
        const page: QueryCommandOutput = await client.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
            ExpressionAttributeValues: marshall({ ':pk': first.pk, ':first': first.sk, ':last': last }),
            ConsistentRead: true,
            ...(Number.isFinite(limit) ? { Limit: limit - given } : {}),
            ...(start === undefined ? {} : { ExclusiveStartKey: start }),
          }),
        );
        for (const item of page.Items ?? []) {
          yield foundSegment(unmarshall(item));
          given += 1;
        }
        start = page.LastEvaluatedKey;
      } while (start !== undefined && given < limit);
    },
  };
}

/** A segment that does not hold what it should is a finding of the verifier, not a fault. */
function foundSegment(item: Record<string, unknown>): FoundSegment {
  const number = Number(String(item.sk).slice(AUDIT_SEGMENT_PREFIX.length));
  try {
    const { body, ...stored } = storedSegment.parse(item);
    const segment: AuditSegment = { ...stored, entries: decompress(body) };
    return { number, segment: stored.number === number ? segment : undefined };
  } catch {
    return { number, segment: undefined };
  }
}

const compress = (entries: readonly AuditEntry[]) =>
  zstdCompressSync(JSON.stringify(entries), { params: { [constants.ZSTD_c_compressionLevel]: 6 } });

const decompress = (body: Uint8Array): AuditEntry[] =>
  z
    .array(auditEntry)
    .parse(
      JSON.parse(
        zstdDecompressSync(body, { maxOutputLength: SEGMENT_BYTES_MAX }).toString('utf8'),
      ) as unknown,
    );
