import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  carriedPrincipalMinor,
  carries,
  monthlyBurdenMinor,
} from '../../../shared/domain/lending/carried-principal.ts';
import { observedPace } from '../../../shared/domain/lending/observed-pace.ts';
import { contracts, productOf, same, startDates } from './loan-support.ts';

const ON = '2026-06-01';
const terms = { annualRateBps: 1_200, termMonths: 12, principalMinor: 12_000_000 };
const affordability = (inflow: number, most: number) => ({
  stressedMonthlyInflowMinor: inflow,
  maximumInstallmentMinor: most,
});

describe('what a month must bring in for a loan of 120,000 at 12 % over a year', () => {
  const feeFirst = { originationFee: { feeBps: 100, collected: 'first_installment' as const } };
  it.each([
    // The annuity of 1 % a month over twelve.
    ['equal installments', productOf({ method: 'equal_installments' }), 1_066_186],
    [
      'the same with 1 % in fees due with the first',
      productOf({ method: 'equal_installments' }, feeFirst),
      1_186_186,
    ],
    // A twelfth and a month's interest on the whole, in the first month.
    ['equal principal', productOf({ method: 'equal_principal' }), 1_000_000 + 120_000],
    // After six months of interest alone, six equal installments of 1 % a month on the whole.
    ['half a year of grace', productOf({ method: 'equal_installments', principalGraceMonths: 6 }), 2_070_581],
    // The whole and a year's interest, from twelve months.
    ['a bullet', productOf({ method: 'bullet' }), 1_000_000 + 120_000],
    // Paid out in June; half in October with four months' interest, half in the next May with seven months'.
    ['a harvest in May and October', productOf({ method: 'seasonal', months: [5, 10] }), 1_620_000],
  ])('by %s is the largest of its installments over the months it gathers', (_, product, expected) => {
    expect(monthlyBurdenMinor({ ...terms, product }, ON)).toBe(expected);
  });
});

describe('the greatest principal a cash flow carries', () => {
  it('is within the bound for every product, and a hundred more is not', () => {
    let carried = 0;
    fc.assert(
      fc.property(
        contracts,
        startDates,
        fc.integer({ min: 0, max: 20_000_000 }),
        fc.integer({ min: 0, max: 2_000_000 }),
        ({ product, annualRateBps, termMonths }, on, inflow, most) => {
          const basis = { product, annualRateBps, termMonths };
          const flow = affordability(inflow, most);
          const principalMinor = carriedPrincipalMinor(flow, basis, on);
          if (principalMinor > 0) {
            carried += 1;
            same(Number(carries(flow, { ...basis, principalMinor }, on)), 1, 'carried');
          }
          const more = { ...basis, principalMinor: principalMinor + 10_000 };
          same(Number(carries(flow, more, on)), 0, 'more');
        },
      ),
      { numRuns: 2_000 },
    );
    expect(carried).toBeGreaterThan(1_000);
  });

  it('is nothing when nothing can be paid', () => {
    const product = productOf({ method: 'equal_installments' });
    expect(carriedPrincipalMinor(affordability(0, 0), { ...terms, product }, ON)).toBe(0);
  });

  describe('by a share of sales', () => {
    /** Charge, fee and floor are each rounded to the unit. */
    const KEPT_BACK_MINOR = 3;
    const linked = (inflowShareBps: number, monthlyFloorBps = 0) => ({
      ...terms,
      annualRateBps: 0,
      product: productOf({ method: 'sales_linked', inflowShareBps, fixedChargeBps: 600, monthlyFloorBps }),
    });

    it('is what the share of the stressed inflow repays within the term, its charge included', () => {
      // A tenth of 1,060,000.00 for twelve months is 1,272,000.00, and 1,200,000.00 with 6 % is that.
      const principal = carriedPrincipalMinor(affordability(106_000_000, 10_600_000), linked(1_000), ON);
      expect(principal).toBe(120_000_000 - KEPT_BACK_MINOR);
    });

    it('is bounded by its monthly floor', () => {
      const principal = carriedPrincipalMinor(
        affordability(106_000_000, 10_600_000),
        linked(1_000, 2_000),
        ON,
      );
      expect(principal).toBe(50_000_000 - KEPT_BACK_MINOR);
    });

    it('is nothing when the share takes more than the stressed month has to spare', () => {
      expect(carriedPrincipalMinor(affordability(106_000_000, 10_599_999), linked(1_000), ON)).toBe(0);
    });
  });
});

describe('a loan repaid at the pace of observed sales', () => {
  const method = {
    method: 'sales_linked',
    inflowShareBps: 1_000,
    fixedChargeBps: 600,
    monthlyFloorBps: 0,
  } as const;
  const loan = { ...terms, annualRateBps: 0, product: productOf(method), principalMinor: 1_200_000 };

  it('costs its charge over the principal still out: 6 % on four months’ equal remittances', () => {
    // 12,720.00 in four months: principal is out for 1 + ¾ + ½ + ¼ = 2.5 months.
    const pace = observedPace(loan, method, 3_180_000);
    expect(pace.chargeRateBps).toBe(Math.floor((600 / 2.5) * 12));
    expect(pace.annualPercentageRate).toBeGreaterThan(pace.chargeRateBps / 10_000);
  });

  it('is dearer as a rate the faster sales repay it, and ends with its term when they do not', () => {
    const rates = [0, 500_000, 1_060_000, 3_180_000, 20_000_000].map(
      (inflow) => observedPace(loan, method, inflow).annualPercentageRate,
    );
    expect(rates).toEqual(rates.toSorted((left, right) => left - right));
    expect(new Set(rates).size).toBe(rates.length);
    expect(rates[0]).toBeCloseTo(0.06, 12);
  });
});
