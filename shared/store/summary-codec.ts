import { createHash } from 'node:crypto';
import { dateOfEpochDay, epochDayOf } from '../domain/calendar.ts';
import { PART_DEPTH_MAX } from '../domain/day-parts.ts';
import { type DaySummary, HASH_CEILING_EXACT, type KindTotals } from '../domain/day-summary.ts';
import type { PartSummary } from '../domain/merge-summaries.ts';
import { type TransactionKind, transactionKinds } from '../domain/transaction.ts';
import { ByteReader, ByteWriter, corrupt } from './byte-columns.ts';

/**
 * The summary of a day as bytes. Equal summaries are equal bytes, and the other way round. Version 1:
 *
 *   byte 0     1, the version
 *   varint     days since 1970
 *   varints    transactionCount, reversedCount
 *   varint     bit mask of the kinds that occur; for each: varints count, inflowMinor, outflowMinor
 *   varint     0 without minutes, else 1 + firstMinuteOfDay and varint minutes from first to last
 *   byte       1 when balances follow: zigzag closingBalanceMinor, varint how far the lowest lies below it
 *   varint     number of customers; each: varint hash minus the hash before, varints count, turnoverMinor
 *   byte       1 when the sketch is a sample: uint32 hashCeiling follows
 *
 * The summary of one part of a busy day is version 2: what puts the parts in order, then the same as above from
 * its second byte on:
 *
 *   byte 0     2, the version
 *   bytes 1-2  number of bits of the part's prefix, and the prefix as a number
 *   byte       1 when rows stand: varints instant of the first in ms since 1970, ms from first to last
 *   byte       1 when one states a balance: varint instant of the closing one, its transaction id as text
 */
export const SUMMARY_VERSION = 1;
export const PART_SUMMARY_VERSION = 2;

const writer = new ByteWriter();

/** Bytes of a day's summary. */
export function encodeSummary(summary: DaySummary): Uint8Array {
  writer.reset();
  writer.byte(SUMMARY_VERSION);
  writeSummary(summary);
  return writer.toBytes();
}

/** Bytes of the summary of one part of a day. */
export function encodePartSummary(part: PartSummary): Uint8Array {
  writer.reset();
  writer.byte(PART_SUMMARY_VERSION);
  writer.byte(part.prefix.length);
  writer.byte(part.prefix === '' ? 0 : Number.parseInt(part.prefix, 2));
  if (part.firstAtMs === null || part.lastAtMs === null) writer.byte(0);
  else {
    writer.byte(1);
    writer.varint(part.firstAtMs);
    writer.varint(part.lastAtMs - part.firstAtMs);
  }
  if (part.closedBy === null) writer.byte(0);
  else {
    writer.byte(1);
    writer.varint(part.closedBy.occurredAtMs);
    writer.text(part.closedBy.transactionId);
  }
  writeSummary(part.summary);
  return writer.toBytes();
}

function writeSummary(summary: DaySummary): void {
  writer.varint(epochDayOf(summary.day));
  writer.varint(summary.transactionCount);
  writer.varint(summary.reversedCount);

  let mask = 0;
  for (const [rank, kind] of transactionKinds.entries()) {
    if (summary.kinds[kind] !== undefined) mask += 2 ** rank;
  }
  writer.varint(mask);
  for (const kind of transactionKinds) {
    const totals = summary.kinds[kind];
    if (totals === undefined) continue;
    writer.varint(totals.count);
    writer.varint(totals.inflowMinor);
    writer.varint(totals.outflowMinor);
  }

  const { firstMinuteOfDay, lastMinuteOfDay, closingBalanceMinor, lowestBalanceMinor } = summary;
  if (firstMinuteOfDay === null || lastMinuteOfDay === null) writer.varint(0);
  else {
    writer.varint(1 + firstMinuteOfDay);
    writer.varint(lastMinuteOfDay - firstMinuteOfDay);
  }

  if (closingBalanceMinor === null || lowestBalanceMinor === null) writer.byte(0);
  else {
    writer.byte(1);
    writer.zigzag(closingBalanceMinor);
    writer.varint(closingBalanceMinor - lowestBalanceMinor);
  }

  const { customers, hashCeiling } = summary.customers;
  writer.varint(customers.length);
  let previous = 0;
  for (const { hash, count, turnoverMinor } of customers) {
    writer.varint(hash - previous);
    writer.varint(count);
    writer.varint(turnoverMinor);
    previous = hash;
  }
  if (hashCeiling === HASH_CEILING_EXACT) writer.byte(0);
  else {
    writer.byte(1);
    writer.uint32(hashCeiling);
  }
}

