import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { fieldError } from '../../shared/domain/errors.ts';
import { parse } from '../../shared/domain/parse.ts';
import type { ClassifierGoldenRow } from '../../shared/scoring/classifier-manifest.ts';
import { csvRows, textRow } from '../datasets/csv-rows.ts';

export const EXPECTED_COLUMN = 'probability_of_default';
const ROWS_MIN = 24;

const cell = z.union([z.literal('').transform(() => null), z.string().transform(Number).pipe(z.number())]);
const probability = z.string().min(1).transform(Number).pipe(z.number().min(0).max(1));

/**
 * What a model should answer, computed by who made it: a CSV of the feature columns, empty is missing, and
 * `probability_of_default`, before any calibration. Raises DomainError `invalid_request` naming line and column:
 * a column missing or unknown, a value that is no float32 number, fewer than 24 rows.
 */
export async function readExpected(
  path: string,
  featureNames: readonly string[],
): Promise<ClassifierGoldenRow[]> {
  const file = basename(path);
  const rows: ClassifierGoldenRow[] = [];
  for await (const { line, row } of csvRows(path, textRow)) {
    if (rows.length === 0) requireColumns(file, Object.keys(row), featureNames);
    rows.push({
      features: featureNames.map((name) => {
        const value = parse(cell, row[name], { root: `${file}:${line}.${name}` });
        if (value === null || Math.fround(value) === value) return value;
        const message = `${file}:${line}.${name}: ${value} is no float32 number`;
        throw fieldError('invalid_request', `${file}:${line}.${name}`, 'not_float32', message);
      }),
      probability: parse(probability, row[EXPECTED_COLUMN], { root: `${file}:${line}.${EXPECTED_COLUMN}` }),
    });
  }
  if (rows.length < ROWS_MIN) {
    const message = `${file}: ${rows.length} rows; ${ROWS_MIN} are needed to mean anything`;
    throw fieldError('invalid_request', file, 'few_rows', message);
  }
  return rows;
}

function requireColumns(file: string, columns: readonly string[], featureNames: readonly string[]): void {
  const expected = new Set([...featureNames, EXPECTED_COLUMN]);
  const missing = [...expected].find((name) => !columns.includes(name));
  const unknown = columns.find((name) => !expected.has(name));
  const column = missing ?? unknown;
  if (column === undefined) return;
  const code = missing === undefined ? 'unknown_column' : 'missing_column';
  const message = `${file}: ${code === 'unknown_column' ? 'no feature is called' : 'there is no column'} ${column}`;
  throw fieldError('invalid_request', `${file}:1.${column}`, code, message);
}

/** Feature vectors for the maker of a model to score: the same CSV without its last column. */
export async function writeInputs(
  path: string,
  featureNames: readonly string[],
  inputs: readonly (readonly number[])[],
): Promise<void> {
  const lines = inputs.map((row) => row.map((value) => (Number.isNaN(value) ? '' : String(value))).join(','));
  await writeFile(path, `${[featureNames.join(','), ...lines].join('\n')}\n`);
}
