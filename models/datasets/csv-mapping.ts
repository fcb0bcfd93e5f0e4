import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { timeZone } from '../../shared/domain/calendar.ts';
import { fieldError } from '../../shared/domain/errors.ts';
import { currency } from '../../shared/domain/money.ts';
import { parse } from '../../shared/domain/parse.ts';
import { transactionChannels, transactionKinds } from '../../shared/domain/transaction.ts';

const column = z.string().min(1);
const file = z.string().regex(/^[^/\\]+\.csv(\.gz)?$/, 'must be a .csv or .csv.gz file of the folder');
const values = z.array(z.string()).min(1);
/** Column by name of the report's attribute; never features. */
const meta = z.record(z.string().regex(/^[a-z][a-z0-9_]*$/), column).default({});

export const dayFormats = [
  'YYYY-MM-DD',
  'YYYYMMDD',
  'YYYY/MM/DD',
  'DD.MM.YYYY',
  'DD/MM/YYYY',
  'MM/DD/YYYY',
] as const;
const dayFormat = z.enum(dayFormats).default('YYYY-MM-DD');

/** How one row of the file becomes a kind: the first rule whose columns all hold one of the values. */
const kindRule = z.strictObject({
  /** Absent: any row. */
  when: z.record(column, values).optional(),
  kind: z.enum(transactionKinds),
});

const transactionMapping = z.strictObject({
  file,
  account: column,
  /** Absent: rows are named by their line, and a row sent twice counts twice. */
  id: column.optional(),
  day: column,
  dayFormat,
  /** Local time of day, `HH:MM` or `HH:MM:SS`. Absent: only the day is known. */
  time: column.optional(),
  /** One column, or one of inflows and one of outflows, of which each row fills one. */
  amount: z.union([column, z.strictObject({ inflow: column, outflow: column })]),
  /** Absent: amounts carry their sign, inflow positive. Given: amounts are unsigned, and a column tells. */
  sign: z.strictObject({ column, inflow: values, outflow: values }).optional(),
  kinds: z.array(kindRule).min(1),
  balanceAfter: column.optional(),
  /** The other side: these columns together, unless one is empty. Hashed, unless they are pseudonyms already. */
  counterparty: z
    .strictObject({ columns: z.array(column).min(1), hashed: z.boolean().default(true) })
    .optional(),
  channel: z.enum(transactionChannels).default('bank'),
  /** `balance`: a day's rows are put in the order in which their balances follow from one another. */
  orderWithinDay: z.enum(['file', 'balance']).default('file'),
});

const loanMapping = z.strictObject({
  file,
  id: column,
  account: column,
  /** The day of the decision: only what came before is history. */
  decidedOn: column,
  dayFormat,
  principal: column,
  termMonths: column,
  defaulted: z.strictObject({ column, defaulted: values, repaid: values }),
  /** At which the asked installment is reckoned. Default: what a county program charges. */
  annualRateBps: z.int().min(0).max(10_000).optional(),
  meta,
});

const accountMapping = z.strictObject({
  file,
  id: column,
  openedOn: column.optional(),
  dayFormat,
  county: column.optional(),
  meta,
});

/** Which column of a lender's own files is what. */
export const csvMapping = z.strictObject({
  $schema: z.string().optional(),
  name: z.string().min(1).max(120),
  /** Begins the ids given to accounts: `stn_<idPrefix>-<account>`. */
  idPrefix: z.string().regex(/^[a-z0-9][a-z0-9-]{0,15}$/),
  currency,
  timeZone,
  /** Decimals of the amounts at most: 2 for yuan and fen, 0 when amounts are in minor units or have none. */
  amountDecimals: z.int().min(0).max(4).default(2),
  decimalSeparator: z.enum(['.', ',']).default('.'),
  delimiter: z.string().length(1).default(','),
  encoding: z.enum(['utf8', 'latin1', 'utf16le']).default('utf8'),
  transactions: transactionMapping,
  loans: loanMapping,
  accounts: accountMapping.optional(),
});
export type CsvMapping = z.output<typeof csvMapping>;

/** Raises DomainError `invalid_request` naming the file and the field of it. */
export async function readMapping(path: string): Promise<CsvMapping> {
  const name = basename(path);
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    const what = cause instanceof SyntaxError ? 'not_json' : 'not_found';
    throw fieldError(
      'invalid_request',
      name,
      what,
      `${name}: ${what === 'not_json' ? 'not JSON' : 'no such file'}`,
    );
  }
  return parse(csvMapping, content, { root: name });
}
