import { annualPercentageRateOf } from '../annual-percentage-rate.ts';
import { BPS, mulDivMinor } from '../money.ts';
import type { RepaymentMethod, ScheduleTerms } from './loan-product.ts';
import { fixedChargeMinor, originationFeeMinor } from './repayment-schedule.ts';

const MONTHS_PER_YEAR = 12;

export interface ObservedPace {
  /** Effective annual rate of the monthly flows, fee included; a fraction. */
  readonly annualPercentageRate: number;
  /** The fixed charge as a simple annual rate on the principal still out, in basis points, rounded down. */
  readonly chargeRateBps: number;
}

/**
 * What a sales-linked loan costs when it is repaid by its share of the monthly inflow that was observed, by whole
 * months. The sooner sales repay it, the dearer its fixed charge is as a rate, so the slowest schedule that it
 * allows does not say what it will cost.
 */
export function observedPace(
  terms: ScheduleTerms,
  { inflowShareBps, fixedChargeBps, monthlyFloorBps }: Extract<RepaymentMethod, { method: 'sales_linked' }>,
  monthlyInflowMinor: number,
): ObservedPace {
  const { principalMinor, termMonths } = terms;
  const deducted = terms.product.originationFee.collected === 'deducted';
  const feeMinor = originationFeeMinor(terms);
  const chargeMinor = fixedChargeMinor(principalMinor, fixedChargeBps);
  const totalMinor = principalMinor + chargeMinor;
  const monthlyMinor = Math.max(
    mulDivMinor(monthlyInflowMinor, inflowShareBps, BPS),
    mulDivMinor(totalMinor, monthlyFloorBps, BPS),
  );
  const flows = [{ years: 0, amountMinor: principalMinor - (deducted ? feeMinor : 0) }];
  let leftMinor = totalMinor + (deducted ? 0 : feeMinor);
  let principalMonths = 0;
  for (let month = 1; month <= termMonths && leftMinor > 0; month += 1) {
    principalMonths += principalMinor * Math.min(1, leftMinor / totalMinor);
    const paidMinor = month === termMonths ? leftMinor : Math.min(leftMinor, monthlyMinor);
    leftMinor -= paidMinor;
    if (paidMinor > 0) flows.push({ years: month / MONTHS_PER_YEAR, amountMinor: -paidMinor });
  }
  return {
    annualPercentageRate: annualPercentageRateOf(flows),
    chargeRateBps: Math.floor((chargeMinor / principalMonths) * MONTHS_PER_YEAR * BPS),
  };
}
