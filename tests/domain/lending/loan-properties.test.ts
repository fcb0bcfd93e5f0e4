import fc from 'fast-check';
import { describe, it } from 'vitest';
import { addDays } from '../../../shared/domain/calendar.ts';
import { canonicalJson } from '../../../shared/domain/canonical-json.ts';
import { journalEntry, postMovements } from '../../../shared/domain/lending/ledger.ts';
import {
  ageLoan,
  canContinue,
  continueLoan,
  effectiveEvents,
  type LoanReplay,
  replayLoan,
} from '../../../shared/domain/lending/loan.ts';
import { loanEvent } from '../../../shared/domain/lending/loan-event.ts';
import {
  daysPastDue,
  feesOutstandingMinor,
  interestOutstandingMinor,
  type LoanState,
  loanState,
  payoffMinor,
  unpaidOf,
} from '../../../shared/domain/lending/loan-state.ts';
import { type RandomLife, randomLives, same } from './loan-support.ts';

const cases = { numRuns: 10_000 };

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

/** Money that came in from the borrower less what went back, by the events alone. */
function netCashMinor(life: RandomLife): number {
  return sum(effectiveEvents(life.log), (event) => {
    switch (event.type) {
      case 'repayment':
      case 'prepayment':
      case 'payoff':
      case 'recovery':
        return event.amountMinor;
      case 'credit_refunded':
        return -event.amountMinor;
      default:
        return 0;
    }
  });
}

function expectPrincipalAddsUp(state: LoanState): void {
  const owed = state.contract.principalMinor + state.interestCapitalizedMinor;
  const settled = state.paidMinor.principal + state.writtenOffPrincipalMinor;
  same(state.principalOutstandingMinor + settled, owed, 'principal outstanding, paid and written off');
  const laidOut = sum(state.installments, (item) => item.principalMinor);
  same(laidOut + state.principalPrepaidMinor, owed, 'principal in installments and prepaid');
}

function expectCashConserved(life: RandomLife, state: LoanState): void {
  const { fees, penalty, interest, principal } = state.paidMinor;
  const refundsOwed = sum(
    state.fees.filter((fee) => fee.fee === 'refund_overpaid'),
    (fee) => fee.amountMinor,
  );
  const held = fees + penalty + interest + principal + state.recoveredMinor + state.creditMinor - refundsOwed;
  same(held, netCashMinor(life), 'cash paid in, less refunds');
}

function expectDelinquencyHasACause(state: LoanState): void {
  const late = state.installments.some(
    (item) => item.billed && item.dueOn < state.asOf && unpaidOf(item) > 0,
  );
  same(daysPastDue(state) > 0, state.status === 'active' && late, 'days past due');
}

function expectNothingNegative(state: LoanState): void {
  const amounts = [
    state.principalOutstandingMinor,
    state.interestUnbilledMinor,
    state.penaltyMinor,
    state.creditMinor,
    state.suspendedInterestMinor,
    state.suspendedPenaltyMinor,
    ...Object.values(state.waivedMinor),
    state.guaranteeClaimedMinor - state.guaranteePaidMinor,
    state.writtenOffMinor - state.recoveredMinor,
    feesOutstandingMinor(state),
    ...Object.values(state.paidMinor),
    ...state.installments.flatMap((item) => [
      item.principalMinor - item.principalPaidMinor,
      item.interestMinor - item.interestPaidMinor,
      item.principalPaidMinor,
      item.interestPaidMinor,
    ]),
  ];
  same(Math.min(...amounts, 0), 0, 'the least amount');
}

function expectEnded(state: LoanState): void {
  if (state.status !== 'closed') return;
  same(state.principalOutstandingMinor, 0, 'principal of a closed loan');
  const owed = interestOutstandingMinor(state) + feesOutstandingMinor(state) + state.penaltyMinor;
  same(owed, 0, 'interest, fees and penalty of a closed loan');
  same(sum(state.installments, unpaidOf), 0, 'unpaid installments of a closed loan');
}

/** All that is owed of interest and penalty is in suspense while the loan does not accrue, and nothing otherwise. */
function expectSuspenseOf(state: LoanState): void {
  if (state.nonAccrualSince === null || state.status !== 'active') {
    same(state.suspendedInterestMinor + state.suspendedPenaltyMinor, 0, 'in suspense');
    return;
  }
  const interestMinor = interestOutstandingMinor(state) - state.interestUnpostedMinor;
  const least = Math.max(0, state.suspendedInterestMinor - state.interestCapitalizedMinor);
  same(least <= interestMinor && interestMinor <= state.suspendedInterestMinor, true, 'interest in suspense');
  same(state.suspendedPenaltyMinor, state.penaltyMinor - state.penaltyUnpostedMinor, 'penalty in suspense');
}

