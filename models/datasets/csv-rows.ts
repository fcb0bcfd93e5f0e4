import { createReadStream, existsSync } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse as csvParser } from 'csv-parse';
import { z } from 'zod';
import { fieldError } from '../../shared/domain/errors.ts';
import { parse } from '../../shared/domain/parse.ts';

/** A row of a CSV file and where it stands: the header is line 1. */
export interface CsvRow<Row> {
  readonly line: number;
  readonly row: Row;
}

export interface CsvOptions {
  /** Default: a comma. */
  readonly delimiter?: string;
  readonly encoding?: string;
}

/**
 * Rows of a CSV file with header, gzipped when its name ends in `.gz`, parsed one by one. Raises DomainError
 * `invalid_request` naming file, line and field.
 */
export async function* csvRows<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  options: CsvOptions = {},
): AsyncGenerator<CsvRow<z.output<Schema>>> {
  const file = basename(path);
  if (!existsSync(path)) throw fieldError('invalid_request', file, 'not_found', `${file}: no such file`);
  const csv = csvParser({
    columns: true,
    bom: true,
    delimiter: options.delimiter ?? ',',
    ...(options.encoding === undefined ? {} : { encoding: options.encoding as BufferEncoding }),
  });
  const source = createReadStream(path);
  // A failure of the file or its compression reaches the reader through the parser it is piped into.
  const rows = path.endsWith('.gz')
    ? pipeline(source, createGunzip(), csv, () => {})
    : pipeline(source, csv, () => {});
  let line = 1;
  for await (const row of rows) {
    line += 1;
    yield { line, row: parse(schema, row, { root: `${file}:${line}` }) };
  }
}

/** A row as it stands: every column a text. */
export const textRow = z.record(z.string(), z.string());
