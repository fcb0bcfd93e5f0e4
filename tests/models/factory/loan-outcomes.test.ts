import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LoanBookRow, outcomeLines } from '../../../models/factory/loan-book-outcomes.ts';
import { DEFAULT_DEFINITION, loanOutcomeOf } from '../../../models/factory/loan-outcome.ts';
import { readOutcomes } from '../../../models/factory/outcomes-file.ts';
import { addDays, addMonths } from '../../../shared/domain/calendar.ts';
import { replayLoan } from '../../../shared/domain/lending/loan.ts';
import type { LoanEvent } from '../../../shared/domain/lending/loan-event.ts';
import { contractOf, disbursedOn, eventOf, productOf } from '../../domain/lending/loan-support.ts';

/** Twelve installments from 10 February. */
const loan = disbursedOn('2026-01-10');
/** More than is due, each month, as often as it is said. */
const paid = (times: number): LoanEvent[] =>
  Array.from({ length: times }, (_, month) =>
    eventOf('repayment', addMonths('2026-02-10', month), { amountMinor: 107_000 }),
  );
const outcome = (log: readonly LoanEvent[], asOf: string) => loanOutcomeOf(log, asOf, DEFAULT_DEFINITION);

describe('the outcome of a loan', () => {
  it('is a default from the first day beyond ninety past due, whenever one looks', () => {
    const ninetyFirst = addDays('2026-02-10', 91);
    expect(outcome(loan, addDays(ninetyFirst, -1))).toBeNull();
    for (const days of [0, 1, 200]) {
      expect(outcome(loan, addDays(ninetyFirst, days))).toEqual({ outcomeOn: ninetyFirst, defaulted: true });
    }
  });

  it('stays a default when the arrears are paid later', () => {
    const late = [...loan, eventOf('repayment', '2026-07-01', { amountMinor: 1_000_000 })];
    expect(outcome(late, '2026-08-01')).toEqual({ outcomeOn: addDays('2026-02-10', 91), defaulted: true });
  });

  it('is repayment on the day of the last payment', () => {
    expect(outcome([...loan, ...paid(3)], '2026-05-01')).toBeNull();
    const settled = [...loan, eventOf('payoff', '2026-04-20', { amountMinor: 2_000_000 })];
    expect(outcome(settled, '2026-04-19')).toBeNull();
    expect(outcome(settled, '2026-06-01')).toEqual({ outcomeOn: '2026-04-20', defaulted: false });
  });

  it('is good at the end of the horizon, whatever comes after', () => {
    const longer = disbursedOn(
      '2026-01-10',
      contractOf({ termMonths: 24, product: productOf({ method: 'bullet', interestEveryMonths: 12 }) }),
    );
    expect(outcome(longer, '2027-01-09')).toBeNull();
    expect(outcome(longer, '2028-12-31')).toEqual({ outcomeOn: '2027-01-10', defaulted: false });
    const wider = loanOutcomeOf(longer, '2028-12-31', { daysPastDue: 90, horizonMonths: 24 });
    expect(wider).toEqual({ outcomeOn: addDays('2027-01-10', 91), defaulted: true });
  });

  it('is none of a loan that was not paid out', () => {
    expect(outcome(loan.slice(0, 2), '2026-12-01')).toBeNull();
  });

  it('is found on the very day a look at every day finds', () => {
    const months = fc.uniqueArray(fc.integer({ min: 0, max: 11 }), { maxLength: 12 });
    fc.assert(
      fc.property(months, fc.integer({ min: 10, max: 120 }), (paidMonths, daysPastDue) => {
        const log = [
          ...loan,
          ...paidMonths.map((month) =>
            eventOf('repayment', addMonths('2026-02-10', month), { amountMinor: 107_000 }),
          ),
        ];
        const found = loanOutcomeOf(log, '2027-03-01', { daysPastDue, horizonMonths: 12 });
        let first: string | null = null;
        for (let day = '2026-01-10'; day <= '2027-01-10' && first === null; day = addDays(day, 1)) {
          if (replayLoan(log, day).state.daysPastDueMax > daysPastDue) first = day;
        }
        expect(found?.defaulted === true ? found.outcomeOn : null).toBe(first);
      }),
      { numRuns: 15 },
    );
  });
});

describe('the outcomes file of a loan book', () => {
  it('is one that the export of a matrix reads', async () => {
    const row: LoanBookRow = {
      loanId: 'loan_1',
      programId: 'prg_1',
      stationId: 'stn_1',
      entrepreneurId: 'ent_1',
      decidedAt: '2026-01-08T02:00:00.000Z',
      requestedPrincipalMinor: 1_200_000,
      requestedTermMonths: 12,
      outcome: { outcomeOn: '2026-05-12', defaulted: true },
    };
    async function* rows() {
      yield row;
      yield { ...row, loanId: 'loan_2', outcome: null };
    }
    const lines = await Array.fromAsync(outcomeLines(rows()));
    const directory = await mkdtemp(join(tmpdir(), 'cunxin-outcomes-'));
    try {
      const file = join(directory, 'outcomes.csv');
      await writeFile(file, `${lines.join('\n')}\n`);
      expect(await Array.fromAsync(readOutcomes(file))).toMatchObject([
        {
          id: 'loan_1',
          station_id: 'stn_1',
          entrepreneur_id: 'ent_1',
          outcome_on: '2026-05-12',
          defaulted: true,
        },
        { id: 'loan_2', outcome_on: null, defaulted: null, meta: { program: 'prg_1' } },
      ]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
