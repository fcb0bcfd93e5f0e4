import { createHash } from 'node:crypto';
import { activityFeatures } from './activity.ts';
import { balanceFeatures } from './balances.ts';
import { cashFlowFeatures } from './cash-flow.ts';
import { commissionAndRefundFeatures } from './commission-and-refunds.ts';
import { customerFeatures } from './customers.ts';
import type { FeatureDefinition, FeatureUnit, RiskDirection } from './feature-definition.ts';
import { growthFeatures } from './growth.ts';
import { regularityFeatures } from './regularity.ts';
import { requestFeatures } from './request.ts';
import { tenureAndTrainingFeatures } from './tenure-and-training.ts';
import { tradeFeatures } from './trade.ts';
import { volatilityFeatures } from './volatility.ts';

/** Every feature, in the order of the vector, the matrix and the model's input. */
export const features = [
  ...activityFeatures,
  ...growthFeatures,
  ...volatilityFeatures,
  ...tradeFeatures,
  ...commissionAndRefundFeatures,
  ...customerFeatures,
  ...cashFlowFeatures,
  ...balanceFeatures,
  ...regularityFeatures,
  ...tenureAndTrainingFeatures,
  ...requestFeatures,
] as const satisfies readonly FeatureDefinition[];

export type FeatureName = (typeof features)[number]['name'];

/** One float32 for each feature, in list order; NaN is missing, infinity never occurs. */
export type FeatureVector = Float32Array<ArrayBuffer> & { readonly length: (typeof features)['length'] };

/** SHA-256, hex, of what a model depends on: names, units and risk directions in order. */
export const featureListHash: string = createHash('sha256')
  .update(features.map(({ name, unit, riskDirection }) => `${name}|${unit}|${riskDirection}`).join('\n'))
  .digest('hex');

export interface FeaturesJson {
  readonly featureListHash: string;
  readonly features: readonly {
    readonly name: FeatureName;
    readonly unit: FeatureUnit;
    readonly riskDirection: RiskDirection;
    readonly min: number;
    readonly max: number;
  }[];
}

/** The list as the training code reads it (features.json). */
export function featuresJson(): FeaturesJson {
  return {
    featureListHash,
    features: features.map(({ name, unit, riskDirection, minimum, maximum }) => ({
      name,
      unit,
      riskDirection,
      min: minimum,
      max: maximum,
    })),
  };
}
