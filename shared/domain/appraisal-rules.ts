import type { Affordability, Pricing, ScoreCard } from './decision.ts';
import { atLeast, type Rule, type Stage } from './decision-rules.ts';
import { leastPrincipalMinor } from './lending/program-terms.ts';
import type { Candidate, Quote } from './offers.ts';
import { annualRateBpsOf } from './pricing.ts';
import type { ScreeningFacts } from './screening-rules.ts';

/** What is known once the applicant is scored. */
export interface AppraisalFacts extends ScreeningFacts {
  readonly score: ScoreCard;
  /** Points either side of the score that the policy counts as the same; 0 where it takes scores as they are. */
  readonly scoreMargin: number;
  readonly pricing: Pricing;
  /** Null when no month of cash flow has been observed. */
  readonly affordability: Affordability | null;
  /** Products and terms, with what the cash flow carries on each. */
  readonly candidates: readonly Candidate[];
  readonly borrowerHeadroomMinor: number;
  readonly capitalHeadroomMinor: number;
  /** Null where nobody vouched or the terms set no bound. */
  readonly recommenderHeadroomMinor: number | null;
  /** Candidates whose principal reaches their minimum, at their fair price. */
  readonly quotes: readonly Quote[];
}

export const scoreBelowMinimum: Rule<AppraisalFacts> = {
  code: 'score_below_minimum',
  sentences: {
    zh: '信用评分低于该项目的最低要求',
    en: 'The credit score is below the least the program accepts',
  },
  effect: 'declines',
  // A score that is too uncertain to be below is scoreUncertain's to refer.
  check: ({ input, score, scoreMargin }) => {
    const { minimumCreditScore } = input.program.policy;
    return {
      broken: score.creditScore + scoreMargin < minimumCreditScore,
      observed: score.creditScore,
      bound: minimumCreditScore,
    };
  },
};

export const scoreUncertain: Rule<AppraisalFacts> = {
  code: 'score_uncertain',
  sentences: {
    zh: '评分的不确定范围跨越了最低要求，需人工审核',
    en: 'The score is too uncertain to tell on which side of the minimum it lies; a person decides',
  },
  effect: 'refers',
  check: ({ input, score, scoreMargin }) => {
    const { minimumCreditScore } = input.program.policy;
    if (scoreMargin === 0) return null;
    return {
      broken:
        score.creditScore - scoreMargin < minimumCreditScore &&
        score.creditScore + scoreMargin >= minimumCreditScore,
      observed: `${score.creditScore} ± ${scoreMargin.toFixed(1)}`,
      bound: minimumCreditScore,
    };
  },
};

export const scoreInReferralBand: Rule<AppraisalFacts> = {
  code: 'score_in_referral_band',
  sentences: {
    zh: '信用评分处于需人工审核的区间',
    en: 'The credit score is in the range that a person decides on',
  },
  effect: 'refers',
  check: ({ input, score }) =>
    score.creditScore < input.program.policy.minimumCreditScore
      ? null
      : atLeast(score.creditScore, input.program.policy.referBelowCreditScore),
};

export const cashFlowUnknown: Rule<AppraisalFacts> = {
  code: 'cash_flow_unknown',
  sentences: {
    zh: '现有记录不足以判断现金流，需人工核实',
    en: 'The records do not show the cash flow; a person will check',
  },
  effect: 'refers',
  check: ({ affordability }) => atLeast(affordability?.observedMonths ?? 0, 1),
};

export const cashFlowInsufficient: Rule<AppraisalFacts> = {
  code: 'cash_flow_insufficient',
  sentences: {
    zh: '按压力情形测算，经营现金流不足以偿还最低额度的贷款',
    en: 'In a bad month the cash flow would not carry the installments of the smallest loan',
  },
  effect: 'declines',
  check: ({ affordability, candidates }) => {
    if (affordability === null) return null;
    const [nearest] = candidates.toSorted((left, right) => shortfallMinor(left) - shortfallMinor(right));
    return nearest === undefined ? null : atLeast(nearest.affordableMinor, nearest.offered.principalMinMinor);
  },
};

