import { type BusinessDate, businessDateOf, DEFAULT_TIME_ZONE, daysBetween } from './calendar.ts';
import type {
  Affordability,
  DecisionInput,
  Pricing,
  Reason,
  RuleResult,
  ScoreCard,
  Sentences,
} from './decision.ts';
import { type Quote, withinCap } from './offers.ts';

/** What a rule looked at and the bound it held it to. */
export interface Finding {
  readonly broken: boolean;
  readonly observed: RuleResult['observed'];
  readonly bound: RuleResult['bound'];
}

/** One rule of lending: the only place where its code, its words, its test and its effect are written. */
export interface Rule<Facts> {
  readonly code: string;
  readonly sentences: Sentences;
  readonly effect: 'declines' | 'refers';
  /** Null when the facts give it nothing to look at: not evaluated. */
  readonly check: (facts: Facts) => Finding | null;
}

/** Rules that are evaluated together, so that an applicant hears of all of them at once. */
export interface Stage<Facts> {
  readonly name: string;
  /** Whether a referral here ends the evaluation; a decline always does. */
  readonly referralEnds: boolean;
  readonly rules: readonly Rule<Facts>[];
}

/** What is known before anything is scored. */
export interface ScreeningFacts {
  readonly input: DecisionInput;
  readonly submittedOn: BusinessDate;
  readonly decidedOn: BusinessDate;
}

/** What is known once the applicant is scored. */
export interface AppraisalFacts extends ScreeningFacts {
  readonly score: ScoreCard;
  readonly pricing: Pricing;
  /** Null when no month of cash flow has been observed. */
  readonly affordability: Affordability | null;
  /** The greatest principal the cash flow carries at any term of the policy. */
  readonly affordablePrincipalMinor: number;
  readonly borrowerHeadroomMinor: number;
  readonly capitalHeadroomMinor: number;
  /** Terms whose principal reaches the minimum, at their fair price, requested term first. */
  readonly quotes: readonly Quote[];
}

export function screeningFacts(input: DecisionInput, decidedAt: string): ScreeningFacts {
  const zone = input.station?.timeZone ?? DEFAULT_TIME_ZONE;
  return {
    input,
    submittedOn: businessDateOf(Date.parse(input.application.submittedAt), zone),
    decidedOn: businessDateOf(Date.parse(decidedAt), zone),
  };
}

const atLeast = (observed: number, bound: number): Finding => ({ broken: observed < bound, observed, bound });
const atMost = (observed: number, bound: number): Finding => ({ broken: observed > bound, observed, bound });
const notBefore = (observed: BusinessDate, bound: BusinessDate): Finding => ({
  broken: observed < bound,
  observed,
  bound,
});
const notAfter = (observed: BusinessDate, bound: BusinessDate): Finding => ({
  broken: observed > bound,
  observed,
  bound,
});
const same = (observed: string, bound: string): Finding => ({ broken: observed !== bound, observed, bound });

function historyAgeDays(facts: ScreeningFacts): number | null {
  const lastDay = facts.input.history?.lastDay ?? null;
  return lastDay === null ? null : daysBetween(lastDay, facts.decidedOn);
}

export const automatedDecisionRefused: Rule<ScreeningFacts> = {
  code: 'automated_decision_refused',
  sentences: {
    zh: '您拒绝由系统自动作出决定，申请将由人工审核',
    en: 'You refused an automated decision; a person will decide on your application',
  },
  effect: 'refers',
  check: ({ input }) => same(input.application.automatedDecision, 'accepted'),
};

export const consentMissing: Rule<ScreeningFacts> = {
  code: 'consent_missing',
  sentences: {
    zh: '没有有效的授权，不能查询您的经营数据；授权后可重新申请',
    en: 'There is no consent in force to read your business data; apply again once you have given it',
  },
  effect: 'declines',
  check: ({ input }) => ({ broken: input.consentId === null, observed: input.consentId, bound: null }),
};

/** No record at all is zero days: a lender cannot tell a new station from a silent one. */
export const historyTooShort: Rule<ScreeningFacts> = {
  code: 'history_too_short',
  sentences: {
    zh: '经营记录的时间太短',
    en: 'The history of the station is too short',
  },
  effect: 'declines',
  check: ({ input, decidedOn }) => {
    const firstDay = input.history?.firstDay ?? null;
    return atLeast(
      firstDay === null ? 0 : daysBetween(firstDay, decidedOn),
      input.program.policy.minimumHistoryDays,
    );
  },
};

/** A feed that stopped is more often the data provider's fault than the applicant's: a person looks. */
export const historyStale: Rule<ScreeningFacts> = {
  code: 'history_stale',
  sentences: {
    zh: '近期没有收到经营记录，需人工核实',
    en: 'No recent records have been received; a person will check',
  },
  effect: 'refers',
  check: (facts) => {
    const age = historyAgeDays(facts);
    return age === null ? null : atMost(age, facts.input.program.policy.maximumHistoryAgeDays);
  },
};

