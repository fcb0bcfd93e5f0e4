import type { ScoreScale } from '../domain/credit-score.ts';
import { fieldError } from '../domain/errors.ts';
import { type ClassifierManifest, PROBABILITY_MARGIN } from './classifier-manifest.ts';
import type { ClassifierSession } from './classifier-session.ts';
import type { FeatureRanges } from './feature-range.ts';

/** What a challenger's answer is recorded by. */
export interface ClassifierFacts {
  readonly modelVersion: string;
  readonly modelSha256: string;
  readonly features: readonly string[];
  readonly scoreScale: ScoreScale;
}

/**
 * One applicant through a classifier. referenceLogOdds + Σ contributions + remainder is logOdds: what the
 * substitutions leave unexplained, interactions above all, stands as the remainder.
 */
export interface SubstitutedScore {
  readonly probabilityOfDefault: number;
  /** Calibrated log-odds of default. */
  readonly logOdds: number;
  /** [F], by how much the log-odds fall when a feature alone takes its reference value: positive hurts. */
  readonly contributions: Float64Array;
  readonly referenceLogOdds: number;
  readonly remainder: number;
}

/**
 * A classifier of another make, verified. Its reasons are estimates: each feature in turn is set to its
 * reference value, all in one run of F + 1 rows. Any number of calls may be in flight.
 */
export class ClassifierScorer {
  readonly manifest: ClassifierManifest;
  readonly model: ClassifierFacts;
  readonly #session: ClassifierSession;
  readonly #ranges: FeatureRanges;
  readonly #reference: Float32Array;
  /** Places of features the model has no answer without. */
  readonly #required: readonly number[];

  constructor(session: ClassifierSession, manifest: ClassifierManifest, ranges: FeatureRanges) {
    this.#session = session;
    this.manifest = manifest;
    this.#ranges = ranges;
    this.#reference = Float32Array.from(manifest.reasons.reference, (value) => value ?? Number.NaN);
    this.#required = manifest.missing.required.map((name) => manifest.features.indexOf(name));
    this.model = {
      modelVersion: manifest.modelVersion,
      modelSha256: manifest.onnx.sha256,
      features: manifest.features,
      scoreScale: manifest.scoreScale,
    };
  }

  /**
   * One feature vector [F]; NaN is missing. Raises DomainError `invalid_feature` on a wrong length, an infinity,
   * a value out of range, a missing value the model needs, or where it gives no number.
   */
  async scoreOne(features: Float32Array): Promise<SubstitutedScore> {
    this.#check(features, 1);
    const logOdds = await this.#logOdds(withSubstitutions(features, this.#reference), features.length + 1);
    const [own = Number.NaN, ...substituted] = logOdds;
    const contributions = Float64Array.from(substituted, (value) => own - value);
    const { referenceLogOdds } = this.manifest.reasons;
    const explained = contributions.reduce((sum, value) => sum + value, referenceLogOdds);
    return {
      probabilityOfDefault: probabilityOf(own),
      logOdds: own,
      contributions,
      referenceLogOdds,
      remainder: own - explained,
    };
  }

  /** Probabilities of a feature matrix [rows, F], without reasons. Raises as `scoreOne`, before any row is scored. */
  async scoreBlock(
    features: Float32Array,
    rows: number,
  ): Promise<{ readonly rows: number; readonly probabilityOfDefault: Float32Array }> {
    this.#check(features, rows);
    return {
      rows,
      probabilityOfDefault: Float32Array.from(await this.#logOdds(features, rows), probabilityOf),
    };
  }

  /** Free the runtime's memory; the scorer is of no use afterwards. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  #check(features: Float32Array, rows: number): void {
    this.#ranges.check(features, rows);
    const width = this.manifest.features.length;
    for (const place of this.#required) {
      for (let row = 0; row < rows; row += 1) {
        if (!Number.isNaN(features[row * width + place])) continue;
        const name = this.manifest.features[place] ?? String(place);
        const message = `${this.manifest.modelVersion} has no answer for an applicant without ${name}`;
        throw fieldError('invalid_feature', name, 'missing', message);
      }
    }
  }

  async #logOdds(features: Float32Array, rows: number): Promise<Float64Array> {
    const { calibration, modelVersion } = this.manifest;
    const said = await this.#session.probabilities(features, rows);
    return Float64Array.from(said, (probability, row) => {
      if (!(probability >= 0 && probability <= 1)) {
        const message = `${modelVersion} answers ${probability} in row ${row}`;
        throw fieldError('invalid_feature', 'features', 'no_answer', message);
      }
      return calibrated(calibration, probability);
    });
  }
}

/** The applicant [F], then, F times, the applicant with one feature set to its reference value: [F + 1, F]. */
export function withSubstitutions(features: Float32Array, reference: Float32Array): Float32Array {
  const width = features.length;
  const rows = new Float32Array((width + 1) * width);
  for (let row = 0; row <= width; row += 1) rows.set(features, row * width);
  for (let place = 0; place < width; place += 1) {
    rows[(place + 1) * width + place] = reference[place] ?? Number.NaN;
  }
  return rows;
}

/** Calibrated log-odds of a probability, which is held off 0 and 1. */
export function calibrated(
  { slope, intercept }: { readonly slope: number; readonly intercept: number },
  probability: number,
): number {
  const inside = Math.min(1 - PROBABILITY_MARGIN, Math.max(PROBABILITY_MARGIN, probability));
  return intercept + slope * Math.log(inside / (1 - inside));
}

export const probabilityOf = (logOdds: number): number => 1 / (1 + Math.exp(-logOdds));
