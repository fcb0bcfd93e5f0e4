import { createHash } from 'node:crypto';
import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { timeZone } from '../../../shared/domain/calendar.ts';
import { canonicalJson } from '../../../shared/domain/canonical-json.ts';
import { currency } from '../../../shared/domain/money.ts';
import { transactionChannels, transactionKinds } from '../../../shared/domain/transaction.ts';
import type { FileRecord } from './file-records.ts';

const column = z.string().min(1).max(200);
const fixed = z.strictObject({ value: z.string().min(1).max(200) });
const fractionDigits = z.int().min(0).max(4).default(0);
const kind = z.enum(transactionKinds);

/**
 * How the columns of somebody else's file become our fields: a field is a column, or a fixed value. Without
 * `transactionId` the id is made of the content (`contentId`).
 */
export const importMapping = z.strictObject({
  /** `prefix` makes an id of any text: `stn_` and `United Kingdom` are `stn_United-Kingdom`. */
  stationId: z.union([z.strictObject({ column, prefix: z.string().max(20).optional() }), fixed]),
  transactionId: z.strictObject({ column, prefix: z.string().max(20).optional() }).optional(),
  kind: z.union([
    z.strictObject({ column, values: z.record(z.string(), kind).optional() }),
    z.strictObject({ value: kind }),
    /** By the sign of the amount; nothing is positive. */
    z.strictObject({ positive: kind, negative: kind }),
  ]),
  /** An instant with Z, or the local time of a zone: `2010-12-01 08:26:00`, `2010-12-01`. */
  occurredAt: z.strictObject({ column, timeZone: timeZone.optional() }),
  /** A decimal, times another when given, in units of 10^-fractionDigits, halves rounded away from zero. */
  amountMinor: z.strictObject({ column, times: column.optional(), fractionDigits }),
  currency: z.union([z.strictObject({ column }), z.strictObject({ value: currency })]),
  counterparty: z.strictObject({ column, prefix: z.string().max(20).optional() }).optional(),
  balanceAfterMinor: z.strictObject({ column, fractionDigits }).optional(),
  channel: z
    .union([
      z.strictObject({ column, values: z.record(z.string(), z.enum(transactionChannels)).optional() }),
      z.strictObject({ value: z.enum(transactionChannels) }),
    ])
    .optional(),
  reverses: z.strictObject({ column, prefix: z.string().max(20).optional() }).optional(),
});
export type ImportMapping = z.output<typeof importMapping>;

/** A record as what a station reports. Values that cannot be read stay as they are: admission names them. */
export interface MappedRecord {
  readonly stationId: unknown;
  readonly transaction: Readonly<Record<string, unknown>>;
}

export interface RecordMapper {
  map(record: FileRecord): MappedRecord;
  /** The column of the file that a field came from; the field itself when none did. */
  columnOf(field: string): string;
}

const numberFields = new Set(['amountMinor', 'balanceAfterMinor']);

/** For files whose columns are named like our fields. Of CSV, empty cells are absent and whole numbers are numbers. */
export function fieldMapper(stationColumn = 'stationId'): RecordMapper {
  return {
    map({ fields, source }) {
      const { [stationColumn]: station, ...rest } = fields ?? {};
      // JSON says itself what is a number and what is empty.
      const isText = typeof source !== 'string';
      const given = Object.entries(rest).filter(([, value]) => !isText || value !== '');
      const transaction = Object.fromEntries(
        given.map(([name, value]) => [name, isText && numberFields.has(name) ? wholeNumber(value) : value]),
      );
      if (transaction.transactionId === undefined) transaction.transactionId = contentId(fields, source);
      return { stationId: stationColumn === 'stationId' ? station : asId('stn_', station), transaction };
    },
    columnOf: (field) => (field === 'stationId' ? stationColumn : field),
  };
}

/** For any other file. */
export function mappedBy(mapping: ImportMapping): RecordMapper {
  const instantOf = instantReader('timeZone' in mapping.occurredAt ? mapping.occurredAt.timeZone : undefined);
  return {
    map({ fields: read, source }) {
      const fields = read ?? {};
      const { stationId, occurredAt, amountMinor: amount } = mapping;
      const amountMinor = minorUnits(
        fields[amount.column],
        amount.times === undefined ? undefined : fields[amount.times],
        amount.fractionDigits,
      );
      const balance = mapping.balanceAfterMinor;
      const balanceText = balance === undefined ? undefined : present(fields[balance.column]);
      const transaction = {
        transactionId:
          mapping.transactionId === undefined
            ? contentId(read, source)
            : asId(mapping.transactionId.prefix, fields[mapping.transactionId.column]),
        kind: kindOf(mapping.kind, fields, amountMinor),
        occurredAt: instantOf(fields[occurredAt.column]),
        amountMinor,
        currency: 'value' in mapping.currency ? mapping.currency.value : fields[mapping.currency.column],
        ...optional('counterparty', idOf(mapping.counterparty, fields)),
        ...optional(
          'balanceAfterMinor',
          balance === undefined || balanceText === undefined
            ? undefined
            : minorUnits(balanceText, undefined, balance.fractionDigits),
        ),
        ...optional('channel', channelOf(mapping.channel, fields)),
        ...optional('reverses', idOf(mapping.reverses, fields)),
      };
      return {
        stationId: 'value' in stationId ? stationId.value : asId(stationId.prefix, fields[stationId.column]),
        transaction,
      };
    },
    columnOf(field) {
      const how: unknown = Object.entries(mapping).find(([name]) => name === field)?.[1];
      const named = z.object({ column }).safeParse(how);
      return named.success ? named.data.column : field;
    },
  };
}

