import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountCodes } from '../../../shared/domain/lending/chart-of-accounts.ts';
import {
  accountBalances,
  type JournalEntry,
  postMovements,
  splitBetweenLenders,
  standingEntries,
  trialBalance,
} from '../../../shared/domain/lending/ledger.ts';
import { replayLoan } from '../../../shared/domain/lending/loan.ts';
import { allocationComponents } from '../../../shared/domain/lending/loan-product.ts';
import {
  feesOutstandingMinor,
  interestOutstandingMinor,
  type LoanState,
} from '../../../shared/domain/lending/loan-state.ts';
import { allocateRepayment } from '../../../shared/domain/lending/waterfall.ts';
import { randomLives, same } from './loan-support.ts';

const cases = { numRuns: 10_000 };

function expectBalanced(entries: readonly JournalEntry[]): void {
  for (const entry of entries) {
    const byLender = new Map<string, number>();
    for (const { lenderTenantId, amountMinor } of entry.lines) {
      byLender.set(lenderTenantId, (byLender.get(lenderTenantId) ?? 0) + amountMinor);
    }
    for (const minor of byLender.values()) same(minor, 0, `entry ${entry.sequence} of a lender`);
    same(entry.lines.length > 0, true, `entry ${entry.sequence} has lines`);
  }
}

/** Each balance sheet account is what the state says; what a charged-off loan still owes is off the books. */
function expectBooksOf(state: LoanState, journal: readonly JournalEntry[]): void {
  const balances = accountBalances(journal);
  const onBooks = state.status !== 'charged_off';
  const books = {
    loan_principal: state.principalOutstandingMinor,
    interest_receivable: onBooks ? interestOutstandingMinor(state) - state.interestUnpostedMinor : 0,
    penalty_receivable: onBooks ? state.penaltyMinor - state.penaltyUnpostedMinor : 0,
    suspended_interest: 0 - state.suspendedInterestMinor,
    suspended_penalty: 0 - state.suspendedPenaltyMinor,
    fee_receivable: onBooks ? feesOutstandingMinor(state) : 0,
    guarantee_receivable: state.guaranteeClaimedMinor - state.guaranteePaidMinor,
    borrower_credit: 0 - state.creditMinor,
    disbursement_in_transit: 0,
    co_lender_settlement: 0,
  };
  for (const [account, minor] of Object.entries(books) as [keyof typeof books, number][]) {
    same(balances[account], minor, account);
  }
}

describe('the ledger', () => {
  it('balances after every step of a random life, for every lender, and holds what the state says', () => {
    fc.assert(
      fc.property(randomLives, (life) => {
        const loan = { loanId: 'loan_1', lenders: life.contract.lenders };
        const journal: JournalEntry[] = [];
        for (const [index, recordedOn] of life.recordedOn.entries()) {
          const { state, movements } = replayLoan(life.log.slice(0, index + 1), recordedOn);
          const added = postMovements(loan, journal, movements, recordedOn);
          expectBalanced(added);
          journal.push(...added);
          if (state.disbursedOn !== null) expectBooksOf(state, journal);
          same(trialBalance(journal, recordedOn).differenceMinor, 0, 'trial balance');
        }
        same(
          journal.every((entry, index) => entry.sequence === index + 1),
          true,
          'sequence without gaps',
        );
        const { movements } = replayLoan(life.log, life.recordedOn.at(-1) ?? '');
        const afresh = postMovements(loan, [], movements, life.endsOn);
        same(
          JSON.stringify(standingEntries(journal).map(({ lines }) => lines)),
          JSON.stringify(afresh.map(({ lines }) => lines)),
          'what stands',
        );
      }),
      cases,
    );
  });

  it('adds nothing when nothing has moved', () => {
    fc.assert(
      fc.property(randomLives, (life) => {
        const loan = { loanId: 'loan_1', lenders: life.contract.lenders };
        const { movements } = replayLoan(life.log, life.endsOn);
        const journal = postMovements(loan, [], movements, life.endsOn);
        same(postMovements(loan, journal, movements, life.endsOn).length, 0, 'entries added');
      }),
      cases,
    );
  });

  it('shares every amount between lenders to the unit, and near their shares', () => {
    const lenders = fc
      .uniqueArray(fc.integer({ min: 1, max: 9_999 }), { minLength: 0, maxLength: 7 })
      .map((cuts) => [0, ...cuts.toSorted((a, b) => a - b), 10_000])
      .map((cuts) =>
        cuts.slice(1).map((cut, index) => ({ tenantId: `ten_${index}`, shareBps: cut - (cuts[index] ?? 0) })),
      );
    fc.assert(
      fc.property(lenders, fc.integer({ min: -1e12, max: 1e12 }), (shares, amountMinor) => {
        const parts = splitBetweenLenders(amountMinor, shares);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBe(amountMinor);
        for (const [index, part] of parts.entries()) {
          const exact = (amountMinor * (shares[index]?.shareBps ?? 0)) / 10_000;
          expect(Math.abs(part - exact)).toBeLessThan(1.001);
        }
      }),
      cases,
    );
  });

  it('names every account with a number of its own', () => {
    expect(new Set(accountCodes).size).toBe(accountCodes.length);
  });
});

describe('the waterfall', () => {
  const due = fc.record({
    fees: fc.nat(9_999),
    penalty: fc.nat(9_999),
    interest: fc.nat(9_999),
    principal: fc.nat(99_999),
  });
  const order = fc.shuffledSubarray([...allocationComponents], { minLength: 4 });

  it('conserves cash and never passes over a component that comes first', () => {
    fc.assert(
      fc.property(due, order, fc.nat(150_000), (owed, first, amountMinor) => {
        const { allocation, restMinor } = allocateRepayment(amountMinor, owed, first);
        const taken = allocationComponents.reduce((sum, component) => sum + allocation[component], 0);
        expect(taken + restMinor).toBe(amountMinor);
        const short = first.findIndex((component) => allocation[component] < owed[component]);
        if (short === -1) return;
        expect(restMinor).toBe(0);
        for (const later of first.slice(short + 1)) expect(allocation[later]).toBe(0);
      }),
      cases,
    );
  });
});
