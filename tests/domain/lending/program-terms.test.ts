import { describe, expect, it } from 'vitest';
import { DomainError } from '../../../shared/domain/errors.ts';
import { allInRateBps } from '../../../shared/domain/lending/all-in-rate.ts';
import { commitProgramTerms } from '../../../shared/domain/lending/commit-program-terms.ts';
import { programTerms } from '../../../shared/domain/lending/program-terms.ts';
import { productOf } from './loan-support.ts';

const today = '2025-05-20'; // One-year LPR 3.00 %: the ceiling is 12.00 %.

function termsOf(offered: Record<string, unknown>, effectiveFrom = today) {
  return programTerms.parse({
    programId: 'prg_1',
    version: '2025-1',
    effectiveFrom,
    singleBorrowerLimitMinor: 30_000_000,
    guaranteeShareBps: 3_000,
    products: [
      {
        product: productOf({ method: 'equal_installments' }),
        annualRateMinBps: 600,
        annualRateMaxBps: 1_200,
        termMonthsMin: 6,
        termMonthsMax: 24,
        principalMinMinor: 500_000,
        principalMaxMinor: 30_000_000,
        ...offered,
      },
    ],
  });
}

function issuesOf(commit: () => unknown): string[] {
  try {
    commit();
  } catch (error) {
    if (error instanceof DomainError) return error.issues.map(({ field, code }) => `${field} ${code}`);
    throw error;
  }
  return [];
}

describe('terms of a program', () => {
  it('are committed when every loan within them is lawful, up to the ceiling itself', () => {
    expect(commitProgramTerms(termsOf({}), today)).toMatchObject({ version: '2025-1', committedOn: today });
  });

  it.each([
    ['a rate over the ceiling', { annualRateMaxBps: 1_201 }, 'products.0.annualRateMaxBps rate_over_cap'],
    [
      'a bullet of thirteen months',
      { product: productOf({ method: 'bullet' }), annualRateMaxBps: 900, termMonthsMax: 13 },
      'products.0.termMonthsMax bullet_over_12_months',
    ],
    [
      'a penalty that goes over it',
      { product: productOf({ method: 'equal_principal' }, { penaltySpreadBps: 400 }), annualRateMaxBps: 801 },
      'products.0.product.penaltySpreadBps overdue_rate_over_cap',
    ],
    [
      'a fee that does so on the shortest term',
      {
        product: productOf(
          { method: 'equal_installments' },
          { originationFee: { feeBps: 100, collected: 'first_installment' } },
        ),
        annualRateMaxBps: 1_000,
      },
      'products.0.product.originationFee.feeBps all_in_rate_over_cap',
    ],
    [
      // A year of 500.00 at 9 % costs about 24.70; with a yuan for each of twelve late installments, over 12 %.
      'a late fee that does so when every installment of the smallest loan is late',
      {
        product: productOf({ method: 'equal_installments' }, { lateFee: { amountMinor: 100, graceDays: 3 } }),
        annualRateMaxBps: 900,
        termMonthsMin: 12,
        termMonthsMax: 12,
        principalMinMinor: 50_000,
      },
      'products.0.product.lateFee.amountMinor late_fee_over_cap',
    ],
    [
      'a charge on sales that comes to more',
      {
        product: productOf({
          method: 'sales_linked',
          inflowShareBps: 1_000,
          fixedChargeBps: 800,
          monthlyFloorBps: 1_000,
        }),
        annualRateMinBps: 0,
        annualRateMaxBps: 0,
      },
      'products.0.product.repayment.fixedChargeBps all_in_rate_over_cap',
    ],
  ])('are refused for %s', (_, offered, issue) => {
    expect(issuesOf(() => commitProgramTerms(termsOf(offered), today))).toContain(issue);
  });

  it('may have a late fee that the smallest loan bears', () => {
    const product = productOf(
      { method: 'equal_installments' },
      { lateFee: { amountMinor: 500, graceDays: 3 } },
    );
    expect(issuesOf(() => commitProgramTerms(termsOf({ product, annualRateMaxBps: 900 }), today))).toEqual(
      [],
    );
  });

  it('follow the ceiling of the day they take effect', () => {
    expect(issuesOf(() => commitProgramTerms(termsOf({}, '2025-06-01'), today))).toEqual([]);
    expect(
      issuesOf(() => commitProgramTerms(termsOf({ annualRateMaxBps: 1_240 }, '2025-05-19'), '2025-05-19')),
    ).toEqual([]);
    expect(issuesOf(() => commitProgramTerms(termsOf({}, '2025-05-19'), today))).toEqual([
      'effectiveFrom date_in_past',
    ]);
  });

  it('refuse bounds that cross', () => {
    expect(() => termsOf({ termMonthsMin: 25 })).toThrow(/must not be below termMonthsMin/);
    expect(() => termsOf({ termMonths: [12, 36] })).toThrow(/must lie from termMonthsMin to termMonthsMax/);
  });
});

describe('the all-in rate', () => {
  const terms = { principalMinor: 1_000_000_000, annualRateBps: 1_000, termMonths: 12 };
  it.each([
    ['thirty_360', 0, 1_000],
    ['actual_365', 0, 1_000],
    ['actual_360', 0, 1_014],
  ] as const)('of %s without fees is the nominal rate of 365 days', (dayCount, feeBps, expected) => {
    const product = productOf(
      { method: 'equal_principal' },
      { dayCount, originationFee: { feeBps, collected: 'first_installment' } },
    );
    expect(allInRateBps({ ...terms, product }, '2025-01-15')).toBe(expected);
  });

  it('counts a fee over what is owed and for how long', () => {
    const product = productOf(
      { method: 'bullet' },
      { originationFee: { feeBps: 200, collected: 'first_installment' } },
    );
    expect(allInRateBps({ ...terms, product }, '2025-01-15')).toBe(1_200);
    expect(allInRateBps({ ...terms, termMonths: 6, product }, '2025-01-15')).toBe(1_400);
    const deducted = productOf(
      { method: 'bullet' },
      { originationFee: { feeBps: 200, collected: 'deducted' } },
    );
    expect(allInRateBps({ ...terms, product: deducted }, '2025-01-15')).toBe(1_224);
  });
});
