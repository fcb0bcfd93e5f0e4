import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type BusinessDate, startOfDayMs } from '../../shared/domain/calendar.ts';
import { parse } from '../../shared/domain/parse.ts';
import { station } from '../../shared/domain/station.ts';
import { type Transaction, type TransactionKind, transaction } from '../../shared/domain/transaction.ts';
import { INDICATIVE_ANNUAL_RATE_BPS } from '../../shared/features/request-facts.ts';
import { inBalanceOrder } from './balance-order.ts';
import type { CsvMapping } from './csv-mapping.ts';
import { csvRows, textRow } from './csv-rows.ts';
import { MappedRow } from './mapped-cells.ts';
import type { LoanOutcome, OutcomeDataset, StationHistory } from './outcome-dataset.ts';

interface Account {
  readonly openedOn: BusinessDate | null;
  readonly county: string | null;
  readonly meta: Readonly<Record<string, string>>;
}

/** A transaction before its place within its day is known. */
interface Line {
  readonly row: MappedRow;
  readonly id: string;
  readonly day: BusinessDate;
  /** Null: only the day is known. */
  readonly secondOfDay: number | null;
  readonly kind: TransactionKind;
  readonly amountMinor: number;
  readonly balanceAfterMinor: number | undefined;
  readonly counterparty: string | undefined;
}

/**
 * A lender's own CSV files as an outcome data set, by its mapping: an account stands for a station. All
 * transactions are held in memory, so their order in the file does not matter. Accounts without a loan are
 * left out.
 *
 * Raises DomainError `invalid_request` naming file, line and column: a cell that is not what the mapping says,
 * a value it does not list, an id that comes twice, a loan whose account has no row or no transactions.
 */
export async function mappedDataset(mapping: CsvMapping, folder: string): Promise<OutcomeDataset> {
  const accounts = await readAccounts(mapping, folder);
  const loans = await readLoans(mapping, folder, accounts);
  const stations = new Set(loans.map((loan) => loan.stationId));
  return {
    name: mapping.name,
    loans,
    async *histories() {
      const lines = await readLines(mapping, folder, stations);
      for (const [stationId, ofStation] of lines) {
        yield historyOf(stationId, ofStation, accounts?.get(stationId), mapping);
      }
    },
  };
}

async function* rowsOf(
  mapping: CsvMapping,
  folder: string,
  file: string,
): AsyncGenerator<{ line: number; row: MappedRow }> {
  const path = join(folder, file);
  for await (const { line, row } of csvRows(path, textRow, mapping)) {
    yield { line, row: new MappedRow(file, line, row, mapping) };
  }
}

const stationIdOf = (mapping: CsvMapping, row: MappedRow, column: string) =>
  `stn_${mapping.idPrefix}-${row.idText(column)}`;

const metaOf = (row: MappedRow, columns: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, row.text(column)]));

async function readAccounts(mapping: CsvMapping, folder: string): Promise<Map<string, Account> | null> {
  if (mapping.accounts === undefined) return null;
  const { file, id, openedOn, dayFormat, county, meta } = mapping.accounts;
  const accounts = new Map<string, Account>();
  for await (const { row } of rowsOf(mapping, folder, file)) {
    const stationId = stationIdOf(mapping, row, id);
    if (accounts.has(stationId)) throw row.refusal(id, 'repeated', 'the account comes twice');
    accounts.set(stationId, {
      openedOn: openedOn === undefined ? null : row.day(openedOn, dayFormat),
      county: county === undefined ? null : row.idText(county),
      meta: metaOf(row, meta),
    });
  }
  return accounts;
}

async function readLoans(
  mapping: CsvMapping,
  folder: string,
  accounts: ReadonlyMap<string, Account> | null,
): Promise<LoanOutcome[]> {
  const { file, id, account, decidedOn, dayFormat, principal, termMonths, defaulted, annualRateBps, meta } =
    mapping.loans;
  const loans: LoanOutcome[] = [];
  const seen = new Set<string>();
  for await (const { row } of rowsOf(mapping, folder, file)) {
    const loanId = row.idText(id);
    if (seen.has(loanId)) throw row.refusal(id, 'repeated', `${loanId} comes twice`);
    seen.add(loanId);
    const stationId = stationIdOf(mapping, row, account);
    const known = accounts?.get(stationId);
    if (accounts !== null && known === undefined) {
      throw row.refusal(account, 'unknown_account', 'the accounts file has no such account');
    }
    loans.push({
      loanId,
      stationId,
      asOf: row.day(decidedOn, dayFormat),
      facts: {
        requestedPrincipalMinor: row.amountMinor(principal),
        requestedTermMonths: row.wholeNumber(termMonths),
        indicativeAnnualRateBps: annualRateBps ?? INDICATIVE_ANNUAL_RATE_BPS,
        station: { openedOn: known?.openedOn ?? null, stage: null },
        entrepreneur: null,
      },
      defaulted:
        row.either(defaulted.column, { defaulted: defaulted.defaulted, repaid: defaulted.repaid }) ===
        'defaulted',
      meta: { ...known?.meta, ...metaOf(row, meta) },
    });
  }
  return loans;
}

