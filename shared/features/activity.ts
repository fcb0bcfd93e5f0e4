import { daysBetween } from '../domain/calendar.ts';
import type { FeatureDefinition } from './feature-definition.ts';
import { windowSum } from './history-view.ts';

/** How often the station works, and whether it still does. */
export const activityFeatures = [
  {
    name: 'active_days_90d',
    unit: 'days',
    windowDays: 90,
    riskDirection: 'decreasing',
    minimum: 0,
    maximum: 90,
    action: {
      step: 1,
      reachable: (value) => value + 30,
      improve: {
        zh: '在90天内至少有{target}天开展业务并记录交易',
        en: 'Do and record business on at least {target} of 90 days',
      },
    },
    hurts: {
      zh: '最近90天有交易的天数少',
      en: 'Few days with business in the last 90 days',
    },
    compute: (view) => (view.days === 0 ? Number.NaN : windowSum(view.activeDays, 90)),
  },
  {
    name: 'active_days_share_365d',
    unit: 'share',
    windowDays: 365,
    riskDirection: 'decreasing',
    minimum: 0,
    maximum: 1,
    action: null,
    hurts: {
      zh: '过去一年中有交易的天数占比低',
      en: 'Business on a small share of the days of the past year',
    },
    compute: (view) => windowSum(view.activeDays, 365) / Math.min(365, view.days),
  },
  {
    name: 'transactions_per_active_day_90d',
    unit: 'transactions_per_day',
    windowDays: 90,
    riskDirection: 'decreasing',
    minimum: 0,
    maximum: 4096,
    action: null,
    hurts: {
      zh: '营业日的平均交易笔数少',
      en: 'Few transactions on the days the station is active',
    },
    compute: (view) => windowSum(view.transactions, 90) / windowSum(view.activeDays, 90),
  },
  {
    name: 'days_since_last_transaction',
    unit: 'days',
    windowDays: 730,
    riskDirection: 'increasing',
    minimum: 1,
    maximum: 730,
    action: null,
    hurts: {
      zh: '距最近一笔交易的时间较长',
      en: 'A long time since the last transaction',
    },
    compute: (view) => (view.lastDay === null ? Number.NaN : daysBetween(view.lastDay, view.asOf)),
  },
] as const satisfies readonly FeatureDefinition[];
