import { join } from 'node:path';
import { z } from 'zod';
import { businessDate } from '../../shared/domain/calendar.ts';
import { fieldError } from '../../shared/domain/errors.ts';
import { parse } from '../../shared/domain/parse.ts';
import { type Transaction, type TransactionKind, transaction } from '../../shared/domain/transaction.ts';
import type { RequestFacts } from '../../shared/features/request-facts.ts';
import { inBalanceOrder } from './balance-order.ts';
import { csvRows } from './csv-rows.ts';

/**
 * The PKDD'99 financial data (Berka and Sochorova, a Czech bank, 1993–1996): accounts, their transactions
 * before a loan, and how the loan went, read as plain bank accounts in our own schema.
 *
 * What a line becomes. No kind of station trade is ever used, so the features know it for a plain account.
 *
 * | type       | operation or purpose                     | kind              | sign |
 * | ---        | ---                                      | ---               | ---  |
 * | any        | purpose: interest credited               | interest          | +    |
 * | any        | purpose: sanction interest               | interest          | −    |
 * | any        | purpose: payment for statement           | fee               | −    |
 * | any        | purpose: household, insurrance payment   | operating_expense | −    |
 * | credit     | cash, or collection from another bank    | transfer_in       | +    |
 * | withdrawal | cash, card, or remittance without purpose| transfer_out      | −    |
 *
 * The data know dates only: a line occurs at midnight UTC plus its place within the day in seconds, and the
 * station's time zone is UTC, so no date shifts. Amounts are haléře (CZK / 100).
 */
export const BERKA_CURRENCY = 'CZK';
export const BERKA_TIME_ZONE = 'UTC';

const amountText = z
  .string()
  .regex(/^-?\d{1,9}\.\d\d$/, 'must be an amount with two decimals')
  .transform((text) => Number(text.replace('.', '')));
const idText = z.string().regex(/^[A-Za-z0-9]{1,32}$/, 'must be letters and digits');

const transactionRow = z.object({
  transaction_id: idText,
  account_id: idText,
  booked_on: businessDate,
  type: z.enum(['credit', 'withdrawal']),
  operation: z.enum([
    'credit in cash',
    'collection from another bank',
    'withdrawal in cash',
    'remittance to another bank',
    'credit card withdrawal',
    '',
  ]),
  amount: amountText,
  balance_after: amountText,
  purpose: z.enum([
    'interest credited',
    'sanction interest if negative balance',
    'payment for statement',
    'household',
    'insurrance payment',
    '',
  ]),
  partner_bank: z.string().regex(/^[A-Za-z0-9]{0,16}$/),
  partner_account: z.string().regex(/^[A-Za-z0-9]{0,32}$/),
});
type TransactionRow = z.output<typeof transactionRow>;

const loanRow = z.object({
  loan_id: idText,
  account_id: idText,
  granted_on: businessDate,
  amount: z.string().regex(/^\d{1,9}$/, 'must be whole koruny'),
  duration_months: z.coerce.number().int().min(1).max(60),
  monthly_payment: amountText,
  status: z.enum(['A', 'B', 'C', 'D']),
  defaulted: z.enum(['0', '1']),
});

const accountRow = z.object({
  account_id: idText,
  district_id: z.string().regex(/^\d{1,3}$/),
  opened_on: businessDate,
  owner_born_on: businessDate,
  owner_sex: z.enum(['F', 'M']),
});

export interface BerkaLoan {
  readonly loanId: string;
  readonly stationId: string;
  /** The day the loan was granted: only what came before is history. */
  readonly asOf: string;
  readonly principalMinor: number;
  readonly termMonths: number;
  /** As the bank set it: principal ÷ term, to the koruna. Interest-free. */
  readonly monthlyPaymentMinor: number;
  /** Status B (finished unpaid) or D (running, in debt). C is still running, so its good end is not final. */
  readonly defaulted: boolean;
}

export interface BerkaAccount {
  readonly stationId: string;
  readonly openedOn: string;
  /** For fairness reports only, never for features. */
  readonly meta: { readonly sex: 'F' | 'M'; readonly district: string; readonly bornOn: string };
}

export interface BerkaHistory {
  readonly stationId: string;
  /** In booking order. */
  readonly transactions: readonly Transaction[];
}

const stationIdOf = (accountId: string) => `stn_berka-${accountId}`;

/** Rows of one gzipped CSV with header, parsed. Raises DomainError `invalid_request` naming file, line and field. */
async function* rowsOf<Schema extends z.ZodType>(
  folder: string,
  file: string,
  schema: Schema,
): AsyncGenerator<z.output<Schema>> {
  for await (const { row } of csvRows(join(folder, file), schema)) yield row;
}