async function readLines(
  mapping: CsvMapping,
  folder: string,
  stations: ReadonlySet<string>,
): Promise<Map<string, Line[]>> {
  const { transactions } = mapping;
  const lines = new Map<string, Line[]>();
  const seen = new Set<string>();
  for await (const { line, row } of rowsOf(mapping, folder, transactions.file)) {
    const stationId = stationIdOf(mapping, row, transactions.account);
    if (!stations.has(stationId)) continue;
    const id = transactions.id === undefined ? `line-${line}` : row.text(transactions.id);
    if (seen.has(id)) throw row.refusal(transactions.id ?? 'id', 'repeated', `${id} comes twice`);
    seen.add(id);
    const held = lines.get(stationId) ?? [];
    lines.set(stationId, held);
    held.push({
      row,
      id,
      day: row.day(transactions.day, transactions.dayFormat),
      secondOfDay: transactions.time === undefined ? null : row.timeOfDay(transactions.time),
      kind: kindOf(row, transactions),
      amountMinor: signedAmountOf(row, transactions),
      balanceAfterMinor:
        transactions.balanceAfter === undefined || row.text(transactions.balanceAfter) === ''
          ? undefined
          : row.amountMinor(transactions.balanceAfter),
      counterparty: counterpartyOf(row, transactions.counterparty),
    });
  }
  return lines;
}

function kindOf(row: MappedRow, { kinds }: CsvMapping['transactions']): TransactionKind {
  const rule = kinds.find(({ when = {} }) =>
    Object.entries(when).every(([column, values]) => values.includes(row.text(column))),
  );
  if (rule === undefined)
    throw row.refusal('kinds', 'unmapped_value', 'no rule of the mapping fits this row');
  return rule.kind;
}

function signedAmountOf(row: MappedRow, { amount, sign }: CsvMapping['transactions']): number {
  if (typeof amount !== 'string') {
    const [inflow, outflow] = [row.text(amount.inflow), row.text(amount.outflow)];
    if ((inflow === '') === (outflow === '')) {
      throw row.refusal(
        amount.inflow,
        'invalid_amount',
        `exactly one of it and ${amount.outflow} must be filled`,
      );
    }
    return inflow === '' ? -Math.abs(row.amountMinor(amount.outflow)) : row.amountMinor(amount.inflow);
  }
  const minor = row.amountMinor(amount);
  if (sign === undefined) return minor;
  if (minor < 0) throw row.refusal(amount, 'invalid_amount', 'must not be negative: a column tells the sign');
  return row.either(sign.column, { inflow: sign.inflow, outflow: sign.outflow }) === 'inflow'
    ? minor
    : -minor;
}

function counterpartyOf(
  row: MappedRow,
  rule: CsvMapping['transactions']['counterparty'],
): string | undefined {
  if (rule === undefined) return undefined;
  const parts = rule.columns.map((column) => row.text(column));
  if (parts.includes('')) return undefined;
  const text = parts.join('-');
  return rule.hashed ? createHash('sha256').update(text).digest('hex').slice(0, 32) : text;
}

function historyOf(
  stationId: string,
  lines: readonly Line[],
  account: Account | undefined,
  mapping: CsvMapping,
): StationHistory {
  const { orderWithinDay, channel } = mapping.transactions;
  const byDay = Map.groupBy(lines, ({ day }) => day);
  const days = [...byDay.keys()].sort();
  const transactions: Transaction[] = [];
  let balanceMinor: number | null = null;
  for (const day of days) {
    const ofDay = (byDay.get(day) ?? []).sort((a, b) => (a.secondOfDay ?? 0) - (b.secondOfDay ?? 0));
    const ordered: readonly Line[] =
      orderWithinDay === 'balance' ? inBalanceOrder(ofDay, balanceMinor) : ofDay;
    balanceMinor = ordered.at(-1)?.balanceAfterMinor ?? balanceMinor;
    const midnightMs = startOfDayMs(day, mapping.timeZone);
    for (const [place, line] of ordered.entries()) {
      transactions.push(
        parse(transaction, {
          transactionId: line.id,
          kind: line.kind,
          // A row that knows only its day occurs at midnight plus its place in seconds: features read that as unknown.
          occurredAt: `${new Date(midnightMs + (line.secondOfDay ?? place) * 1_000).toISOString().slice(0, 19)}Z`,
          amountMinor: line.amountMinor,
          currency: mapping.currency,
          ...(line.counterparty === undefined ? {} : { counterparty: line.counterparty }),
          ...(line.balanceAfterMinor === undefined ? {} : { balanceAfterMinor: line.balanceAfterMinor }),
          channel,
        }),
      );
    }
  }
  return {
    station: station.parse({
      stationId,
      countyId: `cty_${mapping.idPrefix}${account?.county == null ? '' : `-${account.county}`}`,
      village: account?.county ?? mapping.idPrefix,
      openedOn: account?.openedOn ?? days[0],
      stage: 'partner',
      currency: mapping.currency,
      timeZone: mapping.timeZone,
    }),
    transactions,
  };
}
