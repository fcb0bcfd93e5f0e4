import { z } from 'zod';
import { type BusinessDate, businessDate } from '../calendar.ts';
import { loanId, tenantId } from '../identifiers.ts';
import { signedAmountMinor } from '../money.ts';
import { type AccountCode, accountCodes } from './chart-of-accounts.ts';
import { type CoLenders, loanEventId } from './loan-event.ts';
import { type Movement, movementKinds } from './movement.ts';

export const journalLine = z.strictObject({
  account: z.enum(accountCodes),
  /** Whose books: one of the loan's lenders. */
  lenderTenantId: tenantId,
  /** Debit positive, credit negative. */
  amountMinor: signedAmountMinor,
});
export type JournalLine = z.output<typeof journalLine>;

/** One balanced entry: its lines add up to zero, for every lender. Never edited, never removed. */
export const journalEntry = z.strictObject({
  /** 1 upwards, without gaps within a journal. */
  sequence: z.int().min(1),
  loanId,
  kind: z.enum([...movementKinds, 'provision']),
  /** The day it counts from. */
  businessDate,
  /** The day it was entered: a closed day's trial balance never changes. */
  postedOn: businessDate,
  eventId: loanEventId.nullable(),
  /** The entry it takes back. */
  reversesSequence: z.int().min(1).nullable(),
  lines: z.array(journalLine).min(1),
});
export type JournalEntry = Readonly<z.output<typeof journalEntry>>;
export type Journal = readonly JournalEntry[];

/**
 * An amount shared between lenders in whole minor units: each the floor of its share, then a unit more to the
 * largest remainders, in the lenders' order. The shares of zero are zero, so balances that end, end for all.
 */
export function splitBetweenLenders(amountMinor: number, lenders: CoLenders): number[] {
  const magnitude = BigInt(Math.abs(amountMinor));
  const parts = lenders.map(({ shareBps }, index) => {
    const product = magnitude * BigInt(shareBps);
    return { index, minor: Number(product / 10_000n), rest: Number(product % 10_000n) };
  });
  let left = Math.abs(amountMinor) - parts.reduce((sum, part) => sum + part.minor, 0);
  for (const part of parts.toSorted((a, b) => b.rest - a.rest || a.index - b.index)) {
    if (left === 0) break;
    part.minor += 1;
    left -= 1;
  }
  // Minus zero is not zero to a comparison.
  return parts.map(({ minor }) => (amountMinor < 0 && minor !== 0 ? -minor : minor));
}

type Balances = Map<AccountCode, number>;

/**
 * Lines of a movement. Each account's balance is shared, and a line is the change of a lender's share: what
 * was lent in odd units comes back in the same. The balancing account takes what each lender's lines leave.
 */
function linesOf(
  movement: Pick<Movement, 'moves' | 'balancing'>,
  lenders: CoLenders,
  balances: Balances,
): JournalLine[] {
  const lines: JournalLine[] = [];
  const left = lenders.map(() => 0);
  const line = (account: AccountCode, index: number, amountMinor: number) => {
    const lender = lenders[index];
    if (lender === undefined || amountMinor === 0) return;
    lines.push({ account, lenderTenantId: lender.tenantId, amountMinor });
    left[index] = (left[index] ?? 0) + amountMinor;
  };
  for (const { account, amountMinor } of movement.moves) {
    const beforeMinor = balances.get(account) ?? 0;
    const before = splitBetweenLenders(beforeMinor, lenders);
    const after = splitBetweenLenders(beforeMinor + amountMinor, lenders);
    balances.set(account, beforeMinor + amountMinor);
    for (const index of lenders.keys()) line(account, index, (after[index] ?? 0) - (before[index] ?? 0));
  }
  const balancing = left.map((minor) => -minor);
  for (const index of lenders.keys()) line(movement.balancing, index, balancing[index] ?? 0);
  balances.set(
    movement.balancing,
    balancing.reduce((sum, minor) => sum + minor, balances.get(movement.balancing) ?? 0),
  );
  return lines;
}

function addTo(balances: Balances, entry: JournalEntry, sign: 1 | -1): void {
  for (const { account, amountMinor } of entry.lines) {
    balances.set(account, (balances.get(account) ?? 0) + sign * amountMinor);
  }
}

/** Entries that stand: neither taken back nor a taking back. */
export function standingEntries(journal: Journal): JournalEntry[] {
  const reversed = new Set(journal.map((entry) => entry.reversesSequence));
  return journal.filter((entry) => entry.reversesSequence === null && !reversed.has(entry.sequence));
}

function sameMovement(entry: JournalEntry, movement: Movement): boolean {
  const totals: Balances = new Map();
  addTo(totals, entry, 1);
  for (const { account, amountMinor } of movement.moves) {
    totals.set(account, (totals.get(account) ?? 0) - amountMinor);
  }
  totals.delete(movement.balancing);
  return (
    entry.kind === movement.kind &&
    entry.businessDate === movement.businessDate &&
    entry.eventId === movement.eventId &&
    [...totals.values()].every((minor) => minor === 0)
  );
}

/**
 * New entries for new movements, where nothing that was entered has changed. `balances` (of this loan's
 * standing entries) are carried along.
 */
