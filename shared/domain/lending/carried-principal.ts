import type { BusinessDate } from '../calendar.ts';
import type { Affordability } from '../decision.ts';
import { BPS, mulDivMinor } from '../money.ts';
import { LOAN_PRINCIPAL_MINOR_MAX, type RepaymentMethod, type ScheduleTerms } from './loan-product.ts';
import { fixedChargeMinor, originationFeeMinor, repaymentSchedule } from './repayment-schedule.ts';

type SalesLinked = Extract<RepaymentMethod, { method: 'sales_linked' }>;
type Carrying = Pick<Affordability, 'stressedMonthlyInflowMinor' | 'maximumInstallmentMinor'>;

/** What rounding charge, fee and floor may add to all that a sales-linked loan collects. */
const ROUNDED_ONCE_EACH_MINOR = 3;
/** Principal at which a burden is measured: rounding to whole units does not show in it. */
const REFERENCE_PRINCIPAL_MINOR = 1_000_000_000;
/** A month of 31 days by actual/360 carries 31/360 of the annual rate: a year of 11.6 such months. */
const MONTHS_PER_YEAR_SHORT = 11.6;

/**
 * What a month must bring in for a loan's own largest installment, in minor units, rounded up. What falls due every
 * month is met from that month. An installment of principal after months without one (a harvest, a bullet) is met
 * from all the months since the last, with the interest that fell due on the way; interest alone from the months
 * since the last due date. The fee counts where it falls due.
 */
export function monthlyBurdenMinor(terms: ScheduleTerms, disbursedOn: BusinessDate): number {
  let feeMinor =
    terms.product.originationFee.collected === 'first_installment' ? originationFeeMinor(terms) : 0;
  let sincePrincipalMinor = 0;
  let lastPrincipal = 0;
  let lastDue = 0;
  let burdenMinor = 0;
  for (const { monthIndex, principalMinor, interestMinor } of repaymentSchedule(terms, disbursedOn)) {
    const dueMinor = principalMinor + interestMinor + feeMinor;
    sincePrincipalMinor += dueMinor;
    feeMinor = 0;
    const perMonthMinor =
      principalMinor === 0
        ? dueMinor / (monthIndex - lastDue)
        : sincePrincipalMinor / (monthIndex - lastPrincipal);
    burdenMinor = Math.max(burdenMinor, Math.ceil(perMonthMinor));
    lastDue = monthIndex;
    if (principalMinor > 0) {
      lastPrincipal = monthIndex;
      sincePrincipalMinor = 0;
    }
  }
  return burdenMinor;
}

/** Whether the cash flow carries a loan when income falls. */
export function carries(affordability: Carrying, terms: ScheduleTerms, disbursedOn: BusinessDate): boolean {
  const method = terms.product.repayment;
  return method.method === 'sales_linked'
    ? shareCarries(affordability, terms, method)
    : monthlyBurdenMinor(terms, disbursedOn) <= affordability.maximumInstallmentMinor;
}

/**
 * The greatest principal in minor units that the cash flow carries on these terms when income falls: from the burden
 * of a reference loan, to which every other's stands in proportion but for rounding. What rounding may add is kept
 * back, so that every smaller loan is carried too. Raises DomainError when the terms leave no date to repay on.
 */
export function carriedPrincipalMinor(
  affordability: Carrying,
  terms: Omit<ScheduleTerms, 'principalMinor'>,
  disbursedOn: BusinessDate,
): number {
  const reference: ScheduleTerms = { ...terms, principalMinor: REFERENCE_PRINCIPAL_MINOR };
  const method = terms.product.repayment;
  return method.method === 'sales_linked'
    ? principalOfShareMinor(affordability, reference, method)
    : inProportionMinor(
        Math.max(0, affordability.maximumInstallmentMinor - roundingMinor(terms)),
        monthlyBurdenMinor(reference, disbursedOn),
      );
}

/** A unit and a half a month, grown to the end of the term, is the most that a last installment absorbs. */
function roundingMinor({ annualRateBps, termMonths }: Omit<ScheduleTerms, 'principalMinor'>): number {
  const monthlyRate = annualRateBps / BPS / MONTHS_PER_YEAR_SHORT;
  return 2 + Math.ceil(1.5 * termMonths * (1 + monthlyRate) ** termMonths);
}

function inProportionMinor(boundMinor: number, burdenMinor: number): number {
  const principal = (BigInt(boundMinor) * BigInt(REFERENCE_PRINCIPAL_MINOR)) / BigInt(burdenMinor);
  return Math.min(LOAN_PRINCIPAL_MINOR_MAX, Number(principal));
}

/** All that a sales-linked loan collects. */
function collectedMinor(terms: ScheduleTerms, { fixedChargeBps }: SalesLinked): number {
  const deducted = terms.product.originationFee.collected === 'deducted';
  const chargeMinor = fixedChargeMinor(terms.principalMinor, fixedChargeBps);
  return terms.principalMinor + chargeMinor + (deducted ? 0 : originationFeeMinor(terms));
}

/** A share of the stressed inflow must repay everything within the term, meet each floor, and be had to spare. */
function shareCarries(affordability: Carrying, terms: ScheduleTerms, method: SalesLinked): boolean {
  const shareMinor = stressedShareMinor(affordability, method);
  const totalMinor = collectedMinor(terms, method);
  return (
    shareMinor <= affordability.maximumInstallmentMinor &&
    totalMinor <= shareMinor * terms.termMonths &&
    mulDivMinor(totalMinor, method.monthlyFloorBps, BPS) <= shareMinor
  );
}

function principalOfShareMinor(affordability: Carrying, terms: ScheduleTerms, method: SalesLinked): number {
  const shareMinor = stressedShareMinor(affordability, method);
  if (shareMinor > affordability.maximumInstallmentMinor) return 0;
  const floored =
    method.monthlyFloorBps === 0 ? Number.POSITIVE_INFINITY : (shareMinor * BPS) / method.monthlyFloorBps;
  // Charge, fee and floor are each rounded once.
  const totalMinor = Math.floor(Math.min(shareMinor * terms.termMonths, floored)) - ROUNDED_ONCE_EACH_MINOR;
  return inProportionMinor(Math.max(0, totalMinor), collectedMinor(terms, method));
}

const stressedShareMinor = ({ stressedMonthlyInflowMinor }: Carrying, { inflowShareBps }: SalesLinked) =>
  Math.floor((stressedMonthlyInflowMinor * inflowShareBps) / BPS);
