import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { DayBundle } from '../domain/day-bundle.ts';
import { readColumns, writeColumns } from './bundle-columns.ts';
import { ByteReader, ByteWriter, corrupt } from './byte-columns.ts';

/**
 * The rows of a day bundle, or of one part of a busy day (stored-day.ts), as bytes, column by column. Version 1:
 *
 *   byte 0        1, the version
 *   bytes 1-4     CRC-32 of all that follows, big-endian
 *   byte 5        0: columns as they are; 1: columns deflated (RFC 1951), whichever is shorter
 *   varint, bytes number of ids that are canonical UUIDs, then 16 bytes for each
 *   varint, bytes length of the columns before deflating, then the columns to the end
 *
 * Columns, rows in order of occurrence (varint is LEB128; zigzag is a signed varint; packed is a fixed number
 * of bits a row, just enough for the values that occur; presence is 0 none, 1 all, or 2 and one bit a row):
 *
 *   day           varint days since 1970, then 3 ASCII letters of currency, then varint number of rows
 *   id            presence of a packed UUID; each other id as varint length and ASCII
 *   occurredAt    varint unit in ms (60,000, 1,000 or 1), zigzag units from the day's UTC midnight, then
 *                 varint units from row to row
 *   kind, channel varint bit mask of those that occur, then packed ranks within the mask
 *   amountMinor   varint greatest common divisor, then zigzag quotients
 *   recordedAt    varint number of distinct instants, the first in ms since 1970, varint steps, packed ranks
 *   reverses      varint number; each: varint rows since the last, then varint 1 + row of the transaction it
 *                 names, or 0 and the id as text when that has not come
 *   balance       presence, then zigzag difference from the balance before plus the amount
 *   counterparty  presence, varint number of distinct ones, their texts by first occurrence, packed ranks
 *
 * Order and choice of every part are fixed, so equal bundles are equal bytes. Lists of kinds and channels are
 * append-only because their ranks are stored.
 */
export const BUNDLE_VERSION = 1;

/** Above any bundle or part that fits an item: what a corrupt length may at most make us allocate. */
const COLUMNS_BYTES_MAX = 4_000_000;
/** Shorter columns never gain from deflating what it costs to try. */
const DEFLATE_BYTES_MIN = 64;

// Encoding never awaits, so one writer serves every call.
const columnWriter = new ByteWriter();
const bundleWriter = new ByteWriter();

/** Bytes of a bundle's rows. */
export function encodeBundle(bundle: DayBundle): Uint8Array {
  const columns = columnWriter;
  columns.reset();
  const { packed, count } = writeColumns(bundle, columns);
  const plain = columns.toBytes();
  const deflated = plain.length < DEFLATE_BYTES_MIN ? plain : deflateRawSync(plain);
  const isDeflated = deflated.length < plain.length;

  const body = bundleWriter;
  body.reset();
  body.byte(isDeflated ? 1 : 0);
  body.varint(count);
  body.bytes(packed.subarray(0, count * 16));
  body.varint(plain.length);
  body.bytes(isDeflated ? deflated : plain);
  const checked = body.toBytes();

  body.reset();
  body.byte(BUNDLE_VERSION);
  body.uint32(crc32(checked));
  body.bytes(checked);
  return body.toBytes();
}

/** The bundle of its bytes. Raises DomainError `corrupt_record` on any byte that `encodeBundle` did not write. */
export function decodeBundle(bytes: Uint8Array): DayBundle {
  const reader = new ByteReader(bytes);
  const version = reader.byte();
  if (version !== BUNDLE_VERSION) throw corrupt(`bundle version ${version} is not known`);
  const checksum = reader.uint32();
  if (crc32(bytes.subarray(bytes.length - reader.remaining)) !== checksum) {
    throw corrupt('bundle checksum does not match');
  }
  const isDeflated = reader.byte() === 1;
  const uuids = new ByteReader(reader.bytes(reader.count(128) * 16));
  const length = reader.varint();
  if (length > COLUMNS_BYTES_MAX) throw corrupt('bundle columns are too long');
  const stored = reader.bytes(reader.remaining);
  const columns = isDeflated ? inflate(stored, length) : stored;
  if (columns.length !== length) throw corrupt('bundle columns have another length');
  return readColumns(new ByteReader(columns), uuids);
}

function inflate(stored: Uint8Array, length: number): Uint8Array {
  try {
    return inflateRawSync(stored, { maxOutputLength: length });
  } catch {
    throw corrupt('bundle columns do not inflate');
  }
}
