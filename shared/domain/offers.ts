import { affordablePrincipalMinor } from './affordability.ts';
import { amortizationSchedule } from './amortization.ts';
import { annualPercentageRateOf } from './annual-percentage-rate.ts';
import type { Affordability, Offer, Pricing } from './decision.ts';
import { addMinor, BPS, mulDivMinor } from './money.ts';
import { annualRateBpsOf, lossAfterGuarantee, probabilityOfDefaultWithin } from './pricing.ts';
import type { ProgramPolicy } from './program.ts';

export const OFFERS_MAX = 3;
/** Principals are whole hundreds of the currency's major unit. */
export const PRINCIPAL_UNIT_MINOR = 10_000;
const MONTHS_PER_YEAR = 12;
const EPSILON = 1e-9;

/** An offer before it is one: its terms, and whether the law's cap and the policy's minimum admit it. */
export type Quote = Omit<Offer, 'offerId'>;

export interface QuoteFacts {
  readonly requestedPrincipalMinor: number;
  readonly requestedTermMonths: number;
  readonly probabilityOfDefault: number;
  readonly policy: ProgramPolicy;
  readonly pricing: Pricing;
  readonly affordability: Affordability;
  readonly borrowerHeadroomMinor: number;
  readonly capitalHeadroomMinor: number;
}

/** The requested term, then the policy's other terms, nearest first; of two as near, the shorter. */
export function termsByNearness(requestedTermMonths: number, termMonths: readonly number[]): number[] {
  return [...new Set(termMonths)].sort(
    (left, right) =>
      Math.abs(left - requestedTermMonths) - Math.abs(right - requestedTermMonths) || left - right,
  );
}

/**
 * Principal of a term: the least of what was asked, what cash flow carries at that term, the policy's bound,
 * what the borrower may still owe and the capital left, rounded down to whole hundreds, though not below the
 * policy's minimum; 0 when the least of them is below that minimum.
 */
export function principalForTermMinor(facts: QuoteFacts, termMonths: number): number {
  const least = Math.min(
    facts.requestedPrincipalMinor,
    affordablePrincipalMinor(facts.affordability, annualRateBpsOf(facts.pricing), termMonths),
    facts.policy.maximumPrincipalMinor,
    facts.borrowerHeadroomMinor,
    facts.capitalHeadroomMinor,
  );
  const { minimumPrincipalMinor } = facts.policy;
  if (least < minimumPrincipalMinor) return 0;
  return Math.max(minimumPrincipalMinor, least - (least % PRINCIPAL_UNIT_MINOR));
}

/**
 * The fair price of every term at which the principal reaches the policy's minimum, requested term first. The
 * price is never cut: a quote whose APR is over the cap is not offered, because a loan priced under its
 * expected loss is paid for by the other borrowers.
 */
export function quoteTerms(facts: QuoteFacts): Quote[] {
  return termsByNearness(facts.requestedTermMonths, facts.policy.termMonths).flatMap((termMonths) => {
    const principalMinor = principalForTermMinor(facts, termMonths);
    if (principalMinor === 0) return [];
    return [quote(facts, principalMinor, termMonths)];
  });
}

function quote(facts: QuoteFacts, principalMinor: number, termMonths: number): Quote {
  const annualRateBps = annualRateBpsOf(facts.pricing);
  const originationFeeMinor = mulDivMinor(principalMinor, facts.policy.originationFeeBps, BPS);
  const schedule = amortizationSchedule(principalMinor, annualRateBps, termMonths);
  // Monthly installments: whole twelfths of a year, whatever the day of disbursement.
  const apr = annualPercentageRateOf([
    { years: 0, amountMinor: principalMinor - originationFeeMinor },
    ...schedule.map(({ number, installmentMinor }) => ({
      years: number / MONTHS_PER_YEAR,
      amountMinor: -installmentMinor,
    })),
  ]);
  const averageBalanceMinor =
    schedule.reduce((sum, line) => sum + line.balanceMinor + line.principalMinor, 0) / termMonths;
  const lossShare =
    probabilityOfDefaultWithin(facts.probabilityOfDefault, facts.requestedTermMonths, termMonths) *
    lossAfterGuarantee(facts.policy);
  return {
    principalMinor,
    termMonths,
    annualRateBps,
    originationFeeMinor,
    installmentMinor: schedule[0]?.installmentMinor ?? 0,
    totalRepayableMinor: addMinor(...schedule.map((line) => line.installmentMinor)),
    // Rounded up: the rate shown is never lower than the rate paid.
    aprBps: Math.ceil(apr * BPS - EPSILON),
    expectedLossMinor: Math.round(lossShare * averageBalanceMinor),
  };
}

export function withinCap(quote: Quote, pricing: Pricing): boolean {
  return quote.aprBps <= pricing.aprCapBps;
}
