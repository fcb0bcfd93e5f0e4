import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  annualPercentageRate,
  type DatedCashFlow,
  yearsBetween,
} from '../../shared/domain/annual-percentage-rate.ts';
import { addMonths } from '../../shared/domain/calendar.ts';

const monthly = (on: string, amountMinor: number, payment: number, count: number): DatedCashFlow[] => [
  { on, amountMinor },
  ...Array.from({ length: count }, (_, index) => ({ on: addMonths(on, index + 1), amountMinor: -payment })),
];
const flows = (...entries: [number, number][]): DatedCashFlow[] =>
  entries.map(([months, amountMinor]) => ({ on: addMonths('2025-01-15', months), amountMinor }));

describe('the annual percentage rate of published examples', () => {
  it('is 9.69 % nominal for $5,000 repaid by 24 payments of $230 (Regulation Z, appendix J, (c)(1)(i))', () => {
    const effective = annualPercentageRate(monthly('1978-01-10', 500_000, 23_000, 24));
    const nominal = 12 * ((1 + effective) ** (1 / 12) - 1);
    expect((nominal * 100).toFixed(2)).toBe('9.69');
  });

  // Directive 98/7/EC, annex III: loan and repayments in ECU, months after the loan.
  test.each([
    { example: 'first', entries: flows([0, 100_000], [18, -120_000]), published: '12.92' },
    {
      example: 'second, 50 of charges withheld',
      entries: flows([0, 95_000], [18, -120_000]),
      published: '16.85',
    },
    { example: 'third', entries: flows([0, 100_000], [12, -60_000], [24, -60_000]), published: '13.07' },
    {
      example: 'fourth',
      entries: flows([0, 100_000], [3, -27_200], [6, -27_200], [12, -54_400]),
      published: '13.19',
    },
  ])('is $published % in the $example example of Directive 98/7/EC', ({ entries, published }) => {
    expect((annualPercentageRate(entries) * 100).toFixed(2)).toBe(published);
  });
});

describe('the annual percentage rate', () => {
  it('makes present values equal, whatever the payments', () => {
    const payments = fc.array(fc.integer({ min: 1, max: 2_000_000 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 10_000_000 }), payments, (lent, paid) => {
        fc.pre(paid.reduce((sum, amount) => sum + amount, 0) > lent / 2);
        const dated = [
          { on: '2024-01-31', amountMinor: lent },
          ...paid.map((amount, index) => ({ on: addMonths('2024-01-31', index + 1), amountMinor: -amount })),
        ];
        const growth = 1 + annualPercentageRate(dated);
        const repaid = paid.reduce((sum, amount, index) => sum + amount * growth ** (-(index + 1) / 12), 0);
        expect(Math.abs(repaid / lent - 1)).toBeLessThan(1e-9);
      }),
    );
  });

  it('does not depend on the day of the month a loan starts on', () => {
    expect(annualPercentageRate(monthly('2024-01-31', 500_000, 23_000, 24))).toBe(
      annualPercentageRate(monthly('2025-06-10', 500_000, 23_000, 24)),
    );
  });

  it('is negative for a loan repaid by less than was lent', () => {
    expect(annualPercentageRate(flows([0, 100_000], [12, -90_000]))).toBeCloseTo(-0.1, 12);
  });

  it('counts whole months as twelfths and the days left over as 365ths', () => {
    expect(yearsBetween('2024-01-31', '2024-02-29')).toBe(1 / 12);
    expect(yearsBetween('2024-01-31', '2024-03-10')).toBe(1 / 12 + 10 / 365);
  });

  test.each([
    ['no flows', []],
    ['no payment', flows([0, 100])],
    ['a payment on the day of the loan', flows([0, 100], [0, -100])],
    ['a receipt after a payment', flows([0, 100], [1, -50], [2, 10], [3, -70])],
    ['flows out of order', flows([0, 100], [2, -50], [1, -60])],
  ])('refuses %s', (_, entries) => {
    expect(() => annualPercentageRate(entries)).toThrow(RangeError);
  });
});