/** Says nothing of a stale history, whose last 90 days are unknown rather than empty. */
export const historyTooSparse: Rule<ScreeningFacts> = {
  code: 'history_too_sparse',
  sentences: {
    zh: '最近90天有交易的天数太少',
    en: 'Too few days with business in the last 90 days',
  },
  effect: 'declines',
  check: (facts) => {
    const { history, program } = facts.input;
    const age = historyAgeDays(facts);
    if (history === null || age === null || age > program.policy.maximumHistoryAgeDays) return null;
    return atLeast(history.activeDaysLast90, program.policy.minimumActiveDays);
  },
};

/** An application counts on the day it was made, however long the decision takes. */
export const programNotOpen: Rule<ScreeningFacts> = {
  code: 'program_not_open',
  sentences: { zh: '该项目尚未开放申请', en: 'The program is not open yet' },
  effect: 'declines',
  check: ({ input, submittedOn }) => notBefore(submittedOn, input.program.opensOn),
};

export const programClosed: Rule<ScreeningFacts> = {
  code: 'program_closed',
  sentences: { zh: '该项目已停止受理申请', en: 'The program no longer takes applications' },
  effect: 'declines',
  check: ({ input, submittedOn }) => notAfter(submittedOn, input.program.closesOn),
};

export const stationUnknown: Rule<ScreeningFacts> = {
  code: 'station_unknown',
  sentences: { zh: '没有该服务站的登记信息', en: 'The station is not registered' },
  effect: 'declines',
  check: ({ input }) => ({
    broken: input.station === null,
    observed: input.station?.stationId ?? null,
    bound: input.application.stationId,
  }),
};

export const stationOutsideCounty: Rule<ScreeningFacts> = {
  code: 'station_outside_county',
  sentences: { zh: '服务站不在该项目所在县', en: 'The station is not in the county of the program' },
  effect: 'declines',
  check: ({ input }) => input.station && same(input.station.countyId, input.program.countyId),
};

export const stationClosed: Rule<ScreeningFacts> = {
  code: 'station_closed',
  sentences: { zh: '服务站已停止营业', en: 'The station has closed' },
  effect: 'declines',
  check: ({ input, decidedOn }) => {
    if (input.station === null) return null;
    const closedOn = input.station.closedOn ?? null;
    return { broken: closedOn !== null && closedOn <= decidedOn, observed: closedOn, bound: decidedOn };
  },
};

export const stageNotEligible: Rule<ScreeningFacts> = {
  code: 'stage_not_eligible',
  sentences: {
    zh: '服务站目前的发展阶段不符合该项目的条件',
    en: 'The station is not at a stage the program is for',
  },
  effect: 'declines',
  check: ({ input: { station, program } }) =>
    station && {
      broken: !program.policy.eligibleStages.includes(station.stage),
      observed: station.stage,
      bound: program.policy.eligibleStages.join(','),
    },
};

export const tenureTooShort: Rule<ScreeningFacts> = {
  code: 'tenure_too_short',
  sentences: { zh: '服务站开业时间太短', en: 'The station has not been open for long enough' },
  effect: 'declines',
  check: ({ input: { station, program }, decidedOn }) =>
    station && atLeast(daysBetween(station.openedOn, decidedOn), program.policy.minimumTenureDays),
};

export const applicantNotOfStation: Rule<ScreeningFacts> = {
  code: 'applicant_not_of_station',
  sentences: {
    zh: '申请人没有登记为该服务站的经营者',
    en: 'The applicant is not registered as running this station',
  },
  effect: 'declines',
  check: ({ input: { application, entrepreneur } }) => ({
    broken: entrepreneur === null || !entrepreneur.stationIds.includes(application.stationId),
    observed: entrepreneur === null ? null : entrepreneur.stationIds.join(','),
    bound: application.stationId,
  }),
};

export const currencyMismatch: Rule<ScreeningFacts> = {
  code: 'currency_mismatch',
  sentences: {
    zh: '申请或服务站的币种与该项目不一致',
    en: 'The application or the station is not in the currency of the program',
  },
  effect: 'declines',
  check: ({ input: { application, station, program } }) => {
    const currencies = new Set([application.currency, station?.currency ?? application.currency]);
    return {
      broken: currencies.size > 1 || !currencies.has(program.currency),
      observed: [...currencies].join(','),
      bound: program.currency,
    };
  },
};

export const termNotOffered: Rule<ScreeningFacts> = {
  code: 'term_not_offered',
  sentences: { zh: '该项目不提供所申请的期限', en: 'The program does not lend for the term asked' },
  effect: 'declines',
  check: ({ input: { application, program } }) => ({
    broken: !program.policy.termMonths.includes(application.requestedTermMonths),
    observed: application.requestedTermMonths,
    bound: program.policy.termMonths.join(','),
  }),
};

export const principalBelowMinimum: Rule<ScreeningFacts> = {
  code: 'principal_below_minimum',
  sentences: {
    zh: '申请金额低于该项目的最低额度',
    en: 'The amount asked is below the least the program lends',
  },
  effect: 'declines',
  check: ({ input: { application, program } }) =>
    atLeast(application.requestedPrincipalMinor, program.policy.minimumPrincipalMinor),
};

