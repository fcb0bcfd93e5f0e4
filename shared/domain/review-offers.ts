import { assessAffordability } from './affordability.ts';
import { type BusinessDate, businessDateOf, DEFAULT_TIME_ZONE } from './calendar.ts';
import type { Affordability, Decision, Offer, Pricing } from './decision.ts';
import { DomainError, fieldError } from './errors.ts';
import type { LendingTerms } from './lending/program-terms.ts';
import { candidatesOf, offeredTerms, quotesOf } from './offers.ts';
import { priceOf } from './pricing.ts';
import type { Program } from './program.ts';
import type { ReviewProposal } from './review.ts';

export interface ReviewOfferFacts {
  readonly decision: Decision;
  readonly proposal: ReviewProposal;
  /** As it is now: a person decides under the policy of their day. */
  readonly program: Program;
  readonly terms: LendingTerms;
  readonly reservedCapitalMinor: number;
  readonly borrowerExposureMinor: number;
  /** What the partner who vouched may still vouch for; null without a bound. */
  readonly recommenderLimitMinor: number | null;
  readonly decidedAtMs: number;
}

export interface ReviewOffers {
  /** What the offers were priced on; a contract is made on these. */
  readonly terms: LendingTerms;
  readonly affordability: Affordability;
  readonly pricing: Pricing;
  readonly offers: readonly Offer[];
  readonly limitMinor: number;
}

/**
 * The offers of an approval by a person, by the very code that prices the machine's: they may overrule a score,
 * a band or a stale history, but not affordability, the borrower's limit, the program's capital or the cap on the
 * APR. The machine's PD and cash flow are kept where it had them; where it had none, the officer's assessment is
 * needed (`invalid_request`). Raises `wrong_state` when nothing can be offered within those bounds.
 */
export function reviewOffers(facts: ReviewOfferFacts): ReviewOffers {
  const { decision, proposal, program, terms } = facts;
  const { policy } = program;
  const { application, score, cashFlow: observed, station } = decision.input;
  const { assessment } = proposal;
  const probabilityOfDefault = score?.probabilityOfDefault ?? assessment?.probabilityOfDefault;
  const cashFlow = observed !== null && observed.observedMonths > 0 ? observed : assessment;
  if (probabilityOfDefault === undefined || cashFlow === undefined) {
    throw fieldError(
      'invalid_request',
      'assessment',
      'needed',
      'assessment: needed, because the machine scored nothing or saw no cash flow',
    );
  }
  const decidedOn: BusinessDate = businessDateOf(facts.decidedAtMs, station?.timeZone ?? DEFAULT_TIME_ZONE);
  const { requestedTermMonths } = application;
  const pricing = priceOf(policy, terms, probabilityOfDefault, requestedTermMonths, decidedOn);
  const { monthlyInflowMinor, monthlyOutflowMinor, monthlyFixedOutflowMinor, observedMonths } = cashFlow;
  const affordability = assessAffordability(
    { monthlyInflowMinor, monthlyOutflowMinor, monthlyFixedOutflowMinor, observedMonths },
    policy,
  );
  const quoteFacts = {
    requestedPrincipalMinor: Math.min(
      application.requestedPrincipalMinor,
      proposal.principalMaxMinor ?? application.requestedPrincipalMinor,
    ),
    requestedTermMonths,
    probabilityOfDefault,
    policy,
    terms,
    pricing,
    affordability,
    decidedOn,
    headroomMinor: Math.min(
      terms.singleBorrowerLimitMinor - facts.borrowerExposureMinor,
      program.capitalMinor - facts.reservedCapitalMinor,
      facts.recommenderLimitMinor ?? Number.POSITIVE_INFINITY,
    ),
  };
  const quotes = quotesOf(quoteFacts, candidatesOf(quoteFacts));
  const suffix = application.decisionId.replace(/^dec_/, '').slice(0, ID_SUFFIX_MAX);
  const offers = offeredTerms(quotes, requestedTermMonths).map((quoted, index) => ({
    offerId: `ofr_${suffix}-r${index + 1}`,
    ...quoted,
  }));
  if (offers.length === 0) {
    throw new DomainError(
      'wrong_state',
      'nothing can be offered within affordability, the limits of borrower and program, and the cap on the APR',
    );
  }
  return {
    terms,
    affordability,
    pricing,
    offers,
    limitMinor: Math.max(...offers.map((o) => o.principalMinor)),
  };
}

/** Letters and digits of an id's part after the prefix, four of them the offer's own. */
const ID_SUFFIX_MAX = 44;
