import type { FeatureDefinition } from './feature-definition.ts';
import { type HistoryView, perMonth } from './history-view.ts';

/** Share of a window's days that must have a known balance for a figure about it to stand. */
const KNOWN_SHARE_MIN = 0.25;

interface BalanceFigures {
  readonly averageMinor: number;
  /** Within days as well, where a day states its lowest. */
  readonly lowestMinor: number;
  /** Share of the days with a known balance that closed below `thresholdMinor`. */
  readonly belowShare: number;
}

const unknownBalance: BalanceFigures = {
  averageMinor: Number.NaN,
  lowestMinor: Number.NaN,
  belowShare: Number.NaN,
};

/**
 * End-of-day balances in minor units over `windowDays` ending `endingDaysAgo` days before asOf. NaN where less
 * than a quarter of the days, as far as history reaches, have a known balance.
 */
function balanceFigures(
  view: HistoryView,
  windowDays: number,
  { endingDaysAgo = 0, thresholdMinor = 0 } = {},
): BalanceFigures {
  const end = view.days - endingDaysAgo;
  const { closingBalanceMinor, lowestBalanceMinor } = view;
  if (closingBalanceMinor === null || end <= 0) return unknownBalance;
  const start = Math.max(0, end - windowDays);
  let sum = 0;
  let known = 0;
  let below = 0;
  let lowest = Number.POSITIVE_INFINITY;
  for (let day = start; day < end; day += 1) {
    const lowestOfDay = lowestBalanceMinor?.[day] ?? Number.NaN;
    if (lowestOfDay < lowest) lowest = lowestOfDay;
    const balance = closingBalanceMinor[day] ?? Number.NaN;
    if (Number.isNaN(balance)) continue;
    sum += balance;
    known += 1;
    if (balance < thresholdMinor) below += 1;
    if (balance < lowest) lowest = balance;
  }
  if (known < KNOWN_SHARE_MIN * (end - start)) return unknownBalance;
  return { averageMinor: sum / known, lowestMinor: lowest, belowShare: below / known };
}

/** What the account held when yesterday ended; NaN where its last line stated no balance. */
export function latestBalanceMinor(view: HistoryView): number {
  return view.closingBalanceMinor?.[view.days - 1] ?? Number.NaN;
}

/** NaN where less than a quarter of the days, as far as history reaches, have a known balance. */
export function lowestBalanceMinor(view: HistoryView, windowDays: number): number {
  return balanceFigures(view, windowDays).lowestMinor;
}

/** Share of days that closed under `thresholdMinor`; NaN as `lowestBalanceMinor`, or with the threshold. */
export function shareOfDaysBelow(view: HistoryView, windowDays: number, thresholdMinor: number): number {
  return Number.isNaN(thresholdMinor)
    ? Number.NaN
    : balanceFigures(view, windowDays, { thresholdMinor }).belowShare;
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
    compute: (view) => inMonthsOfInflow(view, balanceFigures(view, 90).averageMinor),
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
    name: 'lowest_to_average_balance_180d',
    unit: 'ratio',
    windowDays: 180,
    riskDirection: 'decreasing',
    minimum: -16,
    maximum: 1,
    action: null,
    hurts: {
      zh: '账户余额大起大落，最低时远低于平均水平',
      en: 'The balance swings: at its lowest it was far under its average',
    },
    compute: (view) => {
      const { averageMinor, lowestMinor } = balanceFigures(view, 180);
      if (Number.isNaN(averageMinor)) return Number.NaN;
      // Nothing held on average is worse than any swing.
      return averageMinor > 0 ? lowestMinor / averageMinor : Number.NEGATIVE_INFINITY;
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
      inMonthsOfInflow(
        view,
        balanceFigures(view, 90).averageMinor - balanceFigures(view, 90, { endingDaysAgo: 90 }).averageMinor,
      ),
  },
] as const satisfies readonly FeatureDefinition[];