describe('a random life of a loan', () => {
  it('keeps principal, cash and arrears in agreement with its events', () => {
    fc.assert(
      fc.property(randomLives, (life) => {
        const { state } = replayLoan(life.log, life.endsOn);
        expectPrincipalAddsUp(state);
        expectCashConserved(life, state);
        expectDelinquencyHasACause(state);
        expectNothingNegative(state);
        expectSuspenseOf(state);
        expectEnded(state);
      }),
      cases,
    );
  });

  it('is the same aged twice, late, in any steps, or day by day', () => {
    fc.assert(
      fc.property(randomLives, fc.array(fc.nat(400), { maxLength: 2 }), fc.nat(40), (life, cuts, days) => {
        const from = life.recordedOn.at(-1) ?? life.endsOn;
        const to = life.endsOn;
        const whole = replayLoan(life.log, to);
        const stops = cuts
          .map((cut) => addDays(from, cut))
          .concat(Array.from({ length: days % 4 }, (_, index) => addDays(from, index)));
        let aged: LoanReplay = replayLoan(life.log, from);
        const movements = [...aged.movements];
        for (const stop of [...stops.filter((day) => day <= to).toSorted(), to, to]) {
          aged = ageLoan(aged.state, stop);
          movements.push(...aged.movements);
        }
        same(JSON.stringify(aged.state), JSON.stringify(whole.state), 'the aged state');
        same(JSON.stringify(movements), JSON.stringify(whole.movements), 'what moved');
      }),
      cases,
    );
  });

  it('is the same replayed from its stored log, in whatever order its days were recorded', () => {
    fc.assert(
      fc.property(randomLives, fc.nat(), (life, seed) => {
        const days = Map.groupBy(life.log, (event) => event.businessDate);
        // Whole days change places; within a day the order of recording counts.
        const shuffled = [...days.values()].toSorted(
          (a, b) =>
            (((a[0]?.eventId.charCodeAt(1) ?? 0) * 7919 + seed) % 97) -
            (((b[0]?.eventId.charCodeAt(1) ?? 0) * 7919 + seed) % 97),
        );
        const stored: typeof life.log = JSON.parse(JSON.stringify(shuffled.flat()));
        same(
          JSON.stringify(replayLoan(stored, life.endsOn)),
          JSON.stringify(replayLoan(life.log, life.endsOn)),
          'the replay',
        );
      }),
      cases,
    );
  });

  it('goes on from a stored state as a replay of the whole log would', () => {
    fc.assert(
      fc.property(randomLives, (life) => {
        const reversed = new Set(
          life.log.flatMap((event) => (event.type === 'repayment_reversed' ? [event.paymentEventId] : [])),
        );
        let replay: LoanReplay = replayLoan(life.log.slice(0, 3), life.recordedOn[0] ?? '');
        const taken = life.log.slice(0, 3);
        const movements = [...replay.movements];
        for (const event of life.log.slice(3)) {
          if (!canContinue(replay.state, event) || reversed.has(event.eventId)) continue;
          const next = continueLoan(replay.state, event, event.businessDate);
          if (next.result !== 'applied') continue;
          replay = next.replay;
          movements.push(...replay.movements);
          taken.push(event);
        }
        same(
          JSON.stringify({ state: replay.state, movements }),
          JSON.stringify(replayLoan(taken, replay.state.asOf)),
          'the loan gone on with',
        );
      }),
      cases,
    );
  });

  it('ends when what the payoff asks for is paid, and is left with nothing', () => {
    fc.assert(
      fc.property(randomLives, (life) => {
        const before = replayLoan(life.log, life.endsOn).state;
        if (before.status !== 'active') return;
        const amountMinor = payoffMinor(before);
        if (amountMinor === 0) return;
        const payoff = {
          loanId: 'loan_1',
          eventId: 'payoff',
          type: 'payoff' as const,
          businessDate: life.endsOn,
          amountMinor,
        };
        const { state } = replayLoan([...life.log, payoff], addDays(life.endsOn, 400));
        same(state.status, 'closed', 'status');
        same(state.closedOn, life.endsOn, 'closed on');
        same(state.creditMinor, 0, 'credit');
        expectPrincipalAddsUp(state);
      }),
      cases,
    );
  });

  it('is parsed back from a store as it was put there, its journal too', () => {
    fc.assert(
      fc.property(randomLives, (life) => {
        const { state, movements } = replayLoan(life.log, life.endsOn);
        const stored = JSON.stringify(state);
        // Keys come back in the schema's order; nothing may be lost or refused.
        same(canonicalJson(loanState.parse(JSON.parse(stored))), canonicalJson(state), 'state');
        const journal = postMovements(
          { loanId: state.loanId, lenders: state.contract.lenders },
          [],
          movements,
          life.endsOn,
        );
        for (const entry of journal)
          same(canonicalJson(journalEntry.parse(entry)), canonicalJson(entry), 'entry');
        for (const event of life.log)
          same(canonicalJson(loanEvent.parse(event)), canonicalJson(event), 'event');
      }),
      { numRuns: 1_000 },
    );
  });
});
