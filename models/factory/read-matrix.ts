import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { z } from 'zod';
import { type BusinessDate, businessDate } from '../../shared/domain/calendar.ts';
import { fieldError } from '../../shared/domain/errors.ts';
import { parse } from '../../shared/domain/parse.ts';
import { csvRows, textRow } from '../datasets/csv-rows.ts';

/** A matrix in memory. */
export interface Matrix {
  readonly rows: number;
  readonly ids: readonly string[];
  readonly asOf: readonly BusinessDate[];
  /** 1 defaulted, 0 did not, NaN not known. */
  readonly labels: Float64Array;
  /** `meta_…` columns by name without the prefix, a text per row. */
  readonly meta: ReadonlyMap<string, readonly string[]>;
  /** [rows, F], in the order of the feature list; NaN is missing. */
  readonly features: Float32Array;
}

const META = 'meta_';

/**
 * Read a matrix (CSV, CSV.GZ or Parquet). Its feature columns must be exactly `featureNames`, in order. Raises
 * DomainError `invalid_request` naming line and column.
 */
export async function readMatrix(path: string, featureNames: readonly string[]): Promise<Matrix> {
  const file = basename(path);
  const ids: string[] = [];
  const asOf: BusinessDate[] = [];
  const labels: number[] = [];
  const blocks: Float32Array[] = [];
  let meta: Map<string, string[]> | null = null;
  for await (const { line, row } of path.endsWith('.parquet') ? parquetRows(path) : csvRows(path, textRow)) {
    const at = `${file}:${line}`;
    meta ??= metaOf(Object.keys(row), featureNames, file);
    ids.push(row.id ?? '');
    asOf.push(parse(businessDate, row.as_of, { root: `${at}.as_of` }));
    labels.push(labelOf(row.label, at));
    for (const [name, values] of meta) values.push(row[`${META}${name}`] ?? '');
    blocks.push(Float32Array.from(featureNames, (name) => numberOf(row[name], `${at}.${name}`)));
  }
  if (meta === null) throw fieldError('invalid_request', file, 'no_rows', `${file}: no rows`);
  const features = new Float32Array(blocks.length * featureNames.length);
  for (const [index, block] of blocks.entries()) features.set(block, index * featureNames.length);
  return { rows: ids.length, ids, asOf, labels: Float64Array.from(labels), meta, features };
}

function metaOf(columns: readonly string[], featureNames: readonly string[], file: string) {
  const meta = columns.slice(3).filter((column) => column.startsWith(META));
  const expected = ['id', 'as_of', 'label', ...meta, ...featureNames];
  for (let index = 0; index < Math.max(expected.length, columns.length); index += 1) {
    if (columns[index] === expected[index]) continue;
    const message = `${file}: column ${index + 1} is ${columns[index] ?? 'none'}, not ${expected[index] ?? 'none'}`;
    throw fieldError(
      'invalid_request',
      `${file}:1.${columns[index] ?? expected[index]}`,
      'wrong_column',
      message,
    );
  }
  return new Map(meta.map((column): [string, string[]] => [column.slice(META.length), []]));
}

function labelOf(text: string | undefined, at: string): number {
  if (text === '0') return 0;
  if (text === '1') return 1;
  if (text === undefined || text === '') return Number.NaN;
  throw fieldError('invalid_request', `${at}.label`, 'invalid_label', `${at}: label must be 0, 1 or empty`);
}

function numberOf(text: string | undefined, field: string): number {
  if (text === undefined || text === '') return Number.NaN;
  const value = Number(text);
  if (Number.isFinite(value)) return value;
  throw fieldError(
    'invalid_request',
    field,
    'not_a_number',
    `${field}: ${JSON.stringify(text)} is no number`,
  );
}

const parquetRow = z.record(z.string(), z.union([z.string(), z.number(), z.bigint(), z.null()]));

/** Rows as the CSV has them: texts, missing empty. */
async function* parquetRows(path: string): AsyncGenerator<{ line: number; row: Record<string, string> }> {
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(path) });
  for (const [index, row] of rows.entries()) {
    const parsed = parse(parquetRow, row, { root: `${basename(path)}:${index + 2}` });
    yield {
      line: index + 2,
      row: Object.fromEntries(
        Object.entries(parsed).map(([column, value]) => [column, value === null ? '' : String(value)]),
      ),
    };
  }
}

/** SHA-256 of a file's bytes in hex, as a manifest names the matrix it was trained on. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}
