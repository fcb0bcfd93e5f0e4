import { expect, test } from 'vitest';
import { assessAffordability } from '../../shared/domain/affordability.ts';

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
    stressedMonthlyInflowMinor: Math.round(inflow * 0.7),
    stressedMonthlyNetMinor: net,
    maximumInstallmentMinor: most,
  });
});
