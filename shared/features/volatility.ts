import type { FeatureDefinition } from './feature-definition.ts';
import { YEAR_OF_WEEKS_DAYS } from './growth.ts';
import { type CumulativeDays, MONTH_DAYS, periodSums, windowSum } from './history-view.ts';
import { coefficientOfVariation, growthRate, standardDeviation } from './statistics.ts';

/**
 * Spread of the growth of each of the last twelve months over the same month of last year: what is left of
 * volatility when seasons are taken out. NaN when fewer than six months have both.
 */
function seasonallyAdjustedVolatility(inflow: CumulativeDays): number {
  const days = inflow.length - 1;
  const growths: number[] = [];
  for (let month = 0; month < 12; month += 1) {
    const endingDaysAgo = month * MONTH_DAYS;
    if (endingDaysAgo + MONTH_DAYS + YEAR_OF_WEEKS_DAYS > days) break;
    const growth = growthRate(
      windowSum(inflow, MONTH_DAYS, endingDaysAgo),
      windowSum(inflow, MONTH_DAYS, endingDaysAgo + YEAR_OF_WEEKS_DAYS),
    );
    if (!Number.isNaN(growth)) growths.push(growth);
  }
  return growths.length < 6 ? Number.NaN : standardDeviation(growths);
}

function inflowVariation(inflow: CumulativeDays, periodDays: number, periods: number, least: number): number {
  const sums = periodSums(inflow, periodDays, periods);
  return sums.length < least ? Number.NaN : coefficientOfVariation(sums);
}

/** How steadily money comes in. */
export const volatilityFeatures = [
  {
    name: 'weekly_inflow_variation_180d',
    unit: 'ratio',
    windowDays: 182,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 8,
    action: null,
    hurts: {
      zh: '每周收入波动大',
      en: 'Income differs much from week to week',
    },
    compute: (view) => inflowVariation(view.businessInflowMinor, 7, 26, 8),
  },
  {
    name: 'monthly_inflow_variation_365d',
    unit: 'ratio',
    windowDays: 360,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 4,
    action: null,
    hurts: {
      zh: '每月收入波动大',
      en: 'Income differs much from month to month',
    },
    compute: (view) => inflowVariation(view.businessInflowMinor, MONTH_DAYS, 12, 3),
  },
  {
    name: 'seasonally_adjusted_volatility_365d',
    unit: 'growth_rate',
    windowDays: 724,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 2,
    action: null,
    hurts: {
      zh: '剔除季节因素后，收入仍起伏不定',
      en: 'Income is unsteady even against the same months of last year',
    },
    compute: (view) => seasonallyAdjustedVolatility(view.businessInflowMinor),
  },
] as const satisfies readonly FeatureDefinition[];
