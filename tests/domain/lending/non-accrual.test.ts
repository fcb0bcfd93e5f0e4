import { describe, expect, it } from 'vitest';
import { accountBalances, postMovements } from '../../../shared/domain/lending/ledger.ts';
import { replayLoan } from '../../../shared/domain/lending/loan.ts';
import type { LoanEvent } from '../../../shared/domain/lending/loan-event.ts';
import { amountsDue, payoffMinor } from '../../../shared/domain/lending/loan-state.ts';
import { loanStatement } from '../../../shared/domain/lending/loan-statement.ts';
import { contractOf, disbursedOn, eventOf, productOf } from './loan-support.ts';

/** 12,000.00 at 12 % in equal principal by 30/360, penalty at 3 %: 120.00 of interest in the first month. */
const product = productOf({ method: 'equal_principal' }, { penaltySpreadBps: 300 });
const contract = contractOf({ product });
const lent = disbursedOn('2024-01-12', contract);

const booksOn = (log: readonly LoanEvent[], on: string) => {
  const { state, movements } = replayLoan(log, on);
  const loan = { loanId: 'loan_1', lenders: contract.lenders };
  return { state, movements, balances: accountBalances(postMovements(loan, [], movements, on)) };
};
const kindsOf = (log: readonly LoanEvent[], on: string) =>
  booksOn(log, on).movements.filter(
    ({ kind }) => kind.startsWith('interest_') && kind !== 'interest_accrued',
  );

describe('a loan more than ninety days past due', () => {
  it('earns through its ninetieth day, and from the next nothing that is not paid', () => {
    // Due on 12 February, so the ninety-first day past due is 13 May.
    const [before, after] = [booksOn(lent, '2024-05-12'), booksOn(lent, '2024-05-13')];
    expect(before.state.nonAccrualSince).toBeNull();
    expect(-before.balances.interest_income).toBe(48_000);
    expect(after.state.nonAccrualSince).toBe('2024-05-13');
    expect(after.balances).toMatchObject({
      interest_income: 0,
      penalty_income: 0,
      // Four months and a day of 12 % on 12,000.00: owed as before.
      interest_receivable: 48_400,
      suspended_interest: -48_400,
    });
    expect(after.balances.suspended_penalty).toBe(-after.balances.penalty_receivable);
    const later = booksOn(lent, '2024-07-31');
    expect(later.balances.interest_income).toBe(0);
    expect(later.balances.suspended_interest).toBe(-later.balances.interest_receivable);
    expect(payoffMinor(later.state)).toBe(
      1_200_000 + later.balances.interest_receivable + later.balances.penalty_receivable,
    );
  });

  it('earns what is paid, as it is paid', () => {
    const log = [...lent, eventOf('repayment', '2024-06-01', { amountMinor: 30_000 })];
    const { state, balances } = booksOn(log, '2024-06-01');
    expect(-balances.interest_income - balances.penalty_income).toBe(30_000 - state.paidMinor.principal);
    expect(balances.suspended_interest).toBe(-balances.interest_receivable);
  });

  it('earns again when it is cured as its class is: six months and two periods on time, at the month’s end', () => {
    const log = [...lent];
    const payDue = (on: string) => {
      const due = Object.values(amountsDue(replayLoan(log, on).state)).reduce((sum, minor) => sum + minor, 0);
      log.push(eventOf('repayment', on, { amountMinor: due }));
    };
    payDue('2024-05-20');
    for (const month of ['06', '07', '08', '09', '10', '11', '12']) payDue(`2024-${month}-12`);
    expect(booksOn(log, '2024-11-29').state.nonAccrualSince).toBe('2024-05-13');
    const { state, balances } = booksOn(log, '2024-11-30');
    expect(state).toMatchObject({
      nonAccrualSince: null,
      nonPerformingSince: null,
      suspendedInterestMinor: 0,
    });
    expect(balances.suspended_interest).toBe(0);
    expect(kindsOf(log, '2024-11-30').at(-1)).toMatchObject({
      kind: 'interest_restored',
      businessDate: '2024-11-30',
      eventId: null,
    });
  });

  it('never was, once a payment of its ninetieth day is entered late', () => {
    const paid = eventOf('repayment', '2024-05-12', { amountMinor: 1_200_000 });
    expect(booksOn([...lent, paid], '2024-06-30').state.nonAccrualSince).toBeNull();
    expect(kindsOf([...lent, paid], '2024-06-30')).toEqual([]);
  });

  it('charged off is no loss for what was never income', () => {
    const { state, balances } = booksOn([...lent, eventOf('charged_off', '2024-09-01')], '2024-09-01');
    expect(balances.loan_loss).toBe(1_200_000);
    expect(state.writtenOffMinor).toBeGreaterThan(1_200_000);
    expect([balances.suspended_interest, balances.suspended_penalty]).toEqual([0, 0]);
    expect([balances.interest_receivable, balances.penalty_receivable]).toEqual([0, 0]);
  });

  it('reads the same to its borrower: suspense is between the lender and its books', () => {
    const { movements, state } = booksOn(lent, '2024-07-31');
    const lines = loanStatement(movements, '2024-01-12', '2024-07-31');
    expect(lines.at(-1)?.balanceMinor).toBe(payoffMinor(state));
    expect(new Set(lines.map(({ sentences }) => sentences.en))).toEqual(
      new Set(['Loan paid out', 'Interest', 'Penalty interest']),
    );
  });
});

