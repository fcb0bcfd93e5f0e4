import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DomainError } from '../../../shared/domain/errors.ts';
import {
  accrueInterest,
  interestForDays,
  NOTHING_ACCRUED,
} from '../../../shared/domain/lending/day-count.ts';
import { requireLawful } from '../../../shared/domain/lending/lending-law.ts';
import {
  costOfCredit,
  fixedChargeMinor,
  repaymentSchedule,
  salesRemittanceMinor,
} from '../../../shared/domain/lending/repayment-schedule.ts';
import { goldenTable } from './golden-table.ts';
import { contracts, productOf, same, startDates } from './loan-support.ts';

const cases = { numRuns: 10_000 };

describe('a repayment schedule', () => {
  it('repays what was disbursed, to the unit, on rising dates, for every product', () => {
    fc.assert(
      fc.property(contracts, startDates, (contract, start) => {
        const schedule = repaymentSchedule(contract, start);
        same(
          schedule.reduce((sum, item) => sum + item.principalMinor, 0),
          contract.principalMinor,
          'principal',
        );
        same(schedule.at(-1)?.balanceMinor ?? -1, 0, 'final balance');
        let before = start;
        for (const item of schedule) {
          same(item.dueOn > before, true, `${item.dueOn} after ${before}`);
          same(Math.min(item.principalMinor, item.interestMinor, item.balanceMinor, 0), 0, 'least amount');
          before = item.dueOn;
        }
        const { repayment } = contract.product;
        if (repayment.method !== 'sales_linked') return;
        const charge = fixedChargeMinor(contract.principalMinor, repayment.fixedChargeBps);
        same(
          schedule.reduce((sum, item) => sum + item.interestMinor, 0),
          charge,
          'fixed charge',
        );
      }),
      cases,
    );
  });

  const whole = z.coerce.number().int();
  const row = z.object({
    principalMinor: whole,
    annualRateBps: whole,
    termMonths: whole,
    installmentMinor: whole,
    lastInstallmentMinor: whole,
    totalInterestMinor: whole,
  });
  /** Computed outside this project in exact fractions, the annuity as the sum of its discount factors. */
  it.each(
    goldenTable('equal-installments.csv', row),
  )('of equal installments, $principalMinor at $annualRateBps bps over $termMonths months of thirty days, is the golden one', (golden) => {
    const schedule = repaymentSchedule({ product: productOf30, ...golden }, '2024-02-15');
    const amounts = schedule.map((item) => item.principalMinor + item.interestMinor);
    expect([amounts[0], amounts[golden.termMonths - 1] ?? 0]).toEqual([
      golden.installmentMinor,
      golden.lastInstallmentMinor,
    ]);
    expect(schedule.reduce((sum, item) => sum + item.interestMinor, 0)).toBe(golden.totalInterestMinor);
  });

  it('of equal installments differs in the last by no more than rounding can add up to', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10_000, max: 1_000_000_000 }),
        fc.integer({ min: 0, max: 3_600 }),
        fc.integer({ min: 1, max: 60 }),
        (principalMinor, annualRateBps, termMonths) => {
          const terms = { product: productOf30, principalMinor, annualRateBps, termMonths };
          const schedule = repaymentSchedule(terms, '2024-02-15');
          const amounts = schedule.map((item) => item.principalMinor + item.interestMinor);
          const apart = Math.abs((amounts.at(-1) ?? 0) - (amounts[0] ?? 0));
          return apart <= 1.5 * termMonths * (1 + annualRateBps / 120_000) ** termMonths;
        },
      ),
      cases,
    );
  });
  const productOf30 = productOf({ method: 'equal_installments' });

  it('names the field when grace fills the term, or no chosen month falls within it', () => {
    const terms = { principalMinor: 1_000, annualRateBps: 0, termMonths: 3 };
    const graceful = productOf({ method: 'equal_principal', principalGraceMonths: 3 });
    const harvest = productOf({ method: 'seasonal', months: [10] });
    expect(() => repaymentSchedule({ ...terms, product: graceful }, '2024-01-01')).toThrow(DomainError);
    expect(() => repaymentSchedule({ ...terms, product: harvest }, '2024-01-01')).toThrow(
      expect.objectContaining({ issues: [expect.objectContaining({ code: 'no_month_in_term' })] }),
    );
  });

  it('states an APR above the nominal rate when a fee is charged, the more when it is deducted', () => {
    const terms = { principalMinor: 1_000_000, annualRateBps: 1_000, termMonths: 12 };
    const apr = (collected?: 'deducted' | 'first_installment') =>
      costOfCredit(
        {
          ...terms,
          product: productOf(
            { method: 'equal_installments' },
            collected === undefined ? {} : { originationFee: { feeBps: 200, collected } },
          ),
        },
        '2024-03-15',
      ).annualPercentageRate;
    expect(apr()).toBeGreaterThan(0.1);
    expect(apr('first_installment')).toBeGreaterThan(apr() + 0.03);
    expect(apr('deducted')).toBeGreaterThan(apr('first_installment'));
  });

  it('asks of a day’s sales its share, and never more than is left', () => {
    expect(salesRemittanceMinor(100_001, 1_500, 1_000_000)).toBe(15_000);
    expect(salesRemittanceMinor(100_000, 1_500, 9_999)).toBe(9_999);
    expect(salesRemittanceMinor(-500, 1_500, 9_999)).toBe(0);
  });

  it('refuses what the law forbids and names the clause', () => {
    const product = productOf({ method: 'bullet' });
    expect(() => requireLawful({ product, annualRateBps: 1_201, termMonths: 18 }, '2025-06-01')).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        issues: [
          expect.objectContaining({
            field: 'annualRateBps',
            code: 'rate_over_cap',
            message: expect.stringContaining('art. 25'),
          }),
          expect.objectContaining({
            code: 'overdue_rate_over_cap',
            message: expect.stringContaining('art. 28'),
          }),
          expect.objectContaining({
            field: 'termMonths',
            code: 'bullet_over_12_months',
            message: expect.stringContaining('art. 6'),
          }),
        ],
      }),
    );
  });
});

describe('accrual', () => {
  it('by days is accrual of the span, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('actual_365' as const, 'actual_360' as const, 'thirty_360' as const),
        fc.integer({ min: 1, max: 1_000_000_000 }),
        fc.integer({ min: 0, max: 3_600 }),
        fc.array(fc.integer({ min: 0, max: 31 }), { minLength: 1, maxLength: 40 }),
        (dayCount, balanceMinor, annualRateBps, spans) => {
          let accumulator = NOTHING_ACCRUED;
          for (const days of spans) {
            ({ accumulator } = accrueInterest(accumulator, balanceMinor, annualRateBps, days, dayCount));
          }
          const days = spans.reduce((sum, span) => sum + span, 0);
          const whole = interestForDays(balanceMinor, annualRateBps, days, dayCount);
          same(accumulator.accruedMinor, whole, 'accrued');
        },
      ),
      cases,
    );
  });
});

describe('a half unit of interest', () => {
  it('goes to the even total, whatever was accrued before', () => {
    // 0.50 at 36 % for ten days of 360 is exactly half a unit.
    const totals = [];
    let accumulator = NOTHING_ACCRUED;
    for (let span = 1; span <= 5; span += 1) {
      ({ accumulator } = accrueInterest(accumulator, 50, 3_600, 10, 'thirty_360'));
      totals.push(accumulator.accruedMinor);
    }
    expect(totals).toEqual([0, 1, 2, 2, 2]);
  });
});
