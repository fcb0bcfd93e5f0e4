import { dirname, join } from 'node:path';
import { DomainError } from '../../shared/domain/errors.ts';
import type { FeatureListFacts } from '../../shared/scoring/feature-range.ts';
import { readManifest, readRegistry, readShapes } from '../../shared/scoring/model-files.ts';
import type { ReferenceBins } from '../evaluation/population-stability.ts';
import {
  type FeatureStability,
  featureStability,
  referenceBinsOf,
  scoreStability,
} from '../evaluation/stability.ts';

/** The population a model was trained on, as its folder holds it. */
export interface DriftReference {
  readonly modelVersion: string;
  readonly featureNames: readonly string[];
  /** By feature index. */
  readonly bins: ReadonlyMap<number, ReferenceBins>;
  readonly scoreDeciles: readonly number[];
}

/**
 * The champion's training population: manifest, signature and shapes are verified as for scoring, without the
 * runtime. Raises DomainError `model_rejected`, also when the model is of another feature list.
 */
export async function readDriftReference(
  registryFile: string,
  featureList: FeatureListFacts,
): Promise<DriftReference> {
  const { registry, trustedKeys } = await readRegistry(registryFile);
  const { path, sha256 } = registry.champion;
  const directory = join(dirname(registryFile), path);
  const manifest = await readManifest({ directory, manifestSha256: sha256, trustedKeys });
  if (manifest.featureListHash !== featureList.hash) {
    throw new DomainError('model_rejected', `${manifest.modelVersion} is of another feature list`);
  }
  return {
    modelVersion: manifest.modelVersion,
    featureNames: manifest.features,
    bins: referenceBinsOf(await readShapes(directory, manifest)),
    scoreDeciles: manifest.referencePopulation.scoreDeciles,
  };
}

/** An applicant of late, as the decision stored them. */
export interface RecentApplicant {
  /** [F], null is missing. */
  readonly features: readonly (number | null)[];
  /** Null when another model scored them: its points are not comparable. */
  readonly creditScore: number | null;
}

export interface PopulationDrift {
  readonly applicants: number;
  readonly modelVersion: string;
  /** NaN without a score. */
  readonly scorePsi: number;
  readonly missingShare: number;
  /** Least stable first. */
  readonly features: readonly FeatureStability[];
}

/** With fewer applicants an index of 0.1 may be chance: ten bins have 9/n of it. */
export const DRIFT_APPLICANTS_MIN = 200;

/** How far recent applicants are from those the model was trained on. */
export function populationDrift(
  reference: DriftReference,
  applicants: readonly RecentApplicant[],
): PopulationDrift {
  const width = reference.featureNames.length;
  const values = Float32Array.from(
    applicants.flatMap(({ features }) => {
      if (features.length !== width)
        throw new RangeError(`${features.length} features where ${width} are needed`);
      return features.map((value) => value ?? Number.NaN);
    }),
  );
  const scores = applicants.flatMap(({ creditScore }) => (creditScore === null ? [] : [creditScore]));
  return {
    applicants: applicants.length,
    modelVersion: reference.modelVersion,
    scorePsi: scoreStability(reference.scoreDeciles, scores),
    missingShare: values.filter((value) => Number.isNaN(value)).length / values.length,
    features: featureStability(reference.featureNames, reference.bins, values),
  };
}
