import { dateOfEpochDay, epochDayOf } from '../domain/calendar.ts';
import { type BundleRow, type DayBundle, inOrderOfOccurrence } from '../domain/day-bundle.ts';
import { transactionChannels, transactionKinds } from '../domain/transaction.ts';
import { type ByteReader, type ByteWriter, bitWidth, corrupt } from './byte-columns.ts';
import { packUuid, unpackUuid } from './transaction-id-bytes.ts';

const MILLISECONDS_PER_DAY = 86_400_000;
const timeUnitsMs = [60_000, 1_000, 1] as const;

const rankByKind = new Map(transactionKinds.map((kind, rank) => [kind, rank]));
const rankByChannel = new Map(transactionChannels.map((channel, rank) => [channel, rank]));

/** Write a bundle's columns as bundle-codec.ts lays them out; the UUIDs come back apart, 16 bytes each. */
export function writeColumns(bundle: DayBundle, writer: ByteWriter): { packed: Uint8Array; count: number } {
  const { rows } = bundle;
  const epochDay = epochDayOf(bundle.day);
  writer.varint(epochDay);
  writer.ascii(bundle.currency);
  writer.varint(rows.length);

  const packed = new Uint8Array(rows.length * 16);
  let count = 0;
  const isPacked = rows.map(({ transactionId }) => {
    const isUuid = packUuid(transactionId, packed, count * 16);
    if (isUuid) count += 1;
    return isUuid;
  });
  writePresence(writer, isPacked);
  for (const [index, row] of rows.entries()) if (!isPacked[index]) writer.text(row.transactionId);

  writeTimes(writer, rows, epochDay * MILLISECONDS_PER_DAY);
  writeRanks(
    writer,
    rows.map((row) => rankByKind.get(row.kind) ?? -1),
  );
  writeRanks(
    writer,
    rows.map((row) => rankByChannel.get(row.channel) ?? -1),
  );
  writeAmounts(writer, rows);
  writeRecordedAt(writer, rows);
  writeReversals(writer, rows);
  writeBalances(writer, rows);
  writeCounterparties(writer, rows);
  return { packed, count };
}

/** Read what `writeColumns` wrote. Raises DomainError `corrupt_record`. */
export function readColumns(reader: ByteReader, uuids: ByteReader): DayBundle {
  const epochDay = reader.varint();
  if (epochDay > 100_000) throw corrupt('bundle day');
  const day = dateOfEpochDay(epochDay);
  const currency = reader.ascii(3);
  const count = reader.count(8);

  const ids = readPresence(reader, count).map((isPacked) =>
    isPacked ? unpackUuid(uuids.bytes(16)) : reader.text(),
  );
  uuids.end();
  const occurredAt = readTimes(reader, count, epochDay * MILLISECONDS_PER_DAY);
  const kinds = readRanks(reader, count, transactionKinds);
  const channels = readRanks(reader, count, transactionChannels);
  const amounts = readAmounts(reader, count);
  const recordedAt = readRecordedAt(reader, count);
  const reversals = readReversals(reader, ids);
  const balances = readBalances(reader, amounts);
  const counterparties = readCounterparties(reader, count);
  reader.end();

  const rows: BundleRow[] = ids.map((transactionId, index) => ({
    transactionId,
    kind: at(kinds, index),
    occurredAtMs: at(occurredAt, index),
    amountMinor: at(amounts, index),
    counterparty: at(counterparties, index),
    balanceAfterMinor: at(balances, index),
    channel: at(channels, index),
    reverses: reversals.get(index) ?? null,
    recordedAtMs: at(recordedAt, index),
  }));
  for (const [index, row] of rows.entries()) {
    const next = rows[index + 1];
    if (next !== undefined && inOrderOfOccurrence(row, next) >= 0) throw corrupt('bundle rows out of order');
  }
  return { day, currency, rows };
}

function at<Value>(values: readonly Value[], index: number): Value {
  const value = values[index];
  if (value === undefined) throw corrupt('a column is too short');
  return value;
}

function writePresence(writer: ByteWriter, present: readonly boolean[]): void {
  const isAll = present.every(Boolean);
  if (isAll || !present.some(Boolean)) {
    writer.byte(isAll ? 1 : 0);
    return;
  }
  writer.byte(2);
  writer.packed(present.map(Number), 1);
}

function readPresence(reader: ByteReader, count: number): boolean[] {
  const mode = reader.byte();
  if (mode > 2) throw corrupt(`presence ${mode}`);
  if (mode === 2) return reader.packed(count, 1).map((bit) => bit === 1);
  return new Array<boolean>(count).fill(mode === 1);
}

function writeTimes(writer: ByteWriter, rows: readonly BundleRow[], midnightMs: number): void {
  const unit = timeUnitsMs.find((ms) => rows.every((row) => row.occurredAtMs % ms === 0)) ?? 1;
  writer.varint(unit);
  let previous = midnightMs / unit;
  for (const [index, row] of rows.entries()) {
    const units = row.occurredAtMs / unit;
    if (index === 0) writer.zigzag(units - previous);
    else writer.varint(units - previous);
    previous = units;
  }
}

function readTimes(reader: ByteReader, count: number, midnightMs: number): number[] {
  const unit = reader.varint();
  if (!timeUnitsMs.some((known) => known === unit)) throw corrupt(`time unit ${unit}`);
  let units = midnightMs / unit;
  return Array.from({ length: count }, (_, index) => {
    units += index === 0 ? reader.zigzag() : reader.varint();
    return units * unit;
  });
}

