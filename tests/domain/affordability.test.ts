import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { affordablePrincipalMinor, assessAffordability } from '../../shared/domain/affordability.ts';
import { equalInstallmentMinor } from '../../shared/domain/amortization.ts';

const policy = { stressedIncomeBps: 7_000, installmentToCashFlowBps: 5_000 };

test.each([
  // inflow, outflow, of it fixed, stressed net, maximum installment
  [2_000_000, 1_000_000, 1_000_000, 400_000, 200_000],
  [2_000_000, 1_400_000, 1_400_000, 0, 0],
  [2_000_000, 1_900_000, 1_900_000, -500_000, 0],
  [2_000_000, 1_900_000, 30_000, 61_000, 30_500], // 130,000 is the margin; 91,000 of it is left, less 30,000
  [2_000_000, 1_600_000, 0, 280_000, 140_000],
  [2_000_000, 2_100_000, 0, -100_000, 0], // selling less does not ease a loss
  [0, 0, 0, 0, 0],
  [1_000_001, 0, 0, 700_001, 350_000], // 700,000.7 rounds to 700,001; half of it, 350,000.5, to even
])('an inflow of %i and an outflow of %i, %i of it fixed, leave %i when income falls, and carry %i', (inflow, outflow, fixed, net, most) => {
  const cashFlow = {
    monthlyInflowMinor: inflow,
    monthlyOutflowMinor: outflow,
    monthlyFixedOutflowMinor: fixed,
    observedMonths: 12,
  };
  expect(assessAffordability(cashFlow, policy)).toEqual({
    ...cashFlow,
    stressedMonthlyNetMinor: net,
    maximumInstallmentMinor: most,
  });
});

it('carries no principal whose installment is above the bound, and the very greatest that is not', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 10_000_000 }),
      fc.integer({ min: 0, max: 3_600 }),
      fc.constantFrom(6, 12, 18, 24, 36),
      (maximumInstallmentMinor, annualRateBps, termMonths) => {
        const principal = affordablePrincipalMinor({ maximumInstallmentMinor }, annualRateBps, termMonths);
        expect(equalInstallmentMinor(principal, annualRateBps, termMonths)).toBeLessThanOrEqual(
          maximumInstallmentMinor,
        );
        expect(equalInstallmentMinor(principal + 1, annualRateBps, termMonths)).toBeGreaterThan(
          maximumInstallmentMinor,
        );
      },
    ),
  );
});
