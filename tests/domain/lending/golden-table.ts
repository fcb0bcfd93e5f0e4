import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';

/** Rows of a golden table beside these tests, each checked against a schema of its columns. */
export function goldenTable<Row extends z.ZodType>(file: string, row: Row): z.output<Row>[] {
  const text = readFileSync(new URL(`golden/${file}`, import.meta.url));
  return z.array(row).parse(parse(text, { columns: true }));
}
