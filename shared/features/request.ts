import { latestBalanceMinor, lowestBalanceMinor, shareOfDaysBelow } from './balances.ts';
import type { FeatureDefinition } from './feature-definition.ts';
import { HISTORY_WINDOW_DAYS, type HistoryView, perMonth } from './history-view.ts';
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

/** Asking for less, or keeping more: what is held, in installments, grows either way. */
const moreInstallmentsHeld = (value: number) => Math.max(value + 1, value * 2.5);

/**
 * What is asked, against what carries it. Asking for less moves five of these at once, each only ever towards
 * less risk, so a path to approval that moves one of them promises no more than it keeps.
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
    name: 'latest_balance_to_installment',
    unit: 'ratio',
    windowDays: HISTORY_WINDOW_DAYS,
    riskDirection: 'decreasing',
    minimum: -16,
    maximum: 256,
    action: {
      step: 0.1,
      reachable: moreInstallmentsHeld,
      improve: {
        zh: '降低申请金额或保留更多余额，使账户余额达到月供的{target}倍',
        en: 'Ask for less or keep more in the account: a balance of {target} times the installment',
      },
    },
    hurts: {
      zh: '账户当前余额相对月供偏低',
      en: 'The balance in the account is low against the installment asked for',
    },
    compute: (view, facts) => latestBalanceMinor(view) / askedInstallmentMinor(facts),
  },
  {
    name: 'lowest_balance_to_installment_180d',
    unit: 'ratio',
    windowDays: 180,
    riskDirection: 'decreasing',
    minimum: -16,
    maximum: 256,
    action: {
      step: 0.1,
      reachable: moreInstallmentsHeld,
      improve: {
        zh: '降低申请金额或避免账户余额见底，使180天内最低余额不低于月供的{target}倍',
        en: 'Ask for less or never let the account run down: a lowest balance over 180 days of {target} times the installment',
      },
    },
    hurts: {
      zh: '账户余额曾低至难以支付月供',
      en: 'The balance fell at times to where it hardly held the installment asked for',
    },
    compute: (view, facts) => lowestBalanceMinor(view, 180) / askedInstallmentMinor(facts),
  },
  {
    name: 'balance_under_two_installments_share_180d',
    unit: 'share',
    windowDays: 180,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 1,
    action: {
      step: 0.01,
      reachable: (value) => value / 2,
      improve: {
        zh: '降低申请金额或保留更多余额，使180天内余额不足两期月供的天数占比不高于{target}',
        en: 'Ask for less or keep more in the account: less than two installments in it on at most {target} of 180 days',
      },
    },
    hurts: {
      zh: '账户余额经常不足两期月供',
      en: 'On many days the account held less than two of the installments asked for',
    },
    compute: (view, facts) => shareOfDaysBelow(view, 180, 2 * askedInstallmentMinor(facts)),
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
