import type { BusinessDate } from './calendar.ts';
import type { Pricing } from './decision.ts';
import type { LendingTerms } from './lending/program-terms.ts';
import { loanPrimeRateOn } from './loan-prime-rate.ts';
import { BPS } from './money.ts';
import type { ProgramPolicy } from './program.ts';

/** The model's outcome: default within a year of the decision, or within the loan's term when it is shorter. */
export const PROBABILITY_OF_DEFAULT_HORIZON_MONTHS = 12;
const MONTHS_PER_YEAR = 12;
/** Absorbs the binary representation of multiples such as 3.3 before rounding a bound down. */
const EPSILON = 1e-9;

/**
 * Probability of default within `months`, at the constant intensity that gives `probabilityOfDefault` over the
 * horizon it was assessed for: 1 − (1 − PD)^(months ÷ horizon), the horizon being the shorter of a year and
 * the requested term.
 */
export function probabilityOfDefaultWithin(
  probabilityOfDefault: number,
  requestedTermMonths: number,
  months: number,
): number {
  const horizonMonths = Math.min(PROBABILITY_OF_DEFAULT_HORIZON_MONTHS, requestedTermMonths);
  return 1 - (1 - probabilityOfDefault) ** (months / horizonMonths);
}

/** Share of the exposure at default that the lender loses: LGD × (1 − guarantee). */
export function lossAfterGuarantee(
  { lossGivenDefaultBps }: Pick<ProgramPolicy, 'lossGivenDefaultBps'>,
  { guaranteeShareBps }: Pick<LendingTerms, 'guaranteeShareBps'>,
): number {
  return (lossGivenDefaultBps / BPS) * (1 - guaranteeShareBps / BPS);
}

/**
 * What a loan's rate is made of, in basis points a year:
 *
 *     annual rate = one-year LPR of the day + margin + expected loss
 *     expected loss = annual PD × LGD × (1 − guarantee share), rounded up
 *
 * with the annual PD of `probabilityOfDefaultWithin` twelve months. Charged on the outstanding balance, the
 * spread pays for losses of the outstanding balance (EAD) at that intensity, whatever the term, so one spread
 * serves every offer.
 */
export function priceOf(
  policy: Pick<ProgramPolicy, 'marginBps' | 'lossGivenDefaultBps' | 'aprCapLprMultiple'>,
  terms: Pick<LendingTerms, 'guaranteeShareBps'>,
  probabilityOfDefault: number,
  requestedTermMonths: number,
  decidedOn: BusinessDate,
): Pricing {
  const { rateBps, from } = loanPrimeRateOn(decidedOn);
  const annualPd = probabilityOfDefaultWithin(probabilityOfDefault, requestedTermMonths, MONTHS_PER_YEAR);
  return {
    loanPrimeRateBps: rateBps,
    loanPrimeRateFrom: from,
    aprCapBps: Math.floor(rateBps * policy.aprCapLprMultiple + EPSILON),
    marginBps: policy.marginBps,
    expectedLossBps: Math.max(0, Math.ceil(annualPd * lossAfterGuarantee(policy, terms) * BPS - EPSILON)),
  };
}

/** The annual rate that pays for the loan: funds, margin and expected loss. */
export function annualRateBpsOf(pricing: Pricing): number {
  return pricing.loanPrimeRateBps + pricing.marginBps + pricing.expectedLossBps;
}
