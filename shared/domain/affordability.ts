import type { Affordability, DecisionInput } from './decision.ts';
import { BPS, mulDivMinor } from './money.ts';
import type { ProgramPolicy } from './program.ts';

type CashFlow = NonNullable<DecisionInput['cashFlow']>;

/**
 * The installment that observed cash flow carries when income falls.
 *
 * Stressed net = trading margin × stressedIncomeBps − fixed outflow, where the margin is average monthly inflow
 * less what trade itself pays out. A station passes most of its inflow on (stock, growers, bills), and that
 * falls with sales; rent, wages and fuel are owed in a bad month too. A margin below zero is not eased by
 * selling less. The bound is installmentToCashFlowBps of the stressed net, and nothing when that is negative.
 * How much principal it carries depends on the product: lending/carried-principal.ts.
 */
export function assessAffordability(
  cashFlow: CashFlow,
  policy: Pick<ProgramPolicy, 'stressedIncomeBps' | 'installmentToCashFlowBps'>,
): Affordability {
  const { monthlyInflowMinor, monthlyOutflowMinor, monthlyFixedOutflowMinor, observedMonths } = cashFlow;
  const marginMinor = monthlyInflowMinor - (monthlyOutflowMinor - monthlyFixedOutflowMinor);
  const stressedMonthlyNetMinor =
    Math.min(marginMinor, mulDivMinor(marginMinor, policy.stressedIncomeBps, BPS)) - monthlyFixedOutflowMinor;
  return {
    monthlyInflowMinor,
    monthlyOutflowMinor,
    monthlyFixedOutflowMinor,
    observedMonths,
    stressedMonthlyInflowMinor: mulDivMinor(monthlyInflowMinor, policy.stressedIncomeBps, BPS),
    stressedMonthlyNetMinor,
    maximumInstallmentMinor: mulDivMinor(
      Math.max(0, stressedMonthlyNetMinor),
      policy.installmentToCashFlowBps,
      BPS,
    ),
  };
}
