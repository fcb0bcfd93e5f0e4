import { greatestPrincipalMinor } from './amortization.ts';
import type { Affordability, DecisionInput } from './decision.ts';
import { BPS, mulDivMinor } from './money.ts';
import type { ProgramPolicy } from './program.ts';

type CashFlow = NonNullable<DecisionInput['cashFlow']>;

/**
 * The installment that observed cash flow carries when income falls.
 *
 * Stressed net = average monthly inflow × stressedIncomeBps − average monthly outflow. Outflow is the
 * operating outflow of the business as observed and does not fall with income: rent, wages and fuel are owed
 * in a bad month too. Installments on other loans are part of it. The bound is installmentToCashFlowBps of the
 * stressed net, and nothing when that is negative.
 */
export function assessAffordability(
  cashFlow: CashFlow,
  policy: Pick<ProgramPolicy, 'stressedIncomeBps' | 'installmentToCashFlowBps'>,
): Affordability {
  const { monthlyInflowMinor, monthlyOutflowMinor, observedMonths } = cashFlow;
  const stressedMonthlyNetMinor =
    mulDivMinor(monthlyInflowMinor, policy.stressedIncomeBps, BPS) - monthlyOutflowMinor;
  return {
    monthlyInflowMinor,
    monthlyOutflowMinor,
    observedMonths,
    stressedMonthlyNetMinor,
    maximumInstallmentMinor: mulDivMinor(
      Math.max(0, stressedMonthlyNetMinor),
      policy.installmentToCashFlowBps,
      BPS,
    ),
  };
}

/** The greatest principal in minor units whose equal installment the cash flow carries. */
export function affordablePrincipalMinor(
  affordability: Pick<Affordability, 'maximumInstallmentMinor'>,
  annualRateBps: number,
  termMonths: number,
): number {
  return greatestPrincipalMinor(affordability.maximumInstallmentMinor, annualRateBps, termMonths);
}
