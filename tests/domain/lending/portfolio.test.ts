import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type CollectionContact,
  collectionContact,
  collectionsWorklist,
} from '../../../shared/domain/lending/collections.ts';
import { replayLoan } from '../../../shared/domain/lending/loan.ts';
import type { LoanSnapshot } from '../../../shared/domain/lending/loan-snapshot.ts';
import { snapshotOf } from '../../../shared/domain/lending/loan-snapshot.ts';
import {
  portfolioAtRiskBps,
  portfolioBy,
  portfolioOf,
  portfolioYieldBps,
  vintages,
} from '../../../shared/domain/lending/portfolio.ts';
import { recommenderLimit, recommenderRecord } from '../../../shared/domain/lending/recommender.ts';
import { contractOf, disbursedOn, eventOf, randomLives, same } from './loan-support.ts';

const interestFree = { annualRateBps: 0 };

/** 12,000.00 of 12 January, nothing paid unless asked, on a day. */
function unpaidLoan(on: string, overrides: Record<string, unknown> = {}): LoanSnapshot {
  const { loanId = 'loan_1', ...contract } = overrides;
  const { state } = replayLoan(disbursedOn('2024-01-12', contractOf({ ...interestFree, ...contract })), on);
  return { ...snapshotOf(state, 'cty_1'), loanId: String(loanId) };
}

/** The same, agreed and not paid out. */
function contractOnly(): LoanSnapshot {
  const [accepted] = disbursedOn('2024-01-12', contractOf(interestFree));
  if (accepted === undefined) throw new Error('a loan begins with its contract');
  return snapshotOf(replayLoan([accepted], '2024-02-12').state, 'cty_1');
}

function chargedOff(on: string): LoanSnapshot {
  const log = disbursedOn('2024-01-12', contractOf(interestFree));
  log.push(eventOf('charged_off', '2024-12-12'), eventOf('recovery', '2024-12-20', { amountMinor: 200_000 }));
  return snapshotOf(replayLoan(log, on).state, 'cty_1');
}