export const scoreBelowMinimum: Rule<AppraisalFacts> = {
  code: 'score_below_minimum',
  sentences: {
    zh: '信用评分低于该项目的最低要求',
    en: 'The credit score is below the least the program accepts',
  },
  effect: 'declines',
  check: ({ input, score }) => atLeast(score.creditScore, input.program.policy.minimumCreditScore),
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
  check: ({ input, affordability, affordablePrincipalMinor }) =>
    affordability && atLeast(affordablePrincipalMinor, input.program.policy.minimumPrincipalMinor),
};

export const borrowerLimitReached: Rule<AppraisalFacts> = {
  code: 'borrower_limit_reached',
  sentences: {
    zh: '您在该机构的贷款已达到单户限额',
    en: 'You already owe this lender as much as one borrower may',
  },
  effect: 'declines',
  check: ({ input, borrowerHeadroomMinor }) =>
    atLeast(borrowerHeadroomMinor, input.program.policy.minimumPrincipalMinor),
};

export const capitalExhausted: Rule<AppraisalFacts> = {
  code: 'capital_exhausted',
  sentences: {
    zh: '该项目的资金已用完；资金补充后可重新申请',
    en: 'The program has no capital left; apply again when it has been replenished',
  },
  effect: 'declines',
  check: ({ input, capitalHeadroomMinor }) =>
    atLeast(capitalHeadroomMinor, input.program.policy.minimumPrincipalMinor),
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
          broken: !quotes.some((quote) => withinCap(quote, pricing)),
          observed: Math.min(...quotes.map((quote) => quote.aprBps)),
          bound: pricing.aprCapBps,
        },
};

/**
 * Before anything is scored, in order. Refusing automation, or withholding consent, ends it there: no data is
 * read. A history that is to be looked at by a person still has its eligibility checked, which needs no
 * history, because a decline spares that person the work; it is not scored.
 */
export const screeningStages: readonly Stage<ScreeningFacts>[] = [
  { name: 'automation', referralEnds: true, rules: [automatedDecisionRefused] },
  { name: 'consent', referralEnds: true, rules: [consentMissing] },
  { name: 'history', referralEnds: false, rules: [historyTooShort, historyStale, historyTooSparse] },
  {
    name: 'eligibility',
    referralEnds: true,
    rules: [
      programNotOpen,
      programClosed,
      stationUnknown,
      stationOutsideCounty,
      stationClosed,
      stageNotEligible,
      tenureTooShort,
      applicantNotOfStation,
      currencyMismatch,
      termNotOffered,
      principalBelowMinimum,
    ],
  },
];

/**
 * Once scored, in order. A score in the referral band goes on: whoever decides sees affordability and price,
 * and a later decline outranks the referral.
 */
export const appraisalStages: readonly Stage<AppraisalFacts>[] = [
  { name: 'score', referralEnds: false, rules: [scoreBelowMinimum, scoreInReferralBand] },
  { name: 'affordability', referralEnds: true, rules: [cashFlowUnknown, cashFlowInsufficient] },
  { name: 'exposure', referralEnds: true, rules: [borrowerLimitReached, capitalExhausted] },
  { name: 'pricing', referralEnds: true, rules: [priceAboveCap] },
];

export interface Evaluation {
  /** A decline outranks a referral. */
  readonly outcome: 'passed' | 'referred' | 'declined';
  /** One per rule of the stages, in order; `not_evaluated` after the stage that ended it. */
  readonly results: readonly RuleResult[];
  /** The rules behind the outcome, in order; none when passed. */
  readonly reasons: readonly Reason[];
}

/**
 * Evaluate stages in order. All rules of a stage are evaluated; a stage in which one declines is the last, as
 * is one in which one refers where `referralEnds`.
 */
export function evaluateStages<Facts>(stages: readonly Stage<Facts>[], facts: Facts): Evaluation {
  const results: RuleResult[] = [];
  const broken: Rule<Facts>[] = [];
  let ended = false;
  for (const stage of stages) {
    const findings = stage.rules.map((rule) => ({ rule, finding: ended ? null : rule.check(facts) }));
    for (const { rule, finding } of findings) {
      results.push({
        code: rule.code,
        outcome: outcomeOf(rule, finding),
        observed: finding?.observed ?? null,
        bound: finding?.bound ?? null,
      });
      if (finding?.broken === true) broken.push(rule);
    }
    ended ||= broken.some(
      (rule) => rule.effect === 'declines' || (stage.referralEnds && stage.rules.includes(rule)),
    );
  }
  const declining = broken.filter((rule) => rule.effect === 'declines');
  const deciding = declining.length > 0 ? declining : broken;
  return {
    outcome: declining.length > 0 ? 'declined' : broken.length > 0 ? 'referred' : 'passed',
    results,
    reasons: deciding.map((rule) => ({ code: rule.code, sentences: rule.sentences })),
  };
}

function outcomeOf<Facts>(rule: Rule<Facts>, finding: Finding | null): RuleResult['outcome'] {
  if (finding === null) return 'not_evaluated';
  if (!finding.broken) return 'passed';
  return rule.effect === 'declines' ? 'declined' : 'referred';
}
