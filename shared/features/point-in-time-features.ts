import type { BusinessDate } from '../domain/calendar.ts';
import type { DaySummary } from '../domain/day-summary.ts';
import { type FeatureVector, features } from './feature-list.ts';
import { type HistoryView, historyView, windowSum } from './history-view.ts';
import type { RequestFacts } from './request-facts.ts';

/**
 * The feature vector of a history and a request as of the start of business day `asOf`: nothing dated
 * `asOf` or later is read, and the order of `summaries` does not matter.
 */
export function pointInTimeFeatures(
  summaries: readonly DaySummary[],
  facts: RequestFacts,
  asOf: BusinessDate,
): FeatureVector {
  return featureVector(historyView(summaries, asOf), facts);
}

/** The same from a view already laid out. */
export function featureVector(view: HistoryView, facts: RequestFacts): FeatureVector {
  const vector = new Float32Array(features.length) as FeatureVector;
  for (let index = 0; index < features.length; index += 1) {
    const feature = features[index];
    if (feature === undefined) continue;
    // Math.min and Math.max keep NaN and bring infinities to the bounds.
    vector[index] = Math.min(feature.maximum, Math.max(feature.minimum, feature.compute(view, facts)));
  }
  return vector;
}

/** What a decision records of the history it read, apart from the instant and the version. */
export interface HistoryExtent {
  readonly firstDay: BusinessDate | null;
  readonly lastDay: BusinessDate | null;
  readonly activeDays: number;
  readonly activeDaysLast90: number;
  readonly transactionCount: number;
}

export function historyExtent(view: HistoryView): HistoryExtent {
  return {
    firstDay: view.firstDay,
    lastDay: view.lastDay,
    activeDays: windowSum(view.activeDays, view.days),
    activeDaysLast90: windowSum(view.activeDays, 90),
    transactionCount: windowSum(view.transactions, view.days),
  };
}