describe('a waiver', () => {
  const waived = (component: string, amountMinor: number, on: string, eventId = 'w') =>
    eventOf('waived', on, { eventId, component, amountMinor, reason: 'hardship' });

  it('of interest that was income is an expense beside it, and shortens what is due', () => {
    const log = [...lent, waived('interest', 5_000, '2024-02-20')];
    const { state, balances } = booksOn(log, '2024-02-20');
    expect(balances).toMatchObject({
      waived_income: 5_000,
      interest_income: -15_200,
      interest_receivable: 10_200,
    });
    expect(state.waivedMinor).toEqual({ fees: 0, penalty: 0, interest: 5_000 });
    expect(amountsDue(state).interest).toBe(7_000);
  });

  it('of what is in suspense costs nothing', () => {
    const { state } = booksOn(lent, '2024-06-01');
    const log = [
      ...lent,
      waived('penalty', state.penaltyMinor, '2024-06-01', 'p'),
      waived('interest', 20_000, '2024-06-01', 'i'),
    ];
    const { balances } = booksOn(log, '2024-06-01');
    expect(balances.waived_income).toBe(0);
    expect([balances.penalty_receivable, balances.suspended_penalty]).toEqual([0, 0]);
    expect(balances.suspended_interest).toBe(-balances.interest_receivable);
  });

  it('of a fee and the last interest closes a loan that owes nothing else, and clears its arrears', () => {
    const log = [...lent, eventOf('fee_assessed', '2024-02-12', { fee: 'legal', amountMinor: 4_000 })];
    const { state } = booksOn(log, '2024-02-12');
    expect(payoffMinor(state)).toBe(1_200_000 + 12_000 + 4_000);
    log.push(
      waived('fees', 4_000, '2024-02-12', 'f'),
      waived('interest', 12_000, '2024-02-12', 'i'),
      eventOf('payoff', '2024-02-12', { amountMinor: 1_200_000 }),
    );
    expect(booksOn(log, '2024-02-12').state).toMatchObject({ status: 'closed', creditMinor: 0 });
    const { movements } = booksOn(log, '2024-02-12');
    const lines = loanStatement(movements, '2024-01-12', '2024-02-12');
    expect(lines.filter(({ sentences }) => sentences.zh === '减免')).toMatchObject([
      { feesMinor: -4_000, interestMinor: 0 },
      { feesMinor: 0, interestMinor: -12_000 },
    ]);
    expect(lines.at(-1)?.balanceMinor).toBe(0);
  });

  it('that a backdated payment left nothing of lapses, and says so', () => {
    const log = [
      ...lent,
      waived('interest', 12_000, '2024-02-20'),
      eventOf('repayment', '2024-02-12', { amountMinor: 112_000 }),
    ];
    expect(booksOn(log, '2024-02-20').state).toMatchObject({
      lapsedEventIds: ['w'],
      waivedMinor: { interest: 0 },
    });
  });
});
