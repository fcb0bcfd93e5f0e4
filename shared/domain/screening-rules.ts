import { type BusinessDate, businessDateOf, DEFAULT_TIME_ZONE, daysBetween } from './calendar.ts';
import type { DecisionInput } from './decision.ts';
import { atLeast, atMost, type Finding, type Rule, type Stage } from './decision-rules.ts';
import { admitsTerm, leastPrincipalMinor, termsText } from './lending/program-terms.ts';

/** What is known before anything is scored. */
export interface ScreeningFacts {
  readonly input: DecisionInput;
  readonly submittedOn: BusinessDate;
  readonly decidedOn: BusinessDate;
}

export function screeningFacts(input: DecisionInput, decidedAt: string): ScreeningFacts {
  const zone = input.station?.timeZone ?? DEFAULT_TIME_ZONE;
  return {
    input,
    submittedOn: businessDateOf(Date.parse(input.application.submittedAt), zone),
    decidedOn: businessDateOf(Date.parse(decidedAt), zone),
  };
}

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
  check: ({ input: { application, terms } }) => ({
    broken: !terms.products.some((offered) => admitsTerm(offered, application.requestedTermMonths)),
    observed: application.requestedTermMonths,
    bound: [...new Set(terms.products.map(termsText))].join(' '),
  }),
};

export const principalBelowMinimum: Rule<ScreeningFacts> = {
  code: 'principal_below_minimum',
  sentences: {
    zh: '申请金额低于该项目的最低额度',
    en: 'The amount asked is below the least the program lends',
  },
  effect: 'declines',
  check: ({ input: { application, terms } }) =>
    atLeast(application.requestedPrincipalMinor, leastPrincipalMinor(terms)),
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
