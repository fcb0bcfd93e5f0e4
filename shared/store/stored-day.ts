import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { type BusinessDate, businessDate } from '../domain/calendar.ts';
import { type DayBundle, recordedUntilMs } from '../domain/day-bundle.ts';
import { bundleOfParts, type DayPart, isWholeDay, PART_DEPTH_MAX } from '../domain/day-parts.ts';
import type { DaySummary } from '../domain/day-summary.ts';
import { summarizePart } from '../domain/merge-summaries.ts';
import { parse } from '../domain/parse.ts';
import { decodeBundle, encodeBundle } from './bundle-codec.ts';
import { corrupt } from './byte-columns.ts';
import { encodePartSummary, encodeSummary } from './summary-codec.ts';
import { dayBundleKey, dayPartKey } from './table.ts';

/** A part of a day as it is held. The one part of a day that was never divided has number null. */
export interface StoredPart extends DayPart {
  readonly number: number | null;
  /** What its next write must be based on; 0 when nothing is there. */
  readonly version: number;
}

/**
 * One station's day as it is held. An ordinary day is one item, `D#day`. A busy one is divided: `D#day` then
 * holds no rows but the prefix of each part, by part number, and the parts are items of their own. Dividing
 * replaces a part by its divisions and the directory in one transaction, so a day is always whole; it is never
 * undone.
 */
export interface StoredDay {
  readonly day: BusinessDate;
  readonly currency: string;
  /** Of `D#day`; 0 when nothing was ever reported. */
  readonly version: number;
  /** Prefixes by part number; null while the day is one item. */
  readonly directory: readonly string[] | null;
  readonly parts: readonly StoredPart[];
}

export const emptyDay = (day: BusinessDate, currency: string): StoredDay => ({
  day,
  currency,
  version: 0,
  directory: null,
  parts: [{ number: null, prefix: '', version: 0, rows: [] }],
});

/** All rows of the day, each once. */
export const bundleOfDay = (day: StoredDay): DayBundle => bundleOfParts(day, day.parts);

const prefix = z.string().regex(new RegExp(`^[01]{1,${PART_DEPTH_MAX}}$`));
const wholeItem = z.object({ day: businessDate, rows: z.instanceof(Uint8Array), version: z.int().min(1) });
const partItem = wholeItem.extend({ prefix });
const directoryItem = z.object({ parts: z.array(prefix).min(2), version: z.int().min(1) });

type Item = Record<string, AttributeValue>;

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
): Item {
  return marshall({
    ...dayBundleKey(platform, stationId, bundle.day),
    day: bundle.day,
    version,
    rows: encodeBundle(bundle),
    summary: encodeSummary(summary),
    recordedUntil: recordedUntilMs(bundle),
  });
}

/** The item of one part of a day, with the summary of its own rows. */
export function dayPartItem(
  platform: string,
  station: { readonly stationId: string; readonly timeZone: string },
  { day, currency }: Pick<StoredDay, 'day' | 'currency'>,
  part: DayPart,
  number: number,
  version: number,
): Item {
  const bundle = { day, currency, rows: part.rows };
  return marshall({
    ...dayPartKey(platform, station.stationId, day, number),
    day,
    version,
    prefix: part.prefix,
    rows: encodeBundle(bundle),
    summary: encodePartSummary(summarizePart(bundle, part, station.timeZone)),
    recordedUntil: recordedUntilMs(bundle),
  });
}

/** The directory of a divided day. It has no `day`, so it is not in the summary index. */
export function directoryItemOf(
  platform: string,
  stationId: string,
  day: BusinessDate,
  parts: readonly string[],
  version: number,
): Item {
  return marshall({ ...dayBundleKey(platform, stationId, day), version, parts: [...parts] });
}

const sortKey = z.object({ sk: z.string().regex(/^D#\d{4}-\d\d-\d\d(#\d{3})?$/) });

/** The day and the part number (null: `D#day` itself) of an item. */
function addressOf(item: Record<string, unknown>): { day: BusinessDate; number: number | null } {
  const { sk } = parse(sortKey, item, { code: 'corrupt_record' });
  return { day: sk.slice(2, 12), number: sk.length > 12 ? Number(sk.slice(13)) : null };
}

/**
 * The days of some items, in order. `torn` are days whose items were read across a division: they do not add
 * up and must be read again.
 */
export function daysOfItems(items: readonly Item[]): {
  readonly days: readonly StoredDay[];
  readonly torn: readonly BusinessDate[];
} {
  const days: StoredDay[] = [];
  const torn: BusinessDate[] = [];
  const read = items.map((item) => unmarshall(item));
  for (const [day, ofDay] of Map.groupBy(read, (item) => addressOf(item).day)) {
    const stored = dayOfItems(day, ofDay);
    if (stored === undefined) torn.push(day);
    else days.push(stored);
  }
  return { days, torn };
}

function dayOfItems(day: BusinessDate, items: readonly Record<string, unknown>[]): StoredDay | undefined {
  const root = items.find((item) => addressOf(item).number === null);
  if (root === undefined) return undefined;
  if (!('parts' in root)) {
    const { rows, version } = parse(wholeItem, root, { code: 'corrupt_record' });
    const bundle = bundleOfBytes(rows, day);
    const part = { number: null, prefix: '', version, rows: bundle.rows };
    return { day, currency: bundle.currency, version, directory: null, parts: [part] };
  }
  const directory = parse(directoryItem, root, { code: 'corrupt_record' });
  let currency = '';
  const parts = items
    .filter((item) => item !== root)
    .map((item): StoredPart => {
      const stored = parse(partItem, item, { code: 'corrupt_record' });
      const bundle = bundleOfBytes(stored.rows, day);
      currency = bundle.currency;
      const { number } = addressOf(item);
      return { number, prefix: stored.prefix, version: stored.version, rows: bundle.rows };
    });
  const isWhole =
    isWholeDay(parts.map((part) => part.prefix)) &&
    parts.every((part) => directory.parts[part.number ?? -1] === part.prefix);
  return isWhole
    ? { day, currency, version: directory.version, directory: directory.parts, parts }
    : undefined;
}

function bundleOfBytes(rows: Uint8Array, day: BusinessDate): DayBundle {
  const bundle = decodeBundle(rows);
  if (bundle.day !== day) throw corrupt(`bundle of ${bundle.day} under the key of ${day}`);
  return bundle;
}