/** All loans, in the order of the file. */
export async function readBerkaLoans(folder: string): Promise<BerkaLoan[]> {
  const loans: BerkaLoan[] = [];
  const seen = new Set<string>();
  for await (const row of rowsOf(folder, 'loans.csv.gz', loanRow)) {
    refuseRepeated(seen, row.loan_id, 'loans.csv.gz', 'loan_id');
    loans.push({
      loanId: row.loan_id,
      stationId: stationIdOf(row.account_id),
      asOf: row.granted_on,
      principalMinor: Number(row.amount) * 100,
      termMonths: row.duration_months,
      monthlyPaymentMinor: row.monthly_payment,
      defaulted: row.defaulted === '1',
    });
  }
  return loans;
}

/** All accounts by station id. */
export async function readBerkaAccounts(folder: string): Promise<Map<string, BerkaAccount>> {
  const accounts = new Map<string, BerkaAccount>();
  const seen = new Set<string>();
  for await (const row of rowsOf(folder, 'accounts.csv.gz', accountRow)) {
    refuseRepeated(seen, row.account_id, 'accounts.csv.gz', 'account_id');
    const stationId = stationIdOf(row.account_id);
    accounts.set(stationId, {
      stationId,
      openedOn: row.opened_on,
      meta: { sex: row.owner_sex, district: row.district_id, bornOn: row.owner_born_on },
    });
  }
  return accounts;
}

/** Histories one account at a time: the file holds each account's lines together. */
export async function* readBerkaHistories(folder: string): AsyncGenerator<BerkaHistory> {
  const file = 'transactions.csv.gz';
  const accounts = new Set<string>();
  const ids = new Set<string>();
  let rows: TransactionRow[] = [];
  for await (const row of rowsOf(folder, file, transactionRow)) {
    refuseRepeated(ids, row.transaction_id, file, 'transaction_id');
    const current = rows[0];
    if (current !== undefined && current.account_id !== row.account_id) {
      yield historyOf(rows);
      rows = [];
    }
    if (rows.length === 0) refuseRepeated(accounts, row.account_id, file, 'account_id');
    rows.push(row);
  }
  if (rows.length > 0) yield historyOf(rows);
}

/** What the features read of a Berka loan besides its history. */
export function berkaRequestFacts(loan: BerkaLoan, account: BerkaAccount): RequestFacts {
  return {
    requestedPrincipalMinor: loan.principalMinor,
    requestedTermMonths: loan.termMonths,
    indicativeAnnualRateBps: 0,
    station: { openedOn: account.openedOn, stage: null },
    entrepreneur: null,
  };
}

function refuseRepeated(seen: Set<string>, id: string, file: string, field: string): void {
  if (seen.has(id)) throw fieldError('invalid_request', `${file}:${field}`, 'repeated', `${id} comes twice`);
  seen.add(id);
}

function historyOf(rows: readonly TransactionRow[]): BerkaHistory {
  const byDay = Map.groupBy(rows, (row) => row.booked_on);
  const transactions: Transaction[] = [];
  let balanceMinor: number | null = null;
  for (const day of [...byDay.keys()].sort()) {
    const lines = (byDay.get(day) ?? []).map((row) => ({
      row,
      amountMinor: signedAmountOf(row),
      balanceAfterMinor: row.balance_after,
    }));
    const ordered: typeof lines = inBalanceOrder(lines, balanceMinor);
    for (const [place, { row }] of ordered.entries()) transactions.push(transactionOf(row, place));
    balanceMinor = ordered.at(-1)?.balanceAfterMinor ?? balanceMinor;
  }
  return { stationId: stationIdOf(rows[0]?.account_id ?? ''), transactions };
}

const signedAmountOf = (row: TransactionRow) => (row.type === 'credit' ? row.amount : -row.amount);

function kindOf(row: TransactionRow): TransactionKind {
  switch (row.purpose) {
    case 'interest credited':
    case 'sanction interest if negative balance':
      return 'interest';
    case 'payment for statement':
      return 'fee';
    case 'household':
    case 'insurrance payment':
      return 'operating_expense';
    case '':
      return row.type === 'credit' ? 'transfer_in' : 'transfer_out';
  }
}

function transactionOf(row: TransactionRow, placeInDay: number): Transaction {
  const minute = String(Math.floor(placeInDay / 60)).padStart(2, '0');
  const second = String(placeInDay % 60).padStart(2, '0');
  return parse(transaction, {
    transactionId: row.transaction_id,
    kind: kindOf(row),
    occurredAt: `${row.booked_on}T00:${minute}:${second}Z`,
    amountMinor: signedAmountOf(row),
    currency: BERKA_CURRENCY,
    ...(row.partner_account === '' ? {} : { counterparty: `${row.partner_bank}-${row.partner_account}` }),
    balanceAfterMinor: row.balance_after,
    channel: 'bank',
  });
}