describe('a portfolio', () => {
  const current = unpaidLoan('2024-02-12');
  const late = unpaidLoan('2024-03-20', { programId: 'prg_2', principalMinor: 400_000 });

  it('states outstanding, at risk, classes and provisions', () => {
    const portfolio = portfolioOf([current, late, chargedOff('2025-01-31')]);
    expect(portfolio).toMatchObject({
      loans: 3,
      activeLoans: 2,
      principalOutstandingMinor: 1_600_000,
      atRiskMinor: { 1: 400_000, 30: 400_000, 90: 0 },
      provisionMinor: 12_000 + 8_000,
      writtenOffPrincipalMinor: 1_200_000,
      recoveredMinor: 200_000,
    });
    expect(portfolio.outstandingByBucketMinor['31-60']).toBe(400_000);
    expect(portfolioAtRiskBps(portfolio, 30)).toBe(2_500);
    expect(portfolioAtRiskBps(portfolioOf([]), 30)).toBe(0);
  });

  it('of the parts adds up to the whole, and every split of its outstanding does', () => {
    const snapshots = randomLives.map((life) =>
      snapshotOf(replayLoan(life.log, life.endsOn).state, `cty_${life.log.length}`),
    );
    fc.assert(
      fc.property(fc.array(snapshots, { maxLength: 6 }), (loans) => {
        const whole = portfolioOf(loans);
        const parts = [...portfolioBy(loans, 'countyId').values()];
        const outstanding = whole.principalOutstandingMinor;
        same(
          parts.reduce((sum, part) => sum + part.principalOutstandingMinor, 0),
          outstanding,
          'by county',
        );
        const total = (split: Readonly<Record<string, number>>) =>
          Object.values(split).reduce((sum, minor) => sum + minor, 0);
        same(total(whole.outstandingByClassMinor), outstanding, 'by class');
        same(total(whole.outstandingByBucketMinor), outstanding, 'by bucket');
        same(
          whole.atRiskMinor[90] <= whole.atRiskMinor[30] && whole.atRiskMinor[30] <= whole.atRiskMinor[1],
          true,
          'PAR falls',
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it('follows vintages month by month', () => {
    const ends = ['2024-01-31', '2024-02-29', '2024-03-31'];
    const points = vintages([...ends.map((on) => unpaidLoan(on)), chargedOff('2024-12-31')]);
    expect(
      points.map(({ cohort, monthsOnBook, everOver30Loans, over30OrLostBps, lostBps }) => [
        cohort,
        monthsOnBook,
        everOver30Loans,
        over30OrLostBps,
        lostBps,
      ]),
    ).toEqual([
      ['2024-01', 0, 0, 0, 0],
      ['2024-01', 1, 0, 0, 0],
      ['2024-01', 2, 1, 10_000, 0],
      ['2024-01', 11, 1, 10_000, 10_000],
    ]);
  });

  it('yields what it earned on what was out, by the year', () => {
    const earned = { interest_income: -9_000, penalty_income: -500, fee_income: -500, waived_income: 0 };
    expect(portfolioYieldBps(earned, 1_000_000, '2024-01-01', '2024-03-14')).toBe(500);
    const waived = { ...earned, waived_income: 2_000 };
    expect(portfolioYieldBps(waived, 1_000_000, '2024-01-01', '2024-03-14')).toBe(400);
    expect(portfolioYieldBps(earned, 0, '2024-01-01', '2024-03-14')).toBe(0);
  });
});

describe('a recommender', () => {
  const policy = {
    outstandingMaxMinor: 3_000_000,
    activeLoansMax: 3,
    delinquencyMaxBps: 1_000,
    lossMaxBps: 500,
  };
  const good = unpaidLoan('2024-02-12');

  it('is known by the loans vouched for: volume, delinquency and loss', () => {
    const record = recommenderRecord('ent_9', [
      good,
      unpaidLoan('2024-03-20'),
      chargedOff('2025-01-31'),
      unpaidLoan('2024-03-20', { recommenderId: null }),
    ]);
    expect(record).toMatchObject({
      loans: 3,
      activeLoans: 2,
      principalDisbursedMinor: 3_600_000,
      delinquencyBps: 5_000,
      lostMinor: 1_000_000,
      lossBps: 2_778,
      chargedOffLoans: 1,
    });
  });

  it.each([
    ['one good loan', [good], 'within_bounds', 1_800_000],
    ['a loss', [good, chargedOff('2025-01-31')], 'loss_over_bound', 0],
    ['a late loan', [good, unpaidLoan('2024-03-20')], 'delinquency_over_bound', 0],
    ['three loans', [good, good, good], 'too_many_active_loans', 0],
    [
      'two large ones',
      [good, unpaidLoan('2024-02-12', { principalMinor: 1_800_000 })],
      'outstanding_over_bound',
      0,
    ],
    ['a contract', [good, contractOnly()], 'within_bounds', 600_000],
    ['three contracts', [contractOnly(), contractOnly(), contractOnly()], 'too_many_active_loans', 0],
    ['none', [], 'within_bounds', 3_000_000],
  ] as const)('with %s is bounded', (_, loans, bound, limitMinor) => {
    expect(recommenderLimit(recommenderRecord('ent_9', loans), policy)).toEqual({ bound, limitMinor });
  });
});

describe('a collections worklist', () => {
  const today = '2024-03-20';
  const contact = (on: string, rest: Record<string, unknown> = {}): CollectionContact =>
    collectionContact.parse({
      contactId: `k${on}`,
      loanId: 'loan_1',
      at: `${on}T02:00:00Z`,
      businessDate: on,
      channel: 'telephone',
      outcome: 'reached',
      ...rest,
    });
  const promised = (on: string, by: string) =>
    contact(on, { outcome: 'promised_to_pay', promise: { amountMinor: 50_000, by } });
  const late = (loanId: string, overrides = {}) => unpaidLoan(today, { loanId, ...overrides });
  const idle = { contacts: [], payments: [] };

  it('puts broken promises first, then the latest and the largest; leaves current loans in peace', () => {
    const list = collectionsWorklist(
      [
        { snapshot: unpaidLoan('2024-02-12', { loanId: 'loan_current' }), ...idle },
        { snapshot: late('loan_small', { principalMinor: 100_000 }), ...idle },
        { snapshot: late('loan_large'), ...idle },
        { snapshot: unpaidLoan('2024-06-01', { loanId: 'loan_older' }), ...idle },
        { snapshot: late('loan_broken'), contacts: [promised('2024-03-10', '2024-03-18')], payments: [] },
      ],
      today,
    );
    expect(list.map((item) => item.loanId)).toEqual([
      'loan_broken',
      'loan_older',
      'loan_large',
      'loan_small',
    ]);
    expect(list[0]).toMatchObject({
      brokenPromises: 1,
      contactOn: '2024-03-19',
      promise: { status: 'broken' },
    });
  });

  it.each([
    ['an open promise', [promised('2024-03-10', '2024-03-25')], [], []],
    [
      'a kept promise, contacted lately',
      [promised('2024-03-17', '2024-03-18')],
      [{ businessDate: '2024-03-18', amountMinor: 50_000 }],
      [],
    ],
    [
      'a promise kept by half',
      [promised('2024-03-17', '2024-03-18')],
      [{ businessDate: '2024-03-18', amountMinor: 49_999 }],
      ['loan_1'],
    ],
    [
      'a promise paid the day after its last',
      [promised('2024-03-17', '2024-03-18')],
      [{ businessDate: '2024-03-19', amountMinor: 50_000 }],
      ['loan_1'],
    ],
    [
      'a promise kept on its last day',
      [promised('2024-03-16', '2024-03-18')],
      [{ businessDate: '2024-03-18', amountMinor: 50_000 }],
      [],
    ],
    ['a contact yesterday', [contact('2024-03-19')], [], []],
    ['a contact five days ago', [contact('2024-03-15')], [], ['loan_1']],
    [
      'a broken promise taken up since',
      [promised('2024-03-10', '2024-03-15'), contact('2024-03-19')],
      [],
      [],
    ],
  ])('after %s', (_, contacts, payments, listed) => {
    const list = collectionsWorklist([{ snapshot: late('loan_1'), contacts, payments }], today);
    expect(list.map((item) => item.loanId)).toEqual(listed);
  });

  it('refuses a promise without the outcome, or of a day gone by', () => {
    expect(() => contact('2024-03-10', { promise: { amountMinor: 1, by: '2024-03-11' } })).toThrow(
      /promised_to_pay/,
    );
    expect(() => promised('2024-03-10', '2024-03-09')).toThrow(/before the contact/);
  });
});
