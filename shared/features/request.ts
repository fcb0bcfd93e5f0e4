import { averageBalanceMinor } from './balances.ts';
import type { FeatureDefinition } from './feature-definition.ts';
import { type HistoryView, perMonth } from './history-view.ts';
import { askedInstallmentMinor } from './request-facts.ts';

/**
 * `claim` over what carries it. Nothing to carry it is worse than any ratio, so zero and below are
 * infinite, which the definition's maximum bounds; an unknown side stays NaN.
 */
function burden(claim: number, carriedBy: number): number {
  if (Number.isNaN(claim) || Number.isNaN(carriedBy)) return Number.NaN;
  return carriedBy > 0 ? claim / carriedBy : Number.POSITIVE_INFINITY;
}

function monthlyNetMinor(view: HistoryView): number {
  return perMonth(view, view.businessInflowMinor, 365) - perMonth(view, view.businessOutflowMinor, 365);
}

/**
 * What is asked, against what carries it. Asking for less lowers three of these at once; each only ever
 * lowers risk as it falls, so a path to approval that moves one of them promises no more than it keeps.
 */
export const requestFeatures = [
  {
    name: 'principal_to_monthly_inflow_365d',
    unit: 'ratio',
    windowDays: 365,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 128,
    action: {
      step: 0.1,
      reachable: (value) => value * 0.4,
      improve: {
        zh: '降低申请金额，使其不超过月均收入的{target}倍',
        en: 'Ask for less: at most {target} times the average monthly income',
      },
    },
    hurts: {
      zh: '申请金额相对月收入偏高',
      en: 'The amount asked is large against monthly income',
    },
    compute: (view, facts) =>
      burden(facts.requestedPrincipalMinor ?? Number.NaN, perMonth(view, view.businessInflowMinor, 365)),
  },
  {
    name: 'installment_to_monthly_net_cash_flow_365d',
    unit: 'ratio',
    windowDays: 365,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 16,
    action: {
      step: 0.01,
      reachable: (value) => value * 0.4,
      improve: {
        zh: '降低申请金额，使月供不超过月均净现金流的{target}倍',
        en: 'Ask for less: an installment of at most {target} times the average monthly net cash flow',
      },
    },
    hurts: {
      zh: '净现金流难以覆盖月供',
      en: 'Net cash flow hardly covers the installment asked for',
    },
    compute: (view, facts) => burden(askedInstallmentMinor(facts), monthlyNetMinor(view)),
  },
  {
    name: 'installment_to_average_balance_90d',
    unit: 'ratio',
    windowDays: 90,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 64,
    action: {
      step: 0.05,
      reachable: (value) => value * 0.4,
      improve: {
        zh: '降低申请金额或保留更多余额，使月供不超过平均余额的{target}倍',
        en: 'Ask for less or keep more in the account: an installment of at most {target} times the average balance',
      },
    },
    hurts: {
      zh: '账户平均余额难以覆盖月供',
      en: 'The average balance hardly covers the installment asked for',
    },
    compute: (view, facts) => burden(askedInstallmentMinor(facts), averageBalanceMinor(view, 90)),
  },
  {
    name: 'requested_term_months',
    unit: 'months',
    windowDays: null,
    riskDirection: 'none',
    minimum: 1,
    maximum: 60,
    // A change of term moves the installments above as well, and not the same way: no single safe advice.
    action: null,
    hurts: {
      zh: '申请的贷款期限不利于评分',
      en: 'The term asked for counts against the score',
    },
    compute: (_view, facts) => facts.requestedTermMonths ?? Number.NaN,
  },
] as const satisfies readonly FeatureDefinition[];
