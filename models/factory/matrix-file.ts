import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { BusinessDate } from '../../shared/domain/calendar.ts';
import { type FeatureVector, features, featuresJson } from '../../shared/features/feature-list.ts';

/** One applicant of a training matrix: what was known on `asOf`, and what then happened. */
export interface MatrixRow {
  /** No commas, quotes or line breaks. */
  readonly id: string;
  readonly asOf: BusinessDate;
  /** Null while the outcome is not known. */
  readonly defaulted: boolean | null;
  /** Written as `meta_…` columns, the same for every row; never read as features. */
  readonly meta: Readonly<Record<string, string | number>>;
  readonly features: FeatureVector;
}

export interface WrittenMatrix {
  readonly matrixFile: string;
  readonly featuresFile: string;
  readonly rows: number;
  readonly defaults: number;
}

/**
 * Write a matrix (gzipped CSV, missing values empty, float32 values round-trip exact) as `<name>.csv.gz` and
 * the feature list beside it as `features.json`. Rows stream: memory does not grow with their number. Raises
 * RangeError on a cell that CSV would need quotes for, or a row whose meta columns differ from the first's.
 */
export async function writeMatrix(
  directory: string,
  name: string,
  rows: Iterable<MatrixRow> | AsyncIterable<MatrixRow>,
): Promise<WrittenMatrix> {
  const matrixFile = join(directory, `${name}.csv.gz`);
  const counted = { rows: 0, defaults: 0 };
  // Level 1: the matrix is read once or twice; a smaller file is not worth three times the time.
  await pipeline(
    Readable.from(linesOf(rows, counted)),
    createGzip({ level: 1 }),
    createWriteStream(matrixFile),
  );
  return { matrixFile, featuresFile: await writeFeatureList(dirname(matrixFile)), ...counted };
}

export async function writeFeatureList(directory: string): Promise<string> {
  const file = join(directory, 'features.json');
  await writeFile(file, `${JSON.stringify(featuresJson(), null, 1)}\n`);
  return file;
}

async function* linesOf(
  rows: Iterable<MatrixRow> | AsyncIterable<MatrixRow>,
  counted: { rows: number; defaults: number },
): AsyncGenerator<string> {
  let metaNames: readonly string[] | null = null;
  for await (const row of rows) {
    if (metaNames === null) {
      metaNames = Object.keys(row.meta);
      const columns = ['id', 'as_of', 'label', ...metaNames.map((name) => `meta_${name}`)];
      yield `${[...columns, ...features.map((feature) => feature.name)].join(',')}\n`;
    }
    counted.rows += 1;
    counted.defaults += row.defaulted === true ? 1 : 0;
    yield `${lineOf(row, metaNames)}\n`;
  }
  if (metaNames === null) throw new RangeError('a matrix needs at least one row');
}

function lineOf(row: MatrixRow, metaNames: readonly string[]): string {
  const label = row.defaulted === null ? '' : row.defaulted ? '1' : '0';
  const meta = metaNames.map((name) => {
    const value = row.meta[name];
    if (value === undefined) throw new RangeError(`${row.id}: no meta column ${name}`);
    return plainCell(String(value));
  });
  // A float32 prints as the shortest decimal of its float64 value, which reads back to the same float32.
  const values = Array.from(row.features, (value) => (Number.isNaN(value) ? '' : String(value)));
  return [plainCell(row.id), row.asOf, label, ...meta, ...values].join(',');
}

function plainCell(text: string): string {
  if (/[",\r\n]/.test(text)) throw new RangeError(`${JSON.stringify(text)}: must not need quotes in CSV`);
  return text;
}
