import type { LocalFunctionDependencies } from '../../infra/local/functions.ts';
import { featureListHash, features } from '../../shared/features/feature-list.ts';

/** A scorer for tests in which nothing may be scored: asking it for a score is a failure. */
export const neverScores: LocalFunctionDependencies['scorer'] = {
  model: {
    modelVersion: 'none',
    modelSha256: '0'.repeat(64),
    featureListHash,
    features: features.map((feature) => feature.name),
    terms: [],
    intercept: 0,
    scoreScale: { anchorScore: 600, anchorOdds: 30, pointsToDoubleOdds: 40, minimum: 350, maximum: 950 },
    referenceContributions: [],
    shapes: { intercept: 0, terms: [] },
  },
  scoreCard: async () => {
    throw new Error('this test asks no model');
  },
};
