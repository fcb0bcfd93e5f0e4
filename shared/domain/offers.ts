import type { BusinessDate } from './calendar.ts';
import type { Affordability, Offer, Pricing } from './decision.ts';
import { DomainError } from './errors.ts';
import { lawfulRates } from './lending/all-in-rate.ts';
import { carriedPrincipalMinor } from './lending/carried-principal.ts';
import { lendingLawViolations } from './lending/lending-law.ts';
import type { ScheduleTerms } from './lending/loan-product.ts';
import { type ObservedPace, observedPace } from './lending/observed-pace.ts';
import type { LendingTerms, OfferedProduct } from './lending/program-terms.ts';
import { costOfCredit, type DatedInstallment, repaymentSchedule } from './lending/repayment-schedule.ts';
import { BPS } from './money.ts';
import { annualRateBpsOf, lossAfterGuarantee, probabilityOfDefaultWithin } from './pricing.ts';
import type { ProgramPolicy } from './program.ts';

/** More terms of the products on offer fill up to so many, when fewer products fit. */
export const OFFERS_FILLED_TO = 3;
/** Principals are whole hundreds of the currency's major unit. */
export const PRINCIPAL_UNIT_MINOR = 10_000;
/** Where the terms name no list of terms, one so much shorter and one so much longer is offered beside the nearest. */
const OTHER_TERM_MONTHS = 6;
const EPSILON = 1e-9;

/** An offer before it is one. */
export type QuotedTerms = Omit<Offer, 'offerId'>;
export interface Quote {
  readonly terms: QuotedTerms;
  /**
   * Why the fair price is not offered: it would be over the law's cap, or over what the program's terms let the
   * product charge. It is never cut to fit: a loan priced under its expected loss is paid for by the other borrowers.
   */
  readonly refusal: 'above_cap' | 'above_terms' | null;
}

export interface QuoteFacts {
  readonly requestedPrincipalMinor: number;
  readonly requestedTermMonths: number;
  readonly probabilityOfDefault: number;
  readonly policy: Pick<ProgramPolicy, 'lossGivenDefaultBps'>;
  readonly terms: LendingTerms;
  readonly pricing: Pricing;
  readonly affordability: Affordability;
  readonly decidedOn: BusinessDate;
  /** What the borrower, the program's capital and the partner who vouched leave room for. */
  readonly headroomMinor: number;
}

/** A product for a number of months, with what cash flow carries on it. */
export interface Candidate {
  readonly offered: OfferedProduct;
  readonly basis: Omit<ScheduleTerms, 'principalMinor'>;
  readonly affordableMinor: number;
}

/** A product's terms, the nearest to what was asked first; of two as near, the shorter. */
export function termsByNearness(requestedTermMonths: number, offered: OfferedProduct): number[] {
  const { termMonths, termMonthsMin: least, termMonthsMax: most } = offered;
  const nearest = Math.min(most, Math.max(least, requestedTermMonths));
  const others = [nearest - OTHER_TERM_MONTHS, nearest + OTHER_TERM_MONTHS];
  const terms = termMonths ?? [nearest, ...others.filter((months) => months >= least && months <= most)];
  return [...new Set(terms)].sort(byNearness(requestedTermMonths));
}

const byNearness = (requested: number) => (left: number, right: number) =>
  Math.abs(left - requested) - Math.abs(right - requested) || left - right;

/** Every product at every term that leaves dates to repay on, products in the order of the terms. */
export function candidatesOf(facts: Omit<QuoteFacts, 'headroomMinor'>): Candidate[] {
  return facts.terms.products.flatMap((offered) =>
    termsByNearness(facts.requestedTermMonths, offered).flatMap((termMonths): Candidate[] => {
      const { product, annualRateMinBps } = offered;
      // The fixed charge takes the place of interest.
      const annualRateBps =
        product.repayment.method === 'sales_linked'
          ? 0
          : Math.max(annualRateMinBps, annualRateBpsOf(facts.pricing));
      const basis = { product, annualRateBps, termMonths };
      const affordableMinor = carriedOrNone(facts, basis);
      return affordableMinor === null ? [] : [{ offered, basis, affordableMinor }];
    }),
  );
}