/** Values of a short fixed list: which occur, then each row's rank among those. */
function writeRanks(writer: ByteWriter, ranks: readonly number[]): void {
  let mask = 0;
  for (const rank of ranks) {
    if (rank < 0) throw new RangeError('value outside its list');
    mask |= 1 << rank;
  }
  writer.varint(mask);
  const occurring = ranksOfMask(mask);
  const position = new Map(occurring.map((rank, index) => [rank, index]));
  writer.packed(
    ranks.map((rank) => position.get(rank) ?? 0),
    bitWidth(occurring.length),
  );
}

function readRanks<Value>(reader: ByteReader, count: number, values: readonly Value[]): Value[] {
  const mask = reader.varint();
  if (mask >= 2 ** values.length) throw corrupt('a value beyond its list');
  const occurring = ranksOfMask(mask).map((rank) => at(values, rank));
  return reader.packed(count, bitWidth(occurring.length)).map((index) => at(occurring, index));
}

function ranksOfMask(mask: number): number[] {
  const ranks: number[] = [];
  for (let rank = 0; 2 ** rank <= mask; rank += 1) if ((mask >> rank) & 1) ranks.push(rank);
  return ranks;
}

function writeAmounts(writer: ByteWriter, rows: readonly BundleRow[]): void {
  let divisor = 0;
  for (const row of rows) divisor = greatestCommonDivisor(divisor, Math.abs(row.amountMinor));
  writer.varint(divisor);
  for (const row of rows) writer.zigzag(divisor === 0 ? 0 : row.amountMinor / divisor);
}

function readAmounts(reader: ByteReader, count: number): number[] {
  const divisor = reader.varint();
  return Array.from({ length: count }, () => reader.zigzag() * divisor);
}

function greatestCommonDivisor(a: number, b: number): number {
  let [divisor, rest] = [a, b];
  while (rest !== 0) [divisor, rest] = [rest, divisor % rest];
  return divisor;
}

function writeRecordedAt(writer: ByteWriter, rows: readonly BundleRow[]): void {
  const instants = [...new Set(rows.map((row) => row.recordedAtMs))].sort((a, b) => a - b);
  writer.varint(instants.length);
  let previous = 0;
  for (const instant of instants) {
    writer.varint(instant - previous);
    previous = instant;
  }
  const rank = new Map(instants.map((instant, index) => [instant, index]));
  writer.packed(
    rows.map((row) => rank.get(row.recordedAtMs) ?? 0),
    bitWidth(instants.length),
  );
}

function readRecordedAt(reader: ByteReader, count: number): number[] {
  let instant = 0;
  const instants = Array.from({ length: reader.count(8) }, () => {
    instant += reader.varint();
    return instant;
  });
  return reader.packed(count, bitWidth(instants.length)).map((rank) => at(instants, rank));
}

function writeReversals(writer: ByteWriter, rows: readonly BundleRow[]): void {
  const reversals = [...rows.entries()].filter(([, row]) => row.reverses !== null);
  writer.varint(reversals.length);
  if (reversals.length === 0) return;
  const indexById = new Map(rows.map((row, index) => [row.transactionId, index]));
  let previous = 0;
  for (const [index, { reverses }] of reversals) {
    writer.varint(index - previous);
    previous = index;
    const target = indexById.get(reverses ?? '');
    writer.varint(target === undefined ? 0 : target + 1);
    if (target === undefined) writer.text(reverses ?? '');
  }
}

function readReversals(reader: ByteReader, ids: readonly string[]): Map<number, string> {
  const reversals = new Map<number, string>();
  let index = 0;
  for (let left = reader.count(16); left > 0; left -= 1) {
    index += reader.varint();
    if (index >= ids.length) throw corrupt('a reversal beyond the rows');
    const target = reader.varint();
    reversals.set(index, target === 0 ? reader.text() : at(ids, target - 1));
  }
  return reversals;
}

function writeBalances(writer: ByteWriter, rows: readonly BundleRow[]): void {
  writePresence(
    writer,
    rows.map((row) => row.balanceAfterMinor !== null),
  );
  let balance = 0;
  for (const row of rows) {
    // A plain account's balance follows from its amounts, and the difference is then nothing.
    balance += row.amountMinor;
    if (row.balanceAfterMinor === null) continue;
    writer.zigzag(row.balanceAfterMinor - balance);
    balance = row.balanceAfterMinor;
  }
}

function readBalances(reader: ByteReader, amounts: readonly number[]): (number | null)[] {
  let balance = 0;
  return readPresence(reader, amounts.length).map((isPresent, index) => {
    balance += at(amounts, index);
    if (!isPresent) return null;
    balance += reader.zigzag();
    return balance;
  });
}

function writeCounterparties(writer: ByteWriter, rows: readonly BundleRow[]): void {
  const named = rows.flatMap((row) => (row.counterparty === null ? [] : [row.counterparty]));
  writePresence(
    writer,
    rows.map((row) => row.counterparty !== null),
  );
  if (named.length === 0) return;
  const rank = new Map<string, number>();
  for (const name of named) if (!rank.has(name)) rank.set(name, rank.size);
  writer.varint(rank.size);
  for (const name of rank.keys()) writer.text(name);
  writer.packed(
    named.map((name) => rank.get(name) ?? 0),
    bitWidth(rank.size),
  );
}

function readCounterparties(reader: ByteReader, count: number): (string | null)[] {
  const present = readPresence(reader, count);
  const namedCount = present.filter(Boolean).length;
  if (namedCount === 0) return present.map(() => null);
  const names = Array.from({ length: reader.count(8) }, () => reader.text());
  const ranks = reader.packed(namedCount, bitWidth(names.length));
  let next = 0;
  return present.map((isPresent) => {
    if (!isPresent) return null;
    const name = at(names, at(ranks, next));
    next += 1;
    return name;
  });
}
