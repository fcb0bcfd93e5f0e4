import type { FeatureDefinition } from './feature-definition.ts';
import { type HistoryView, perMonth } from './history-view.ts';

/** Share of a window's days that must have a known balance for a figure about it to stand. */
const KNOWN_SHARE_MIN = 0.25;

/**
 * Average end-of-day balance in minor units over `windowDays` ending `endingDaysAgo` days before asOf. NaN
 * where less than a quarter of the days, as far as history reaches, have a known balance.
 */
export function averageBalanceMinor(view: HistoryView, windowDays: number, endingDaysAgo = 0): number {
  const end = view.days - endingDaysAgo;
  if (view.closingBalanceMinor === null || end <= 0) return Number.NaN;
  const start = Math.max(0, end - windowDays);
  let sum = 0;
  let known = 0;
  for (let day = start; day < end; day += 1) {
    const balance = view.closingBalanceMinor[day] ?? Number.NaN;
    if (Number.isNaN(balance)) continue;
    sum += balance;
    known += 1;
  }
  return known < KNOWN_SHARE_MIN * (end - start) ? Number.NaN : sum / known;
}

function lowestBalanceMinor(view: HistoryView, windowDays: number): number {
  if (Number.isNaN(averageBalanceMinor(view, windowDays))) return Number.NaN;
  let lowest = Number.POSITIVE_INFINITY;
  for (let day = Math.max(0, view.days - windowDays); day < view.days; day += 1) {
    for (const balance of [view.closingBalanceMinor?.[day], view.lowestBalanceMinor?.[day]]) {
      if (balance !== undefined && balance < lowest) lowest = balance;
    }
  }
  return lowest;
}

/** Balances are measured in months of the account's own income: NaN where nothing comes in. */
function inMonthsOfInflow(view: HistoryView, balanceMinor: number): number {
  const inflow = perMonth(view, view.businessInflowMinor, 365);
  return inflow > 0 ? balanceMinor / inflow : Number.NaN;
}

/** The cushion. NaN where no balance is stated. */
export const balanceFeatures = [
  {
    name: 'average_balance_to_monthly_inflow_90d',
    unit: 'ratio',
    windowDays: 365,
    riskDirection: 'decreasing',
    minimum: -16,
    maximum: 64,
    action: {
      step: 0.05,
      reachable: (value) => value + 0.5,
      improve: {
        zh: '在账户中保留更多资金，使90天平均余额达到月收入的{target}倍',
        en: 'Keep more in the account: an average balance over 90 days of {target} times monthly income',
      },
    },
    hurts: {
      zh: '账户平均余额相对收入偏低',
      en: 'The average balance is low against income',
    },
    compute: (view) => inMonthsOfInflow(view, averageBalanceMinor(view, 90)),
  },
  {
    name: 'lowest_balance_to_monthly_inflow_180d',
    unit: 'ratio',
    windowDays: 365,
    riskDirection: 'decreasing',
    minimum: -16,
    maximum: 64,
    action: {
      step: 0.05,
      reachable: (value) => value + 0.25,
      improve: {
        zh: '避免账户余额见底，使180天内最低余额不低于月收入的{target}倍',
        en: 'Never let the account run down: a lowest balance over 180 days of {target} times monthly income',
      },
    },
    hurts: {
      zh: '账户余额曾降到很低',
      en: 'The balance fell very low at times',
    },
    compute: (view) => inMonthsOfInflow(view, lowestBalanceMinor(view, 180)),
  },
  {
    name: 'negative_balance_days_share_365d',
    unit: 'share',
    windowDays: 365,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 1,
    action: null,
    hurts: {
      zh: '账户曾长时间透支',
      en: 'The account was overdrawn on many days',
    },
    compute: (view) => {
      if (Number.isNaN(averageBalanceMinor(view, 365))) return Number.NaN;
      let known = 0;
      let negative = 0;
      for (let day = Math.max(0, view.days - 365); day < view.days; day += 1) {
        const balance = view.closingBalanceMinor?.[day] ?? Number.NaN;
        if (Number.isNaN(balance)) continue;
        known += 1;
        if (balance < 0) negative += 1;
      }
      return negative / known;
    },
  },
  {
    name: 'balance_trend_180d',
    unit: 'ratio',
    windowDays: 365,
    riskDirection: 'decreasing',
    minimum: -16,
    maximum: 16,
    action: null,
    hurts: {
      zh: '账户余额呈下降趋势',
      en: 'The balance is going down',
    },
    compute: (view) =>
      inMonthsOfInflow(view, averageBalanceMinor(view, 90) - averageBalanceMinor(view, 90, 90)),
  },
] as const satisfies readonly FeatureDefinition[];