/** Null where the product has no date to repay on in such a term: no such loan can be made. */
function carriedOrNone(
  { affordability, decidedOn }: Pick<QuoteFacts, 'affordability' | 'decidedOn'>,
  basis: Candidate['basis'],
): number | null {
  try {
    return carriedPrincipalMinor(affordability, basis, decidedOn);
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}

/**
 * Principal of a candidate: the least of what was asked, what cash flow carries, the product's bound and the headroom,
 * rounded down to whole hundreds, though not below the product's minimum; 0 when the least of them is below that.
 */
export function principalOfMinor(facts: QuoteFacts, { offered, affordableMinor }: Candidate): number {
  const least = Math.min(
    facts.requestedPrincipalMinor,
    affordableMinor,
    offered.principalMaxMinor,
    facts.headroomMinor,
  );
  const { principalMinMinor } = offered;
  if (least < principalMinMinor) return 0;
  return Math.max(principalMinMinor, least - (least % PRINCIPAL_UNIT_MINOR));
}

/** The fair price of every candidate whose principal reaches its product's minimum. */
export function quotesOf(facts: QuoteFacts, candidates: readonly Candidate[]): Quote[] {
  return candidates.flatMap((candidate) => {
    const principalMinor = principalOfMinor(facts, candidate);
    return principalMinor === 0 ? [] : [quote(facts, candidate, principalMinor)];
  });
}

function quote(facts: QuoteFacts, { offered, basis }: Candidate, principalMinor: number): Quote {
  const { decidedOn, affordability } = facts;
  const loan: ScheduleTerms = { ...basis, principalMinor };
  const { product, termMonths, annualRateBps } = loan;
  const schedule = repaymentSchedule(loan, decidedOn);
  const cost = costOfCredit(loan, decidedOn, schedule);
  const pace =
    product.repayment.method === 'sales_linked'
      ? observedPace(loan, product.repayment, affordability.monthlyInflowMinor)
      : null;
  const terms: QuotedTerms = {
    productCode: product.productCode,
    productName: product.name,
    repaymentMethod: product.repayment.method,
    principalMinor,
    termMonths,
    annualRateBps,
    originationFeeMinor: cost.feeMinor,
    asIfDisbursedOn: decidedOn,
    installments: schedule.length,
    installmentMinor: Math.max(...schedule.map((each) => each.principalMinor + each.interestMinor)),
    totalRepayableMinor: cost.totalRepayableMinor,
    aprBps: rateShownBps(cost.annualPercentageRate),
    aprAtObservedInflowBps: pace && rateShownBps(pace.annualPercentageRate),
    expectedLossMinor: expectedLossMinor(facts, loan, schedule),
  };
  return { terms, refusal: refusalOf(facts, offered, { loan, schedule, terms, pace }) };
}

/** Rounded up: the rate shown is never lower than the rate paid. */
const rateShownBps = (rate: number) => Math.ceil(rate * BPS - EPSILON);

interface Priced {
  readonly loan: ScheduleTerms;
  readonly schedule: readonly DatedInstallment[];
  readonly terms: QuotedTerms;
  readonly pace: ObservedPace | null;
}

function refusalOf(
  { pricing, decidedOn }: QuoteFacts,
  offered: OfferedProduct,
  { loan, schedule, terms, pace }: Priced,
): Quote['refusal'] {
  const aprBps = Math.max(terms.aprBps, terms.aprAtObservedInflowBps ?? 0);
  const agreed = { ...loan, ...lawfulRates(loan, decidedOn, schedule) };
  if (aprBps > pricing.aprCapBps || lendingLawViolations(agreed, decidedOn).length > 0) return 'above_cap';
  const pays =
    pace === null
      ? loan.annualRateBps <= offered.annualRateMaxBps
      : pace.chargeRateBps >= annualRateBpsOf(pricing);
  return pays ? null : 'above_terms';
}

/** PD within the term × LGD after the guarantee × the average balance, in minor units. */
function expectedLossMinor(
  facts: QuoteFacts,
  loan: ScheduleTerms,
  schedule: readonly DatedInstallment[],
): number {
  let balanceMonths = 0;
  let balanceMinor = loan.principalMinor;
  let lastMonth = 0;
  for (const item of schedule) {
    balanceMonths += balanceMinor * (item.monthIndex - lastMonth);
    balanceMinor = item.balanceMinor;
    lastMonth = item.monthIndex;
  }
  const lossShare =
    probabilityOfDefaultWithin(facts.probabilityOfDefault, facts.requestedTermMonths, loan.termMonths) *
    lossAfterGuarantee(facts.policy, facts.terms);
  return Math.round(lossShare * (balanceMonths / lastMonth));
}

/**
 * What is offered of the quotes that are not refused: each product once, at the term nearest to what was asked, and
 * then other terms until there are three. Nearest term first, products in the order of the terms.
 */
export function offeredTerms(quotes: readonly Quote[], requestedTermMonths: number): QuotedTerms[] {
  const admitted = quotes.filter(({ refusal }) => refusal === null).map(({ terms }) => terms);
  const nearness = byNearness(requestedTermMonths);
  const nearest = (left: QuotedTerms, right: QuotedTerms) => nearness(left.termMonths, right.termMonths);
  const firsts = [...Map.groupBy(admitted, ({ productCode }) => productCode).values()].flatMap((some) =>
    some.slice(0, 1),
  );
  const others = admitted.filter((terms) => !firsts.includes(terms));
  return [...firsts.toSorted(nearest), ...others.toSorted(nearest)].slice(
    0,
    Math.max(OFFERS_FILLED_TO, firsts.length),
  );
}