/**
 * An id for a record that has none: a UUID (version 8) of the SHA-256 of all it says, its place in the file
 * apart. So sending a file again changes nothing, and two records that are equal in every column are one
 * transaction: the second is a duplicate.
 */
export function contentId(fields: FileRecord['fields'], source: FileRecord['source']): string {
  const content = typeof source === 'string' ? canonicalJson(fields) : JSON.stringify(source);
  const hash = createHash('sha256').update(content).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  const hex = hash.toString('hex', 0, 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const present = (value: unknown): unknown =>
  value === '' || value === null || value === undefined ? undefined : value;

const optional = <Name extends string>(name: Name, value: unknown) =>
  value === undefined ? {} : { [name]: value };

function asId(prefix: string | undefined, value: unknown): unknown {
  if (prefix === undefined || present(value) === undefined) return value;
  const text = String(value);
  return text.startsWith(prefix)
    ? text
    : `${prefix}${text.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^-+/, '')}`;
}

function idOf(
  how: { readonly column: string; readonly prefix?: string | undefined } | undefined,
  fields: Readonly<Record<string, unknown>>,
): unknown {
  if (how === undefined) return undefined;
  const value = present(fields[how.column]);
  return value === undefined ? undefined : asId(how.prefix, value);
}

function kindOf(
  how: ImportMapping['kind'],
  fields: Readonly<Record<string, unknown>>,
  amountMinor: unknown,
): unknown {
  if ('value' in how) return how.value;
  if ('positive' in how)
    return typeof amountMinor === 'number' && amountMinor < 0 ? how.negative : how.positive;
  const value = fields[how.column];
  return how.values?.[String(value)] ?? value;
}

function channelOf(how: ImportMapping['channel'], fields: Readonly<Record<string, unknown>>): unknown {
  if (how === undefined) return undefined;
  if ('value' in how) return how.value;
  const value = present(fields[how.column]);
  return how.values?.[String(value)] ?? value;
}

function wholeNumber(value: unknown): unknown {
  return /^[+-]?\d{1,16}$/.test(String(value).trim()) ? Number(value) : value;
}

const decimal = /^([+-]?)(\d{1,18})(?:\.(\d{0,12}))?$/;

interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

function decimalOf(value: unknown): Decimal | undefined {
  const match = decimal.exec(String(value).trim());
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = ''] = match;
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, scale: fraction.length };
}

/** Exactly `value` (times `factor`) in minor units, halves away from zero; `value` when it is no decimal. */
export function minorUnits(value: unknown, factor: unknown, digits: number): unknown {
  const [one, other] = [decimalOf(value), factor === undefined ? undefined : decimalOf(factor)];
  if (one === undefined) return value;
  if (factor !== undefined && other === undefined) return factor;
  const product = one.digits * (other?.digits ?? 1n) * 10n ** BigInt(digits);
  const divisor = 10n ** BigInt(one.scale + (other?.scale ?? 0));
  const size = product < 0n ? -product : product;
  const rounded = (2n * size + divisor) / (2n * divisor);
  return Number(product < 0n ? -rounded : rounded);
}

const LOCAL_TIMES_KEPT_MAX = 50_000;

function instantReader(zone: string | undefined): (value: unknown) => unknown {
  if (zone === undefined) return (value) => value;
  const known = new Map<string, unknown>();
  return (value) => {
    const text = String(value).trim();
    if (text.endsWith('Z')) return text;
    let instant = known.get(text);
    if (instant === undefined) {
      instant = localInstant(text, zone) ?? value;
      if (known.size >= LOCAL_TIMES_KEPT_MAX) known.clear();
      known.set(text, instant);
    }
    return instant;
  };
}

function localInstant(text: string, zone: string): string | undefined {
  try {
    const at = Temporal.PlainDateTime.from(text.replace(' ', 'T'), { overflow: 'reject' });
    return new Date(at.toZonedDateTime(zone).epochMilliseconds).toISOString();
  } catch {
    return undefined;
  }
}
