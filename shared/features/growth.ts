import type { FeatureDefinition } from './feature-definition.ts';
import { type CumulativeDays, MONTH_DAYS, windowSum } from './history-view.ts';
import { growthRate } from './statistics.ts';

/** A year of whole weeks: the same stretch of last year, on the same weekdays. */
export const YEAR_OF_WEEKS_DAYS = 364;

/**
 * The last 90 days against the 90 before; on a history under 180 days its later half against the earlier.
 * NaN when a half would be under 30 days.
 */
export function recentGrowth(cumulative: CumulativeDays): number {
  const half = Math.min(90, Math.floor((cumulative.length - 1) / 2));
  return half < MONTH_DAYS
    ? Number.NaN
    : growthRate(windowSum(cumulative, half), windowSum(cumulative, half, half));
}

/** Where the business is going, with and without its seasons. */
export const growthFeatures = [
  {
    name: 'transaction_growth_90d',
    unit: 'growth_rate',
    windowDays: 180,
    riskDirection: 'decreasing',
    minimum: -2,
    maximum: 2,
    action: null,
    hurts: {
      zh: '交易笔数较前90天下降或增长乏力',
      en: 'Fewer transactions, or little growth, against the 90 days before',
    },
    compute: (view) => recentGrowth(view.transactions),
  },
  {
    name: 'inflow_growth_90d',
    unit: 'growth_rate',
    windowDays: 180,
    riskDirection: 'decreasing',
    minimum: -2,
    maximum: 2,
    action: null,
    hurts: {
      zh: '收入较前90天下降或增长乏力',
      en: 'Lower income, or little growth, against the 90 days before',
    },
    compute: (view) => recentGrowth(view.businessInflowMinor),
  },
  {
    name: 'inflow_momentum_30d',
    unit: 'growth_rate',
    windowDays: 90,
    riskDirection: 'decreasing',
    minimum: -2,
    maximum: 2,
    action: null,
    hurts: {
      zh: '最近30天的收入低于此前两个月',
      en: 'Income of the last 30 days is below the two months before',
    },
    compute: (view) =>
      view.days < 90
        ? Number.NaN
        : growthRate(
            windowSum(view.businessInflowMinor, 30),
            windowSum(view.businessInflowMinor, 60, 30) / 2,
          ),
  },
  {
    // A festival that follows the moon moves by up to 19 days: 90 days hold it in both years nearly always.
    name: 'inflow_growth_year_on_year_90d',
    unit: 'growth_rate',
    windowDays: 454,
    riskDirection: 'decreasing',
    minimum: -2,
    maximum: 2,
    action: null,
    hurts: {
      zh: '剔除季节因素后，最近90天的收入低于去年同期',
      en: 'Income of the last 90 days is below the same season of last year',
    },
    compute: (view) =>
      view.days < YEAR_OF_WEEKS_DAYS + 90
        ? Number.NaN
        : growthRate(
            windowSum(view.businessInflowMinor, 90),
            windowSum(view.businessInflowMinor, 90, YEAR_OF_WEEKS_DAYS),
          ),
  },
] as const satisfies readonly FeatureDefinition[];
