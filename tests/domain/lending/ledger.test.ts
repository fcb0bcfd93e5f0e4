import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  accountBalances,
  enterMovements,
  type JournalEntry,
  postMovements,
  provisionEntry,
  splitBetweenLenders,
  trialBalance,
} from '../../../shared/domain/lending/ledger.ts';
import { continueLoan, replayLoan } from '../../../shared/domain/lending/loan.ts';
import { goldenTable } from './golden-table.ts';
import { contractOf, disbursedOn, eventOf, productOf } from './loan-support.ts';

const contract = contractOf({
  principalMinor: 100_001,
  annualRateBps: 1_200,
  termMonths: 2,
  guaranteeShareBps: 3_000,
  product: productOf({ method: 'equal_principal' }),
  lenders: [
    { tenantId: 'ten_bank', shareBps: 7_000 },
    { tenantId: 'ten_fund', shareBps: 3_000 },
  ],
});
const loan = { loanId: 'loan_1', lenders: contract.lenders };

/** Two lenders, a payment keyed in three weeks late, a charge-off with a guarantee. */
function bookedLife(): JournalEntry[] {
  const log = disbursedOn('2024-01-15', contract);
  const journal: JournalEntry[] = [];
  const close = (day: string) =>
    journal.push(...postMovements(loan, journal, replayLoan(log, day).movements, day));
  close('2024-01-15');
  close('2024-03-05');
  log.push(eventOf('repayment', '2024-02-15', { amountMinor: 51_000 }));
  close('2024-03-06');
  log.push(eventOf('charged_off', '2024-03-10'));
  close('2024-03-10');
  return journal;
}

describe('a journal', () => {
  const row = z.object({
    sequence: z.coerce.number(),
    postedOn: z.string(),
    kind: z.string(),
    businessDate: z.string(),
    reversesSequence: z.string().transform((text) => (text === '' ? null : Number(text))),
    account: z.string(),
    lender: z.string(),
    debitMinor: z.coerce.number(),
    creditMinor: z.coerce.number(),
  });

  it('of a small life reads line by line as the golden table', () => {
    const lines = bookedLife().flatMap(
      ({ lines, sequence, postedOn, kind, businessDate, reversesSequence }) =>
        lines.map(({ account, lenderTenantId, amountMinor }) => ({
          sequence,
          postedOn,
          kind,
          businessDate,
          reversesSequence,
          account,
          lender: lenderTenantId,
          debitMinor: Math.max(0, amountMinor),
          creditMinor: Math.max(0, -amountMinor),
        })),
    );
    expect(lines).toEqual(goldenTable('journal.csv', row));
  });

  it('of a closed day never changes: a backdated payment is entered on the day it came to be known', () => {
    const journal = bookedLife();
    const before = trialBalance(journal, '2024-03-05');
    expect(before.differenceMinor).toBe(0);
    expect(before.accounts.find(({ account }) => account === 'loan_principal')?.debitMinor).toBe(100_001);
    const after = trialBalance(journal, '2024-03-06');
    expect(after.accounts.find(({ account }) => account === 'loan_principal')?.debitMinor).toBe(50_001);
    expect(trialBalance(journal, '2024-03-06', 'ten_fund').differenceMinor).toBe(0);
  });

  it('goes on from balances alone as it would from all its entries', () => {
    const log = disbursedOn('2024-01-15', contract);
    const first = replayLoan(log, '2024-02-15');
    const entries = postMovements(loan, [], first.movements, '2024-02-15');
    const payment = eventOf('repayment', '2024-02-15', { amountMinor: 333 });
    const next = continueLoan(first.state, payment, '2024-02-15');
    if (next.result !== 'applied') throw new Error(next.result);
    const whole = postMovements(
      loan,
      entries,
      replayLoan([...log, payment], '2024-02-15').movements,
      '2024-02-15',
    );
    const balances = new Map(
      Object.entries(accountBalances(entries)) as [keyof ReturnType<typeof accountBalances>, number][],
    );
    const added = enterMovements(
      loan,
      { balances, sequence: entries.length },
      next.replay.movements,
      '2024-02-15',
    );
    expect(added).toEqual(whole);
  });

  it('sets the allowance to what the class asks for, and only moves the difference', () => {
    const journal = bookedLife();
    const first = provisionEntry(loan, journal, 1_001, '2024-03-31');
    expect(first?.lines).toEqual([
      { account: 'loan_loss_allowance', lenderTenantId: 'ten_bank', amountMinor: -701 },
      { account: 'loan_loss_allowance', lenderTenantId: 'ten_fund', amountMinor: -300 },
      { account: 'provision_expense', lenderTenantId: 'ten_bank', amountMinor: 701 },
      { account: 'provision_expense', lenderTenantId: 'ten_fund', amountMinor: 300 },
    ]);
    if (first === null) return;
    expect(provisionEntry(loan, [...journal, first], 1_001, '2024-04-30')).toBeNull();
    const release = provisionEntry(loan, [...journal, first], 0, '2024-04-30');
    if (release === null) throw new Error('nothing was released');
    expect(accountBalances([...journal, first, release]).loan_loss_allowance).toBe(0);
  });

  it('gives odd units to the largest remainder, the first lender where they are equal', () => {
    expect(splitBetweenLenders(100_001, contract.lenders)).toEqual([70_001, 30_000]);
    expect(
      splitBetweenLenders(-1, [
        { tenantId: 'a', shareBps: 5_000 },
        { tenantId: 'b', shareBps: 5_000 },
      ]),
    ).toEqual([-1, 0]);
  });
});
