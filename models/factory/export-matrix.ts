import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DomainError, type FieldIssue } from '../../shared/domain/errors.ts';
import { featureListHash } from '../../shared/features/feature-list.ts';
import { type MatrixRow, writeMatrix } from './matrix-file.ts';
import type { RecordedOutcome } from './outcomes-file.ts';
import { alsoToParquet } from './parquet-matrix.ts';
import { type RecordedMatrixOptions, recordedMatrixRows } from './recorded-matrix.ts';

export interface ExportMatrixOptions extends RecordedMatrixOptions {
  readonly directory: string;
  /** Of the matrix: `<name>.csv.gz`, `<name>.parquet`. */
  readonly name: string;
  /** Leave refused rows out and list them in `<name>.refused.csv`; otherwise one of them refuses the export. */
  readonly skipRefused: boolean;
}

export interface ExportedMatrix {
  readonly files: readonly string[];
  readonly featureListHash: string;
  readonly rows: number;
  readonly defaults: number;
  readonly refused: readonly FieldIssue[];
}

/**
 * Write the point-in-time matrix of recorded outcomes as CSV and Parquet, with the feature list beside it. All
 * files appear at once, when they are whole; a refused export leaves what was there before.
 *
 * Raises DomainError `invalid_request` with an issue per refused row (`recordedMatrixRows` has the codes), unless
 * `skipRefused`; or `no_rows` when none is left.
 */
export async function exportMatrix(
  outcomes: AsyncIterable<RecordedOutcome> | Iterable<RecordedOutcome>,
  options: ExportMatrixOptions,
): Promise<ExportedMatrix> {
  const { directory, name, skipRefused } = options;
  await mkdir(directory, { recursive: true });
  const unfinished = await mkdtemp(join(directory, '.unfinished-'));
  try {
    const refused: FieldIssue[] = [];
    const rows = alsoToParquet(join(unfinished, `${name}.parquet`), accepted(outcomes, options, refused));
    const written = await writeMatrix(unfinished, name, rows).catch((error: unknown) => {
      throw refused.length > 0 ? refusalOf(refused) : error;
    });
    if (refused.length > 0 && !skipRefused) throw refusalOf(refused);
    const files = [written.matrixFile, join(unfinished, `${name}.parquet`), written.featuresFile];
    if (refused.length > 0) {
      const file = join(unfinished, `${name}.refused.csv`);
      await writeFile(file, refusedCsv(refused));
      files.push(file);
    }
    for (const file of files) await rename(file, join(directory, basename(file)));
    return {
      files: files.map((file) => join(directory, basename(file))),
      featureListHash,
      rows: written.rows,
      defaults: written.defaults,
      refused,
    };
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function* accepted(
  outcomes: AsyncIterable<RecordedOutcome> | Iterable<RecordedOutcome>,
  options: ExportMatrixOptions,
  refused: FieldIssue[],
): AsyncGenerator<MatrixRow> {
  let any = false;
  for await (const { row, refused: issue } of recordedMatrixRows(outcomes, options)) {
    if (issue !== undefined) {
      refused.push(issue);
      continue;
    }
    any = true;
    yield row;
  }
  if (!any && refused.length === 0) {
    throw new DomainError('invalid_request', 'the outcomes file has no rows', {
      issues: [{ field: 'outcomes', code: 'no_rows', message: 'no outcome to make a row of' }],
    });
  }
}

function refusalOf(refused: readonly FieldIssue[]): DomainError {
  const rows = refused.length === 1 ? 'one row is' : `${refused.length} rows are`;
  return new DomainError('invalid_request', `${rows} refused, so no matrix was written`, { issues: refused });
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const refusedCsv = (refused: readonly FieldIssue[]) =>
  [
    'at,code,message',
    ...refused.map((issue) => [issue.field, issue.code, issue.message].map(quoted).join(',')),
  ]
    .join('\n')
    .concat('\n');
