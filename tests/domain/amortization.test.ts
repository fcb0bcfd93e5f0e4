import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  amortizationSchedule,
  equalInstallmentMinor,
  greatestPrincipalMinor,
  monthlyInterestMinor,
} from '../../shared/domain/amortization.ts';

/** Computed outside this project in exact fractions, the annuity as the sum of its discount factors. */
const golden: Record<string, string>[] = parse(
  readFileSync(new URL('./amortization.csv', import.meta.url), 'utf8'),
  { columns: true },
);

const loan = fc.record({
  principalMinor: fc.integer({ min: 1, max: 1_000_000_000 }),
  annualRateBps: fc.integer({ min: 0, max: 3_600 }),
  termMonths: fc.integer({ min: 1, max: 60 }),
});

describe('a schedule of equal installments', () => {
  test.each(
    golden,
  )('of $principalMinor at $annualRateBps bps over $termMonths months is the golden one', (row) => {
    const schedule = amortizationSchedule(
      Number(row.principalMinor),
      Number(row.annualRateBps),
      Number(row.termMonths),
    );
    expect({
      installmentMinor: schedule[0]?.installmentMinor,
      lastInstallmentMinor: schedule.at(-1)?.installmentMinor,
      totalInterestMinor: schedule.reduce((sum, line) => sum + line.interestMinor, 0),
    }).toEqual({
      installmentMinor: Number(row.installmentMinor),
      lastInstallmentMinor: Number(row.lastInstallmentMinor),
      totalInterestMinor: Number(row.totalInterestMinor),
    });
  });

  it('repays the principal to the unit, never overdraws, and ends at nothing', () => {
    fc.assert(
      fc.property(loan, ({ principalMinor, annualRateBps, termMonths }) => {
        const schedule = amortizationSchedule(principalMinor, annualRateBps, termMonths);
        let balanceMinor = principalMinor;
        for (const line of schedule) {
          expect(line.interestMinor).toBe(monthlyInterestMinor(balanceMinor, annualRateBps));
          expect(line.installmentMinor).toBe(line.interestMinor + line.principalMinor);
          balanceMinor -= line.principalMinor;
          expect(line.balanceMinor).toBe(balanceMinor);
          expect(balanceMinor).toBeGreaterThanOrEqual(0);
        }
        expect(schedule).toHaveLength(termMonths);
        expect(balanceMinor).toBe(0);
      }),
    );
  });

  it('differs in the last installment by no more than rounding can add up to', () => {
    fc.assert(
      fc.property(loan, ({ principalMinor, annualRateBps, termMonths }) => {
        fc.pre(principalMinor > 100 * termMonths);
        const schedule = amortizationSchedule(principalMinor, annualRateBps, termMonths);
        const regular = equalInstallmentMinor(principalMinor, annualRateBps, termMonths);
        const growth = (1 + annualRateBps / 120_000) ** termMonths;
        const last = schedule.at(-1)?.installmentMinor ?? 0;
        expect(Math.abs(last - regular)).toBeLessThanOrEqual(1.5 * termMonths * growth);
      }),
    );
  });
});

describe('the greatest principal an installment carries', () => {
  it('has an installment within the bound, and one unit more has not', () => {
    fc.assert(
      fc.property(loan, ({ principalMinor: boundMinor, annualRateBps, termMonths }) => {
        const greatest = greatestPrincipalMinor(boundMinor, annualRateBps, termMonths);
        expect(equalInstallmentMinor(greatest, annualRateBps, termMonths)).toBeLessThanOrEqual(boundMinor);
        expect(equalInstallmentMinor(greatest + 1, annualRateBps, termMonths)).toBeGreaterThan(boundMinor);
      }),
    );
  });

  it('is nothing when nothing can be paid', () => {
    expect(greatestPrincipalMinor(0, 735, 12)).toBe(0);
  });
});

test.each([
  ['a fraction of a unit', 0.5, 735, 12, /amount/],
  ['a negative rate', 100, -1, 12, /rate/],
  ['no term', 100, 735, 0, /term/],
])('refuses %s', (_, principalMinor, annualRateBps, termMonths, message) => {
  expect(() => equalInstallmentMinor(principalMinor, annualRateBps, termMonths)).toThrow(message);
});