export function enterMovements(
  loan: { readonly loanId: string; readonly lenders: CoLenders },
  from: { readonly balances: Map<AccountCode, number>; readonly sequence: number },
  movements: readonly Movement[],
  postedOn: BusinessDate | ((movement: Movement) => BusinessDate),
): JournalEntry[] {
  return movements.map((movement, index) => ({
    sequence: from.sequence + index + 1,
    loanId: loan.loanId,
    kind: movement.kind,
    businessDate: movement.businessDate,
    postedOn: typeof postedOn === 'string' ? postedOn : postedOn(movement),
    eventId: movement.eventId,
    reversesSequence: null,
    lines: linesOf(movement, loan.lenders, from.balances),
  }));
}

/**
 * Bring a loan's journal up to its movements by adding entries only. What still stands as before is left; after
 * a backdated event or a reversed payment, entries that no longer hold are taken back, last first, by new
 * entries, and those that hold now are entered. Returns only the new entries.
 */
export function postMovements(
  loan: { readonly loanId: string; readonly lenders: CoLenders },
  journal: Journal,
  movements: readonly Movement[],
  postedOn: BusinessDate,
): JournalEntry[] {
  const standing = standingEntries(journal).filter((entry) => entry.kind !== 'provision');
  let kept = 0;
  const balances: Balances = new Map();
  for (const movement of movements) {
    const entry = standing[kept];
    if (entry === undefined || !sameMovement(entry, movement)) break;
    addTo(balances, entry, 1);
    kept += 1;
  }
  let sequence = journal.at(-1)?.sequence ?? 0;
  const added: JournalEntry[] = [];
  for (const entry of standing.slice(kept).toReversed()) {
    sequence += 1;
    added.push({
      ...entry,
      sequence,
      postedOn,
      reversesSequence: entry.sequence,
      lines: entry.lines.map((line) => ({ ...line, amountMinor: -line.amountMinor })),
    });
  }
  added.push(...enterMovements(loan, { balances, sequence }, movements.slice(kept), postedOn));
  return added;
}

/** The entry that brings a loan's loss allowance to what its class asks for; null when it is there already. */
export function provisionEntry(
  loan: { readonly loanId: string; readonly lenders: CoLenders },
  journal: Journal,
  requiredMinor: number,
  postedOn: BusinessDate,
): JournalEntry | null {
  const balances: Balances = new Map([['loan_loss_allowance', accountBalances(journal).loan_loss_allowance]]);
  return enterProvision(loan, { balances, sequence: journal.at(-1)?.sequence ?? 0 }, requiredMinor, postedOn);
}

/** The same from balances, without the journal; `balances` are carried along. */
export function enterProvision(
  loan: { readonly loanId: string; readonly lenders: CoLenders },
  from: { readonly balances: Map<AccountCode, number>; readonly sequence: number },
  requiredMinor: number,
  postedOn: BusinessDate,
): JournalEntry | null {
  const heldMinor = -(from.balances.get('loan_loss_allowance') ?? 0);
  if (heldMinor === requiredMinor) return null;
  const movement: Pick<Movement, 'moves' | 'balancing'> = {
    moves: [{ account: 'loan_loss_allowance', amountMinor: heldMinor - requiredMinor }],
    balancing: 'provision_expense',
  };
  return {
    sequence: from.sequence + 1,
    loanId: loan.loanId,
    kind: 'provision',
    businessDate: postedOn,
    postedOn,
    eventId: null,
    reversesSequence: null,
    lines: linesOf(movement, loan.lenders, from.balances),
  };
}

/** Balance of every account, debit positive: a fold of entries. */
export function accountBalances(journal: Journal, lenderTenantId?: string): Record<AccountCode, number> {
  const balances = Object.fromEntries(accountCodes.map((code) => [code, 0])) as Record<AccountCode, number>;
  for (const entry of journal) {
    for (const line of entry.lines) {
      if (lenderTenantId === undefined || line.lenderTenantId === lenderTenantId) {
        balances[line.account] += line.amountMinor;
      }
    }
  }
  return balances;
}

export interface TrialBalance {
  readonly through: BusinessDate;
  readonly accounts: readonly {
    readonly account: AccountCode;
    readonly debitMinor: number;
    readonly creditMinor: number;
  }[];
  readonly debitMinor: number;
  readonly creditMinor: number;
  /** Debits less credits: zero, or the ledger is broken. */
  readonly differenceMinor: number;
}

/** Trial balance of what was entered up to and with a day: of a loan, a program, or one lender in it. */
export function trialBalance(journal: Journal, through: BusinessDate, lenderTenantId?: string): TrialBalance {
  const balances = accountBalances(
    journal.filter((entry) => entry.postedOn <= through),
    lenderTenantId,
  );
  const accounts = accountCodes
    .filter((account) => balances[account] !== 0)
    .map((account) => ({
      account,
      debitMinor: Math.max(0, balances[account]),
      creditMinor: Math.max(0, -balances[account]),
    }));
  const debitMinor = accounts.reduce((sum, account) => sum + account.debitMinor, 0);
  const creditMinor = accounts.reduce((sum, account) => sum + account.creditMinor, 0);
  return { through, accounts, debitMinor, creditMinor, differenceMinor: debitMinor - creditMinor };
}