/** The summary of its bytes. Raises DomainError `corrupt_record`. */
export function decodeSummary(bytes: Uint8Array): DaySummary {
  const reader = new ByteReader(bytes);
  const version = reader.byte();
  if (version !== SUMMARY_VERSION) throw corrupt(`summary version ${version} is not known`);
  return readSummary(reader);
}

/** The part summary of its bytes; a whole day's has the prefix ''. Raises DomainError `corrupt_record`. */
export function decodePartSummary(bytes: Uint8Array): PartSummary {
  if (bytes[0] !== PART_SUMMARY_VERSION) {
    return { prefix: '', summary: decodeSummary(bytes), firstAtMs: null, lastAtMs: null, closedBy: null };
  }
  const reader = new ByteReader(bytes.subarray(1));
  const [depth, bits] = [reader.byte(), reader.byte()];
  if (depth > PART_DEPTH_MAX || bits >= 2 ** depth) throw corrupt('part prefix');
  const firstAtMs = reader.byte() === 0 ? null : reader.varint();
  const lastAtMs = firstAtMs === null ? null : firstAtMs + reader.varint();
  const closedBy =
    reader.byte() === 0 ? null : { occurredAtMs: reader.varint(), transactionId: reader.text() };
  return {
    prefix: depth === 0 ? '' : bits.toString(2).padStart(depth, '0'),
    firstAtMs,
    lastAtMs,
    closedBy,
    summary: readSummary(reader),
  };
}

function readSummary(reader: ByteReader): DaySummary {
  const epochDay = reader.varint();
  if (epochDay > 100_000) throw corrupt('summary day');
  const transactionCount = reader.varint();
  const reversedCount = reader.varint();

  const mask = reader.varint();
  if (mask >= 2 ** transactionKinds.length) throw corrupt('a kind beyond the list');
  const kinds: Partial<Record<TransactionKind, KindTotals>> = {};
  for (const [rank, kind] of transactionKinds.entries()) {
    if (((mask >> rank) & 1) === 0) continue;
    kinds[kind] = { count: reader.varint(), inflowMinor: reader.varint(), outflowMinor: reader.varint() };
  }

  const firstPlusOne = reader.varint();
  const firstMinuteOfDay = firstPlusOne === 0 ? null : firstPlusOne - 1;
  const lastMinuteOfDay = firstMinuteOfDay === null ? null : firstMinuteOfDay + reader.varint();
  const closingBalanceMinor = reader.byte() === 0 ? null : reader.zigzag();
  const lowestBalanceMinor = closingBalanceMinor === null ? null : closingBalanceMinor - reader.varint();

  let hash = 0;
  const customers = Array.from({ length: reader.count(24) }, () => {
    hash += reader.varint();
    return { hash, count: reader.varint(), turnoverMinor: reader.varint() };
  });
  const hashCeiling = reader.byte() === 0 ? HASH_CEILING_EXACT : reader.uint32();
  reader.end();
  return {
    day: dateOfEpochDay(epochDay),
    transactionCount,
    reversedCount,
    kinds,
    firstMinuteOfDay,
    lastMinuteOfDay,
    closingBalanceMinor,
    lowestBalanceMinor,
    customers: { hashCeiling, customers },
  };
}

/** SHA-256, hex, of a history: its day summaries in order, as they are stored. */
export function historyVersion(summaries: readonly DaySummary[]): string {
  const hash = createHash('sha256');
  for (const summary of summaries) hash.update(encodeSummary(summary));
  return hash.digest('hex');
}
