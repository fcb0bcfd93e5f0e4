import { describe, expect, it } from 'vitest';
import { accountBalances, postMovements } from '../../../shared/domain/lending/ledger.ts';
import { recordLoanEvent, replayLoan } from '../../../shared/domain/lending/loan.ts';
import type { LoanEvent } from '../../../shared/domain/lending/loan-event.ts';
import { daysPastDue, payoffMinor } from '../../../shared/domain/lending/loan-state.ts';
import { contractOf, disbursedOn, eventOf, productOf } from './loan-support.ts';

const salesLinked = {
  method: 'sales_linked',
  inflowShareBps: 1_000,
  fixedChargeBps: 1_000,
  monthlyFloorBps: 1_000,
};
const followsSales = contractOf({
  product: productOf(salesLinked),
  principalMinor: 1_000_000,
  annualRateBps: 0,
  termMonths: 10,
});
const monthly = { method: 'equal_installments' };
const restructured = (on: string, rest: Record<string, unknown>) =>
  eventOf('restructured', on, { reason: 'financial_difficulty', termMonths: 10, ...rest });
const toSales = {
  annualRateBps: 0,
  repayment: { ...salesLinked, fixedChargeBps: 100 },
  capitalizesInterest: true,
};

function expectBooksAgree(log: readonly LoanEvent[], on: string) {
  const { state, movements } = replayLoan(log, on);
  const journal = postMovements({ loanId: 'loan_1', lenders: state.contract.lenders }, [], movements, on);
  expect(accountBalances(journal).loan_principal).toBe(state.principalOutstandingMinor);
  return state;
}

describe('a restructuring', () => {
  it('of a loan that follows sales ends its charge with its calendar, and keeps what sales have paid ahead', () => {
    const log = disbursedOn('2024-01-12', followsSales);
    log.push(
      // A share of 10,000.00, due the day after; 500.00 more than it is paid.
      eventOf('sales_settled', '2024-01-31', { inflowMinor: 1_000_000 }),
      eventOf('repayment', '2024-02-01', { amountMinor: 150_000 }),
    );
    const before = replayLoan(log, '2024-02-12').state;
    expect(before.principalOutstandingMinor).toBe(1_000_000 - 136_364);
    expect(before.paidMinor.interest).toBe(13_636);
    log.push(
      restructured('2024-02-12', { annualRateBps: 600, repayment: monthly, capitalizesInterest: false }),
    );
    const state = expectBooksAgree(log, '2024-02-12');
    expect(state.terms.repayment.method).toBe('equal_installments');
    expect(state).toMatchObject({ salesInflowMinor: 0, salesDueMinor: 0, salesSettledThrough: null });
    const coming = state.installments.filter((item) => !item.billed);
    expect(coming.reduce((sum, item) => sum + item.principalMinor, 0)).toBe(state.principalOutstandingMinor);
    // Nothing of the charge is left but what fell due and was met.
    expect(payoffMinor(state)).toBe(state.principalOutstandingMinor);
    const closed = [...log, eventOf('payoff', '2024-03-12', { amountMinor: 1_000_000 })];
    expect(expectBooksAgree(closed, '2024-03-12').status).toBe('closed');
  });

  it('to follow sales fixes one total: principal with the interest owed, and a charge on it', () => {
    const log = disbursedOn('2024-01-12', contractOf({ principalMinor: 1_000_000 }));
    log.push(restructured('2024-04-12', toSales));
    const state = expectBooksAgree(log, '2024-04-12');
    expect(daysPastDue(state)).toBe(0);
    // Three months of one per cent join principal.
    expect(state.principalOutstandingMinor).toBe(1_030_000);
    expect(payoffMinor(state)).toBe(1_030_000 + 10_300);
    log.push(eventOf('sales_settled', '2024-04-13', { inflowMinor: 200_000 }));
    expect(
      replayLoan(log, '2024-04-14').state.installments.find((item) => item.salesThrough !== null),
    ).toMatchObject({
      dueOn: '2024-04-14',
      billed: true,
      principalMinor: 19_802,
      interestMinor: 198,
    });
  });

  const refused = (log: LoanEvent[], event: LoanEvent) => recordLoanEvent(log, event, '2024-12-31').result;

  it('to follow sales needs a station, no rate, and no interest left beside the total', () => {
    const log = disbursedOn('2024-01-12');
    expect(refused(log, restructured('2024-04-12', { ...toSales, annualRateBps: 100 }))).toBe(
      'sales_linked_terms',
    );
    expect(refused(log, restructured('2024-04-12', { ...toSales, capitalizesInterest: false }))).toBe(
      'sales_linked_terms',
    );
    const nowhere = disbursedOn('2024-01-12', contractOf({ stationId: undefined }));
    expect(refused(nowhere, restructured('2024-04-12', toSales))).toBe('station_unknown');
  });

  it('on terms over the cap of its day, or a bullet of more than a year, is refused', () => {
    const log = disbursedOn('2024-01-12');
    const on = (rest: Record<string, unknown>) =>
      refused(log, restructured('2024-04-12', { repayment: monthly, capitalizesInterest: true, ...rest }));
    // One-year LPR of 3.45 %: 13.80 %.
    expect([on({ annualRateBps: 1_380 }), on({ annualRateBps: 1_381 })]).toEqual([
      'applied',
      'terms_unlawful',
    ]);
    expect(on({ annualRateBps: 600, repayment: { method: 'bullet' }, termMonths: 13 })).toBe(
      'terms_unlawful',
    );
    expect(on({ ...toSales, repayment: { ...salesLinked, fixedChargeBps: 4_000 } })).toBe('terms_unlawful');
  });

  it('after which a settlement of a day already settled adds nothing', () => {
    const log = disbursedOn('2024-01-12', followsSales);
    log.push(eventOf('sales_settled', '2024-01-31', { inflowMinor: 1_000_000 }));
    const again = eventOf('sales_settled', '2024-01-31', { inflowMinor: 5_000 });
    expect(refused(log, again)).toBe('sales_day_settled');
    expect(replayLoan([...log, again], '2024-02-02').state).toEqual(replayLoan(log, '2024-02-02').state);
  });
});
