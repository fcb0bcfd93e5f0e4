import type { FeatureDefinition } from './feature-definition.ts';
import { type HistoryView, windowSum } from './history-view.ts';
import { mean, standardDeviation } from './statistics.ts';

const MINUTES_PER_HOUR = 60;
const CLOCK_DAYS_MIN = 5;

/** A figure of each of the last 90 days whose clock times are known; none when fewer than five are. */
function clockFigures(
  view: HistoryView,
  figure: (firstMinute: number, lastMinute: number) => number,
): number[] {
  const figures: number[] = [];
  for (let day = Math.max(0, view.days - 90); day < view.days; day += 1) {
    const first = view.firstMinuteOfDay[day] ?? -1;
    if (first >= 0) figures.push(figure(first, view.lastMinuteOfDay[day] ?? first));
  }
  return figures.length < CLOCK_DAYS_MIN ? [] : figures;
}

function longestGapDays(view: HistoryView, windowDays: number): number {
  let longest = 0;
  let gap = 0;
  for (let daysAgo = Math.min(windowDays, view.days) - 1; daysAgo >= 0; daysAgo -= 1) {
    gap = windowSum(view.activeDays, 1, daysAgo) === 0 ? gap + 1 : 0;
    if (gap > longest) longest = gap;
  }
  return longest;
}

/** Whether a villager can count on finding the station open. */
export const regularityFeatures = [
  {
    name: 'longest_gap_180d',
    unit: 'days',
    windowDays: 180,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 180,
    action: {
      step: 1,
      reachable: (value) => value / 3,
      improve: {
        zh: '保持连续营业，180天内最长停业不超过{target}天',
        en: 'Keep open without long breaks: at most {target} days without business in 180',
      },
    },
    hurts: {
      zh: '曾有较长时间没有业务',
      en: 'There was a long stretch without business',
    },
    compute: (view) => (view.days === 0 ? Number.NaN : longestGapDays(view, 180)),
  },
  {
    name: 'opening_hours_90d',
    unit: 'hours',
    windowDays: 90,
    riskDirection: 'decreasing',
    minimum: 0,
    maximum: 24,
    action: {
      step: 0.5,
      reachable: (value) => Math.min(12, value + 3),
      improve: {
        zh: '延长营业时间，使每天首末笔业务平均相隔{target}小时',
        en: 'Stay open longer: {target} hours on average between the first and last business of a day',
      },
    },
    hurts: {
      zh: '每天营业时间短',
      en: 'Short opening hours',
    },
    compute: (view) => mean(clockFigures(view, (first, last) => (last - first) / MINUTES_PER_HOUR)),
  },
  {
    name: 'opening_time_variation_90d',
    unit: 'hours',
    windowDays: 90,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 12,
    action: {
      step: 0.25,
      reachable: (value) => value / 2,
      improve: {
        zh: '按时开门，使每天首笔业务时间的波动不超过{target}小时',
        en: 'Open at the same time each day: the first business varying by no more than {target} hours',
      },
    },
    hurts: {
      zh: '每天开始营业的时间不固定',
      en: 'The station opens at irregular times',
    },
    compute: (view) => standardDeviation(clockFigures(view, (first) => first / MINUTES_PER_HOUR)),
  },
] as const satisfies readonly FeatureDefinition[];