export const borrowerLimitReached: Rule<AppraisalFacts> = {
  code: 'borrower_limit_reached',
  sentences: {
    zh: '您在该机构的贷款已达到单户限额',
    en: 'You already owe this lender as much as one borrower may',
  },
  effect: 'declines',
  check: ({ input, borrowerHeadroomMinor }) =>
    atLeast(borrowerHeadroomMinor, leastPrincipalMinor(input.terms)),
};

export const recommenderLimitReached: Rule<AppraisalFacts> = {
  code: 'recommender_limit_reached',
  sentences: {
    zh: '推荐人目前不能再为新的贷款推荐；可由其他推荐人推荐后重新申请',
    en: 'The partner who vouched may not vouch for another loan now; apply again with another’s word',
  },
  effect: 'declines',
  check: ({ input, recommenderHeadroomMinor }) =>
    recommenderHeadroomMinor === null
      ? null
      : atLeast(recommenderHeadroomMinor, leastPrincipalMinor(input.terms)),
};

export const capitalExhausted: Rule<AppraisalFacts> = {
  code: 'capital_exhausted',
  sentences: {
    zh: '该项目的资金已用完；资金补充后可重新申请',
    en: 'The program has no capital left; apply again when it has been replenished',
  },
  effect: 'declines',
  check: ({ input, capitalHeadroomMinor }) => atLeast(capitalHeadroomMinor, leastPrincipalMinor(input.terms)),
};

/** Each bound leaves room for some loan, and no product takes a loan within all of them. */
export const noProductFits: Rule<AppraisalFacts> = {
  code: 'no_product_fits',
  sentences: {
    zh: '该项目没有同时符合申请金额、现金流和各项限额的贷款产品',
    en: 'No product of the program fits the amount asked, the cash flow and the limits together',
  },
  effect: 'declines',
  check: ({ quotes }) => ({ broken: quotes.length === 0, observed: quotes.length, bound: 1 }),
};

/** Never cut to fit: a price below expected loss would be paid by the other borrowers. */
export const priceAboveCap: Rule<AppraisalFacts> = {
  code: 'price_above_cap',
  sentences: {
    zh: '按风险测算的综合年化成本超过法定上限',
    en: 'The price that covers the risk would be above the legal cap on the annual percentage rate',
  },
  effect: 'declines',
  check: ({ quotes, pricing }) =>
    quotes.length === 0
      ? null
      : {
          broken: quotes.every(({ refusal }) => refusal === 'above_cap'),
          observed: Math.min(...quotes.map(({ terms }) => terms.aprBps)),
          bound: pricing.aprCapBps,
        },
};

export const priceAboveTerms: Rule<AppraisalFacts> = {
  code: 'price_above_terms',
  sentences: {
    zh: '按风险测算的价格超过该项目产品所允许的价格',
    en: 'The price that covers the risk would be above what the program’s products may charge',
  },
  effect: 'declines',
  check: ({ input, quotes, pricing }) => {
    const lawful = quotes.filter(({ refusal }) => refusal !== 'above_cap');
    if (lawful.length === 0) return null;
    return {
      broken: lawful.every(({ refusal }) => refusal === 'above_terms'),
      observed: annualRateBpsOf(pricing),
      bound: Math.max(...input.terms.products.map(({ annualRateMaxBps }) => annualRateMaxBps)),
    };
  },
};

/**
 * Once scored, in order. A score in the referral band goes on: whoever decides sees affordability and price,
 * and a later decline outranks the referral.
 */
export const appraisalStages: readonly Stage<AppraisalFacts>[] = [
  { name: 'score', referralEnds: false, rules: [scoreBelowMinimum, scoreUncertain, scoreInReferralBand] },
  { name: 'affordability', referralEnds: true, rules: [cashFlowUnknown, cashFlowInsufficient] },
  {
    name: 'exposure',
    referralEnds: true,
    rules: [borrowerLimitReached, recommenderLimitReached, capitalExhausted],
  },
  { name: 'product', referralEnds: true, rules: [noProductFits] },
  { name: 'pricing', referralEnds: true, rules: [priceAboveCap, priceAboveTerms] },
];

const shortfallMinor = ({ offered, affordableMinor }: Candidate) =>
  offered.principalMinMinor - affordableMinor;
