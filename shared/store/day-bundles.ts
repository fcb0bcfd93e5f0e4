import {
  type AttributeValue,
  ConditionalCheckFailedException,
  PutItemCommand,
  paginateQuery,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { type BusinessDate, businessDate } from '../domain/calendar.ts';
import { bundleKnownAt, type DayBundle } from '../domain/day-bundle.ts';
import { type DayPart, isWholeDay } from '../domain/day-parts.ts';
import type { DaySummary } from '../domain/day-summary.ts';
import { mergeSummaries, type PartSummary } from '../domain/merge-summaries.ts';
import { parse } from '../domain/parse.ts';
import { summarizeDay } from '../domain/summarize-day.ts';
import { corrupt } from './byte-columns.ts';
import type { StoreTable } from './dynamo.ts';
import {
  bundleOfDay,
  dayBundleItem,
  dayPartItem,
  daysOfItems,
  directoryItemOf,
  type StoredDay,
  type StoredPart,
} from './stored-day.ts';
import { decodePartSummary } from './summary-codec.ts';
import { dayBundleKey, daySummaryIndex, endOfDayKey } from './table.ts';

/** A day's rows and the version of its item, or of its directory when it is divided. */
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

export type WrittenParts = Pick<StoredDay, 'version' | 'directory' | 'parts'>;

export interface StationOfDay {
  readonly stationId: string;
  readonly timeZone: string;
}

type Item = Record<string, AttributeValue>;

/** Days are divided seldom and at once; a read that meets this many divisions meets something else. */
const TORN_READS_MAX = 5;

const storedSummary = z.object({
  day: businessDate,
  summary: z.instanceof(Uint8Array),
  recordedUntil: z.int().min(0),
});

interface StoredPartSummary extends PartSummary {
  readonly recordedUntilMs: number;
}

function summaryOfItem(item: Item): StoredPartSummary {
  const stored = parse(storedSummary, unmarshall(item), { code: 'corrupt_record' });
  const part = decodePartSummary(stored.summary);
  if (part.summary.day !== stored.day)
    throw corrupt(`summary of ${part.summary.day} under the key of ${stored.day}`);
  return { ...part, recordedUntilMs: stored.recordedUntil };
}

/** The day's summary of its parts'; undefined when they were read across a division. */
function summaryOfParts(parts: readonly StoredPartSummary[]): StoredSummary | undefined {
  if (!isWholeDay(parts.map(({ prefix }) => prefix))) return undefined;
  const [first] = parts;
  return {
    summary: first !== undefined && first.prefix === '' ? first.summary : mergeSummaries(parts),
    recordedUntilMs: Math.max(...parts.map((part) => part.recordedUntilMs)),
  };
}

export type DayBundleStore = ReturnType<typeof dayBundleStore>;

export function dayBundleStore(table: StoreTable) {
  const { client, tableName: TableName } = table;

  async function queryItems(input: {
    readonly keys: string;
    readonly values: Record<string, string>;
    readonly names?: Record<string, string>;
    readonly index?: string;
  }): Promise<Item[]> {
    const items: Item[] = [];
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

  function itemsOfDays(platform: string, stationId: string, fromDay: BusinessDate, toDay: BusinessDate) {
    const { pk, sk } = dayBundleKey(platform, stationId, fromDay);
    return queryItems({
      keys: 'pk = :pk AND sk BETWEEN :from AND :to',
      values: { ':pk': pk, ':from': sk, ':to': endOfDayKey(platform, stationId, toDay).sk },
    });
  }

  /** One day with its parts, as it is this moment; undefined when nothing was ever reported for it. */
  async function readDay(
    platform: string,
    stationId: string,
    day: BusinessDate,
  ): Promise<StoredDay | undefined> {
    for (let attempt = 1; attempt <= TORN_READS_MAX; attempt += 1) {
      const { days, torn } = daysOfItems(await itemsOfDays(platform, stationId, day, day));
      if (torn.length === 0) return days[0];
    }
    throw corrupt(`the parts of ${day} do not add up`);
  }

  /** Days `fromDay` to `toDay`, both included, in order, with their parts, each read consistently. */
  async function readDays(
    platform: string,
    stationId: string,
    fromDay: BusinessDate,
    toDay: BusinessDate,
  ): Promise<readonly StoredDay[]> {
    const { days, torn } = daysOfItems(await itemsOfDays(platform, stationId, fromDay, toDay));
    if (torn.length === 0) return days;
    const again = await Promise.all(torn.map((day) => readDay(platform, stationId, day)));
    return [...days, ...again.filter((day) => day !== undefined)].sort((a, b) => (a.day < b.day ? -1 : 1));
  }

  async function get(
    platform: string,
    stationId: string,
    day: BusinessDate,
  ): Promise<StoredBundle | undefined> {
    const stored = await readDay(platform, stationId, day);
    return stored === undefined ? undefined : { bundle: bundleOfDay(stored), version: stored.version };
  }

  /**
   * Put items, each on condition that it is still at its version before (0: not there): one by itself, several
   * as one transaction. An answer lost on the way makes the client try again and meet its own write: that is
   * `written`, because the very bytes are there. (So two writers who add the very same rows in the same
   * millisecond are both told so; the rows are held once.)
   */
  async function putAll(
    puts: readonly { readonly item: Item; readonly versionBefore: number }[],
  ): Promise<WriteOutcome> {
    const [only] = puts;
    if (only === undefined) return 'written';
    const inputs = puts.map(({ item, versionBefore }) => ({
      TableName,
      Item: item,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
      ...(versionBefore === 0
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : {
            ConditionExpression: 'version = :before',
            ExpressionAttributeValues: marshall({ ':before': versionBefore }),
          }),
    }));
    try {
      const [input] = inputs;
      if (input !== undefined && inputs.length === 1) await client.send(new PutItemCommand(input));
      else {
        await client.send(new TransactWriteItemsCommand({ TransactItems: inputs.map((Put) => ({ Put })) }));
      }
      return 'written';
    } catch (error) {
      if (error instanceof TransactionConflictException) return 'conflict';
      if (error instanceof TransactionInProgressException) return 'conflict';
      if (error instanceof ConditionalCheckFailedException) {
        return error.Item !== undefined && isSameWrite(error.Item, only.item) ? 'written' : 'conflict';
      }
      if (!(error instanceof TransactionCanceledException)) throw error;
      const reasons = error.CancellationReasons ?? [];
      const isConflict = reasons.every(({ Code = 'None' }) => conflictReasons.has(Code));
      if (!isConflict) throw error;
      const isOurs = puts.every(({ item }, index) => {
        const held = reasons[index]?.Item;
        return held !== undefined && isSameWrite(held, item);
      });
      return isOurs ? 'written' : 'conflict';
    }
  }

  /** Write a day that is one item, on condition that it is still at `versionBefore` (0: not there). */
  function write(
    platform: string,
    stationId: string,
    bundle: DayBundle,
    summary: DaySummary,
    versionBefore: number,
  ): Promise<WriteOutcome> {
    const item = dayBundleItem(platform, stationId, bundle, summary, versionBefore + 1);
    return putAll([{ item, versionBefore }]);
  }

  /**
   * Write what became of some parts of a day, all or nothing: those that grew, and those they were divided into.
   * What then stands in the place of `before`, or `conflict`.
   */
  async function writeParts(
    platform: string,
    station: StationOfDay,
    held: StoredDay,
    before: readonly StoredPart[],
    after: readonly DayPart[],
  ): Promise<WrittenParts | 'conflict'> {
    const [whole] = after;
    if (held.directory === null && after.length === 1 && whole !== undefined) {
      const bundle = { day: held.day, currency: held.currency, rows: whole.rows };
      const summary = summarizeDay(bundle, station.timeZone);
      const outcome = await write(platform, station.stationId, bundle, summary, held.version);
      if (outcome === 'conflict') return 'conflict';
      const version = held.version + 1;
      return { version, directory: null, parts: [{ ...whole, number: null, version }] };
    }
    const directory = [...(held.directory ?? [])];
    const isDivision = after.length > before.length;
    const written: StoredPart[] = [];
    for (const part of after) {
      // The part it is, or the first division of; any other division gets a number of its own.
      const source = before.find((old) => part.prefix.startsWith(old.prefix));
      if (source === undefined) throw new RangeError(`part ${part.prefix} comes from none that is held`);
      const isFirst = written.every(({ number }) => number === null || number !== source.number);
      const isKept = source.number !== null && isFirst;
      const number = isKept ? source.number : directory.length;
      directory[number] = part.prefix;
      written.push({ ...part, number, version: isKept ? source.version + 1 : 1 });
    }
    const grown = written.filter((_, index) => !before.some((old) => old.rows === after[index]?.rows));
    const version = held.version + (isDivision ? 1 : 0);
    const outcome = await putAll([
      ...(isDivision
        ? [
            {
              item: directoryItemOf(platform, station.stationId, held.day, directory, version),
              versionBefore: held.version,
            },
          ]
        : []),
      ...grown.map((part) => ({
        item: dayPartItem(platform, station, held, part, part.number ?? 0, part.version),
        versionBefore: part.version - 1,
      })),
    ]);
    if (outcome === 'conflict') return 'conflict';
    const unchanged = (part: StoredPart) =>
      grown.includes(part) ? part : (before.find((old) => old.prefix === part.prefix) ?? part);
    return { version, directory, parts: written.map(unchanged) };
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
    const byDay = Map.groupBy(items.map(summaryOfItem), ({ summary }) => summary.day);
    return Promise.all(
      [...byDay].map(
        async ([day, parts]) => summaryOfParts(parts) ?? (await readSummary(platform, stationId, day)),
      ),
    );
  }

  /** From the table itself, where the index was met in the middle of a division. */
  async function readSummary(platform: string, stationId: string, day: BusinessDate): Promise<StoredSummary> {
    for (let attempt = 1; attempt <= TORN_READS_MAX; attempt += 1) {
      const items = await itemsOfDays(platform, stationId, day, day);
      const summary = summaryOfParts(items.filter((item) => item.summary !== undefined).map(summaryOfItem));
      if (summary !== undefined) return summary;
    }
    throw corrupt(`the parts of ${day} do not add up`);
  }

  /** Bundles of the days `fromDay` to `toDay`, both included, in order, rows and all, read consistently. */
  async function readBundles(
    platform: string,
    stationId: string,
    fromDay: BusinessDate,
    toDay: BusinessDate,
  ): Promise<readonly StoredBundle[]> {
    const days = await readDays(platform, stationId, fromDay, toDay);
    return days.map((day) => ({ bundle: bundleOfDay(day), version: day.version }));
  }

  /**
   * Summaries as they were known at an instant. Days that have since changed are rebuilt from their rows; the
   * others, which is nearly all, cost nothing beyond `readSummaries`.
   */
  async function readSummariesKnownAt(
    platform: string,
    station: StationOfDay,
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

  return { get, readDay, readDays, write, writeParts, readSummaries, readBundles, readSummariesKnownAt };
}

/** Reasons to read again and try again; anything else is a fault. */
const conflictReasons = new Set([
  'None',
  'ConditionalCheckFailed',
  'TransactionConflict',
  'ProvisionedThroughputExceeded',
  'ThrottlingError',
]);

function isSameWrite(held: Item, ours: Item): boolean {
  if (held.version?.N !== ours.version?.N) return false;
  if (ours.parts !== undefined || held.parts !== undefined) {
    return JSON.stringify(held.parts) === JSON.stringify(ours.parts);
  }
  const [a, b] = [held.rows?.B, ours.rows?.B];
  return (
    a !== undefined && b !== undefined && a.length === b.length && a.every((byte, index) => byte === b[index])
  );
}
