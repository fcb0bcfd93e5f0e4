import { createHash } from 'node:crypto';
import { CsvError, parse as parseCsv } from 'csv-parse/sync';
import { z } from 'zod';
import { businessDate } from '../../shared/domain/calendar.ts';
import { canonicalJson } from '../../shared/domain/canonical-json.ts';
import { loanId } from '../../shared/domain/identifiers.ts';
import { loanEventId, loanEvents } from '../../shared/domain/lending/loan-event.ts';
import { loanReceipt } from '../../shared/domain/lending/loan-receipt.ts';
import { currency } from '../../shared/domain/money.ts';

/**
 * Lines of one request. On DynamoDB a line takes about 25 ms and four are written at once, so these take about 13 of
 * the 29 seconds API Gateway waits; a longer file goes in several requests.
 */
export const REPAYMENT_LINES_MAX = 2_000;

/** A line of the bank's file. Its reference is the bank's own, and stands for this payment for good. */
export const repaymentFileLine = z.strictObject({
  reference: loanEventId,
  loanId,
  businessDate: businessDate.describe('Value date'),
  amountMinor: loanEvents.repayment.shape.amountMinor,
  currency: currency.optional().describe('Must be the loan’s. Default: the loan’s'),
});
export type RepaymentFileLine = z.output<typeof repaymentFileLine>;

const COLUMNS = Object.keys(repaymentFileLine.shape);
const OPTIONAL_COLUMNS: readonly string[] = ['currency'];

/** A line as a CSV file has it: all cells are text, and an empty one says nothing. */
export const repaymentCsvLine = z.strictObject({
  ...repaymentFileLine.shape,
  amountMinor: z
    .string()
    .regex(/^\d{1,13}$/, 'must be a whole number of minor units: 1234 for 12.34')
    .transform(Number)
    .pipe(repaymentFileLine.shape.amountMinor),
});

export interface RepaymentFile {
  /** SHA-256 of the file as it was sent (of JSON: its lines in canonical form), hex. */
  readonly fileSha256: string;
  readonly lines: readonly { readonly number: number; readonly said: unknown }[];
  readonly schema: typeof repaymentFileLine | typeof repaymentCsvLine;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A request of JSON. Each line is anything: one that is wrong is rejected by itself and holds up no other. */
export const repaymentFileBody = z
  .strictObject({
    lines: z
      .array(
        z.unknown().meta({
          override: ({ jsonSchema }: { jsonSchema: object }) => {
            const { $schema, ...shape } = z.toJSONSchema(repaymentFileLine, { io: 'input' });
            Object.assign(jsonSchema, shape);
          },
        }),
      )
      .min(1)
      .max(REPAYMENT_LINES_MAX),
  })
  .transform(
    ({ lines }): RepaymentFile => ({
      fileSha256: sha256(canonicalJson(lines)),
      lines: lines.map((said, index) => ({ number: index + 1, said })),
      schema: repaymentFileLine,
    }),
  );

const csvOptions = {
  bom: true,
  info: true,
  relax_column_count: true,
  skip_empty_lines: true,
  trim: true,
} as const;
const csvRecords = z.array(
  z.object({ record: z.array(z.string()), info: z.object({ lines: z.int().min(1) }) }),
);

/**
 * A request of CSV: UTF-8, with a header that names `reference,loanId,businessDate,amountMinor` and, if it likes,
 * `currency`, in any order. Numbers of lines are those of the file, the header's is 1.
 */
export const repaymentFileCsv = z
  .string()
  .describe(
    'Header `reference,loanId,businessDate,amountMinor` and optionally `currency`, in any order; one repayment a line',
  )
  .transform((text, context): RepaymentFile => {
    const refuse = (field: string, message: string) => {
      context.addIssue({ code: 'custom', path: [field], message });
      return z.NEVER;
    };
    let records: z.output<typeof csvRecords>;
    try {
      records = csvRecords.parse(parseCsv(text, csvOptions));
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      const line = 'lines' in error && typeof error.lines === 'number' ? error.lines : 1;
      return refuse(`line ${line}`, 'is no CSV: a quote stands where none may, or is left open');
    }
    const [header, ...rows] = records;
    const names = header?.record ?? [];
    const missing = COLUMNS.find((name) => !OPTIONAL_COLUMNS.includes(name) && !names.includes(name));
    if (missing !== undefined) return refuse('header', `must name the column ${missing}`);
    const unknown = names.find((name, index) => !COLUMNS.includes(name) || names.indexOf(name) !== index);
    if (unknown !== undefined) {
      return refuse('header', `knows the columns ${COLUMNS.join(', ')}, each once; not ${unknown}`);
    }
    if (rows.length === 0) return refuse('lines', 'must hold at least one line after the header');
    if (rows.length > REPAYMENT_LINES_MAX) {
      return refuse(
        'lines',
        `must be at most ${REPAYMENT_LINES_MAX}: send a longer file in several requests`,
      );
    }
    return {
      fileSha256: sha256(text),
      lines: rows.map(({ record, info }) => ({ number: info.lines, said: saidOf(names, record) })),
      schema: repaymentCsvLine,
    };
  });

/** Null where the cells are not as many as the columns: nobody can say which of them is which. */
function saidOf(names: readonly string[], cells: readonly string[]): Record<string, string> | null {
  if (cells.length !== names.length) return null;
  return Object.fromEntries(
    names.flatMap((name, index) => {
      const cell = cells[index] ?? '';
      return cell === '' ? [] : [[name, cell]];
    }),
  );
}

const ofLine = {
  line: z.int().min(1).describe('Of the file; of JSON, the place in `lines` from 1'),
  reference: z.string().nullable().describe('As the line has it'),
};

/** What became of a line. */
export const repaymentFileResult = z.discriminatedUnion('result', [
  z.strictObject({ ...ofLine, result: z.literal('recorded'), receipt: loanReceipt }),
  z.strictObject({ ...ofLine, result: z.literal('duplicate'), receipt: loanReceipt }),
  z.strictObject({
    ...ofLine,
    result: z.literal('rejected'),
    error: z.strictObject({ code: z.string(), field: z.string(), message: z.string() }),
  }),
]);
export type RepaymentFileResult = z.output<typeof repaymentFileResult>;

const sumMinor = z.int().min(0);

/** What became of a file: every line is in one of the three counts, and its amount in the sum beside it. */
export const repaymentFileReport = z.strictObject({
  fileSha256: z.string(),
  recorded: z.int(),
  duplicates: z.int(),
  rejected: z.int(),
  recordedMinor: sumMinor,
  duplicateMinor: sumMinor,
  rejectedMinor: sumMinor.describe('Of the rejected lines whose amount could be read'),
  results: z.array(repaymentFileResult),
});
