import { BPS, mulDivMinor } from './money.ts';

const MONTHS_PER_YEAR = 12;

export interface ScheduledInstallment {
  /** 1 to termMonths. */
  readonly number: number;
  readonly installmentMinor: number;
  readonly interestMinor: number;
  readonly principalMinor: number;
  /** Owed after this installment. */
  readonly balanceMinor: number;
}

/**
 * Interest of one month on a balance at a nominal annual rate of basis points: balance × rate ÷ 12, exact,
 * rounded half to even.
 */
export function monthlyInterestMinor(balanceMinor: number, annualRateBps: number): number {
  return mulDivMinor(balanceMinor, annualRateBps, BPS * MONTHS_PER_YEAR);
}

/**
 * Equal installment (等额本息) of a loan in minor units, rounded up: P·r ÷ (1 − (1 + r)^−n) with r a twelfth of
 * the nominal annual rate.
 *
 * Exact: the annuity is a ratio of integers, P·b·(12·10⁴ + b)ⁿ ÷ (12·10⁴·((12·10⁴ + b)ⁿ − (12·10⁴)ⁿ)) for a rate
 * of b basis points, and is computed as one.
 */
export function equalInstallmentMinor(
  principalMinor: number,
  annualRateBps: number,
  termMonths: number,
): number {
  requireTerms(principalMinor, annualRateBps, termMonths);
  const { numerator, denominator } = annuityFactor(annualRateBps, termMonths);
  const product = BigInt(principalMinor) * numerator;
  return Number((product + denominator - 1n) / denominator);
}

/** The greatest principal in minor units whose installment is at most `boundMinor`: the inverse, exact. */
export function greatestPrincipalMinor(
  boundMinor: number,
  annualRateBps: number,
  termMonths: number,
): number {
  requireTerms(boundMinor, annualRateBps, termMonths);
  const { numerator, denominator } = annuityFactor(annualRateBps, termMonths);
  // ceil(P·a/d) ≤ bound exactly when P·a/d ≤ bound, the bound being whole.
  return Number((BigInt(boundMinor) * denominator) / numerator);
}

/**
 * The schedule of equal monthly installments. Interest of each month is rounded half to even on the balance;
 * the last installment repays what is left, so principal adds up to the loan to the unit, and differs from
 * the others by what rounding left over: a few units.
 */
export function amortizationSchedule(
  principalMinor: number,
  annualRateBps: number,
  termMonths: number,
): ScheduledInstallment[] {
  const regular = equalInstallmentMinor(principalMinor, annualRateBps, termMonths);
  const schedule: ScheduledInstallment[] = [];
  let balanceMinor = principalMinor;
  for (let number = 1; number <= termMonths; number += 1) {
    const interestMinor = monthlyInterestMinor(balanceMinor, annualRateBps);
    // Rounding up to a unit a month repays a loan of fewer units than months early.
    const repaidMinor =
      number === termMonths ? balanceMinor : Math.min(balanceMinor, regular - interestMinor);
    balanceMinor -= repaidMinor;
    schedule.push({
      number,
      installmentMinor: repaidMinor + interestMinor,
      interestMinor,
      principalMinor: repaidMinor,
      balanceMinor,
    });
  }
  return schedule;
}

/** Installment ÷ principal as a ratio of integers. */
function annuityFactor(
  annualRateBps: number,
  termMonths: number,
): { numerator: bigint; denominator: bigint } {
  const year = BigInt(BPS * MONTHS_PER_YEAR);
  const rate = BigInt(annualRateBps);
  if (rate === 0n) return { numerator: 1n, denominator: BigInt(termMonths) };
  const growth = (year + rate) ** BigInt(termMonths);
  return { numerator: rate * growth, denominator: year * (growth - year ** BigInt(termMonths)) };
}

function requireTerms(amountMinor: number, annualRateBps: number, termMonths: number): void {
  if (!Number.isSafeInteger(amountMinor) || amountMinor < 0) {
    throw new RangeError(`amount must be a non-negative integer of minor units: ${amountMinor}`);
  }
  if (!Number.isSafeInteger(annualRateBps) || annualRateBps < 0) {
    throw new RangeError(`annual rate must be a non-negative integer of basis points: ${annualRateBps}`);
  }
  if (!Number.isSafeInteger(termMonths) || termMonths < 1) {
    throw new RangeError(`term must be a positive number of months: ${termMonths}`);
  }
}
