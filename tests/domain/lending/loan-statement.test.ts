import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { replayLoan } from '../../../shared/domain/lending/loan.ts';
import { payoffMinor } from '../../../shared/domain/lending/loan-state.ts';
import { loanStatement } from '../../../shared/domain/lending/loan-statement.ts';
import { disbursedOn, eventOf, randomLives, same } from './loan-support.ts';

describe('a statement', () => {
  it('reads a loan line by line, and carries the balance from before its first day', () => {
    const log = disbursedOn('2024-01-12');
    log.push(eventOf('repayment', '2024-02-12', { eventId: 'bank-1', amountMinor: 107_000 }));
    const { movements } = replayLoan(log, '2024-03-01');
    const lines = loanStatement(movements, '2024-02-01', '2024-02-28');
    expect(lines.map((line) => [line.businessDate, line.sentences.en, line.balanceMinor])).toEqual([
      ['2024-02-12', 'Interest', 1_212_000],
      ['2024-02-12', 'Repayment', 1_105_000],
    ]);
    expect(lines[1]).toMatchObject({
      eventId: 'bank-1',
      principalMinor: -94_619,
      interestMinor: -12_000,
      creditMinor: 381,
    });
  });

  it('ends on what the payoff asks for, but for interest and charges not yet posted', () => {
    fc.assert(
      fc.property(randomLives, ({ log, endsOn }) => {
        const { state, movements } = replayLoan(log, endsOn);
        if (state.status !== 'active' || state.terms.repayment.method === 'sales_linked') return;
        const posted = payoffMinor(state) - state.interestUnpostedMinor - state.penaltyUnpostedMinor;
        if (payoffMinor(state) === 0) return;
        same(loanStatement(movements, endsOn, endsOn).at(-1)?.balanceMinor ?? posted, posted, 'balance');
        same(loanStatement(movements, '2000-01-01', endsOn).at(-1)?.balanceMinor ?? 0, posted, 'balance');
      }),
      { numRuns: 2_000 },
    );
  });
});
