import {
  type AttributeValue,
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { type BusinessDate, businessDate } from '../domain/calendar.ts';
import { bundleKnownAt, type DayBundle, recordedUntilMs } from '../domain/day-bundle.ts';
import type { DaySummary } from '../domain/day-summary.ts';
import { parse } from '../domain/parse.ts';
import { summarizeDay } from '../domain/summarize-day.ts';
import { decodeBundle, encodeBundle } from './bundle-codec.ts';
import { corrupt } from './byte-columns.ts';
import type { StoreTable } from './dynamo.ts';
import { decodeSummary, encodeSummary } from './summary-codec.ts';
import { dayBundleKey, daySummaryIndex } from './table.ts';

/** A bundle and the version its next write must be based on. */
export interface StoredBundle {
  readonly bundle: DayBundle;
  readonly version: number;
}

/** A day's summary and when its latest row was recorded: later than `asOf` means it must be rebuilt from rows. */
export interface StoredSummary {
  readonly summary: DaySummary;
  readonly recordedUntilMs: number;
}

/** `conflict`: somebody else wrote first, and nothing was written. Read again, merge again. */
export type WriteOutcome = 'written' | 'conflict';

const storedBundle = z.object({
  day: businessDate,
  rows: z.instanceof(Uint8Array),
  version: z.int().min(1),
});
const storedSummary = z.object({
  day: businessDate,
  summary: z.instanceof(Uint8Array),
  recordedUntil: z.int().min(0),
});

/**
 * The item of one station's day: rows and their summary in one, so that nothing can set them apart. At 30
 * transactions of UUIDs it stays under 2 KB (two write units) and its projection under 1 KB (one).
 */
export function dayBundleItem(
  platform: string,
  stationId: string,
  bundle: DayBundle,
  summary: DaySummary,
  version: number,
): Record<string, AttributeValue> {
  return marshall({
    ...dayBundleKey(platform, stationId, bundle.day),
    day: bundle.day,
    version,
    rows: encodeBundle(bundle),
    summary: encodeSummary(summary),
    recordedUntil: recordedUntilMs(bundle),
  });
}

function bundleOfItem(item: Record<string, AttributeValue>): StoredBundle {
  const { day, rows, version } = parse(storedBundle, unmarshall(item), { code: 'corrupt_record' });
  const bundle = decodeBundle(rows);
  if (bundle.day !== day) throw corrupt(`bundle of ${bundle.day} under the key of ${day}`);
  return { bundle, version };
}

function summaryOfItem(item: Record<string, AttributeValue>): StoredSummary {
  const stored = parse(storedSummary, unmarshall(item), { code: 'corrupt_record' });
  const summary = decodeSummary(stored.summary);
  if (summary.day !== stored.day) throw corrupt(`summary of ${summary.day} under the key of ${stored.day}`);
  return { summary, recordedUntilMs: stored.recordedUntil };
}

export type DayBundleStore = ReturnType<typeof dayBundleStore>;

export function dayBundleStore(table: StoreTable) {
  const { client, tableName: TableName } = table;

  async function queryItems(input: {
    readonly keys: string;
    readonly values: Record<string, string>;
    readonly names?: Record<string, string>;
    readonly index?: string;
  }): Promise<Record<string, AttributeValue>[]> {
    const items: Record<string, AttributeValue>[] = [];
    const pages = paginateQuery(
      { client },
      {
        TableName,
        KeyConditionExpression: input.keys,
        ExpressionAttributeValues: marshall(input.values),
        ...(input.names === undefined ? {} : { ExpressionAttributeNames: input.names }),
        // An index is never read consistently; the table always is.
        ...(input.index === undefined ? { ConsistentRead: true } : { IndexName: input.index }),
      },
    );
    for await (const { Items = [] } of pages) items.push(...Items);
    return items;
  }

  /** One day, as it is this moment; undefined when nothing was ever reported for it. */
  async function get(
    platform: string,
    stationId: string,
    day: BusinessDate,
  ): Promise<StoredBundle | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({
        TableName,
        Key: marshall(dayBundleKey(platform, stationId, day)),
        ConsistentRead: true,
      }),
    );
    return Item === undefined ? undefined : bundleOfItem(Item);
  }

  /**
   * Write one day on condition that it is still at `versionBefore` (0: not there). An answer lost on the way
   * makes the client try again and meet its own write: that is `written`, because the very bytes are there.
   * (So two writers who add the very same rows in the same millisecond are both told so; the rows are held once.)
   */
  async function write(
    platform: string,
    stationId: string,
    bundle: DayBundle,
    summary: DaySummary,
    versionBefore: number,
  ): Promise<WriteOutcome> {
    const item = dayBundleItem(platform, stationId, bundle, summary, versionBefore + 1);
    try {
      await client.send(
        new PutItemCommand({
          TableName,
          Item: item,
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          ...(versionBefore === 0
            ? { ConditionExpression: 'attribute_not_exists(pk)' }
            : {
                ConditionExpression: 'version = :before',
                ExpressionAttributeValues: marshall({ ':before': versionBefore }),
              }),
        }),
      );
      return 'written';
    } catch (error) {
      if (error instanceof TransactionConflictException) return 'conflict';
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return error.Item !== undefined && isSameWrite(error.Item, item) ? 'written' : 'conflict';
    }
  }

  /**
   * Summaries of the days `fromDay` to `toDay`, both included, in order; days without a transaction have
   * none. Read from the index, which follows a write within moments.
   */
  async function readSummaries(
    platform: string,
    stationId: string,
    fromDay: BusinessDate,
    toDay: BusinessDate,
  ): Promise<readonly StoredSummary[]> {
    const items = await queryItems({
      keys: 'pk = :pk AND #day BETWEEN :from AND :to',
      values: { ':pk': dayBundleKey(platform, stationId, fromDay).pk, ':from': fromDay, ':to': toDay },
      names: { '#day': daySummaryIndex.sort },
      index: daySummaryIndex.name,
    });
    return items.map(summaryOfItem);
  }

  /** Bundles of the days `fromDay` to `toDay`, both included, in order, rows and all, read consistently. */
  async function readBundles(
    platform: string,
    stationId: string,
    fromDay: BusinessDate,
    toDay: BusinessDate,
  ): Promise<readonly StoredBundle[]> {
    const { pk, sk } = dayBundleKey(platform, stationId, fromDay);
    const items = await queryItems({
      keys: 'pk = :pk AND sk BETWEEN :from AND :to',
      values: { ':pk': pk, ':from': sk, ':to': dayBundleKey(platform, stationId, toDay).sk },
    });
    return items.map(bundleOfItem);
  }

  /**
   * Summaries as they were known at an instant. Days that have since changed are rebuilt from their rows; the
   * others, which is nearly all, cost nothing beyond `readSummaries`.
   */
  async function readSummariesKnownAt(
    platform: string,
    station: { readonly stationId: string; readonly timeZone: string },
    fromDay: BusinessDate,
    toDay: BusinessDate,
    asOfMs: number,
  ): Promise<readonly DaySummary[]> {
    const { stationId, timeZone } = station;
    const stored = await readSummaries(platform, stationId, fromDay, toDay);
    const changed = stored.filter(({ recordedUntilMs: until }) => until > asOfMs);
    const first = changed.at(0);
    const last = changed.at(-1);
    if (first === undefined || last === undefined) return stored.map(({ summary }) => summary);
    const rebuilt = new Map<BusinessDate, DaySummary>();
    for (const { bundle } of await readBundles(platform, stationId, first.summary.day, last.summary.day)) {
      const known = bundleKnownAt(bundle, asOfMs);
      if (known.rows.length > 0) rebuilt.set(bundle.day, summarizeDay(known, timeZone));
    }
    return stored.flatMap(({ summary, recordedUntilMs: until }) => {
      if (until <= asOfMs) return [summary];
      const known = rebuilt.get(summary.day);
      return known === undefined ? [] : [known];
    });
  }

  return { get, write, readSummaries, readBundles, readSummariesKnownAt };
}

function isSameWrite(held: Record<string, AttributeValue>, ours: Record<string, AttributeValue>): boolean {
  const [a, b] = [held.rows?.B, ours.rows?.B];
  return (
    held.version?.N === ours.version?.N &&
    a !== undefined &&
    b !== undefined &&
    a.length === b.length &&
    a.every((byte, index) => byte === b[index])
  );
}
