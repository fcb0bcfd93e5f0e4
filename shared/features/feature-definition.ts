import type { FeatureExplanation } from '../domain/feature-explanation.ts';
import type { HistoryView } from './history-view.ts';
import type { RequestFacts } from './request-facts.ts';

export const featureUnits = [
  'days',
  'transactions_per_day',
  'transaction_kinds',
  'customers',
  'hours',
  'months',
  'minor_units',
  'minor_units_per_month',
  /** Davis–Haltiwanger growth rate, −2 (stopped) to 2 (begun): see growthRate. */
  'growth_rate',
  'share',
  'ratio',
  'level',
  'flag',
] as const;
export type FeatureUnit = (typeof featureUnits)[number];

/**
 * `decreasing`: probability of default may not rise as the feature rises. `increasing`: it may not fall.
 * `none`: credit practice gives no sign, so the data decide.
 */
export type RiskDirection = FeatureExplanation['riskDirection'];

/**
 * One number about an applicant, computed in one place for training and for decisions.
 *
 * Sex, age, and who heads the county's leading group are never features: nobody answers for what they were
 * born as, or for the office of an official. They are reported beside results (fairness tables), no more.
 */
export interface FeatureDefinition extends FeatureExplanation {
  readonly unit: FeatureUnit;
  /** Days of history looked at, back from the day before `asOf`; null when it is not about history. */
  readonly windowDays: number | null;
  /**
   * Plausible range, both exact in float32. A computed value beyond it is brought to the bound; a scorer
   * refuses a vector from elsewhere that lies outside.
   */
  readonly minimum: number;
  readonly maximum: number;
  /** NaN when it cannot be known from this history. Infinity is allowed: it is beyond every bound. */
  readonly compute: (view: HistoryView, facts: RequestFacts) => number;
}
