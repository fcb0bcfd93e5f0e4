import type { ScoreCard, TermPoints } from './decision.ts';

/** How log-odds become points (Siddiqi, Credit Risk Scorecards, 2006, ch. 6). */
export interface ScoreScale {
  /** Bounds of the published score. */
  readonly minimum: number;
  readonly maximum: number;
  /** Points that double the odds good:bad. */
  readonly pointsToDoubleOdds: number;
  readonly anchorScore: number;
  /** Odds good:bad at the anchor score. */
  readonly anchorOdds: number;
}

/** One term of the additive model: a feature's shape function, or an interaction of two. */
export interface ModelTerm {
  readonly name: string;
  /** Indexes into the model's feature names. */
  readonly features: readonly number[];
}

/** What turns a scored applicant into a score card: read from the model's manifest. */
export interface ScoredModel {
  readonly modelVersion: string;
  /** SHA-256 of the ONNX file. */
  readonly modelSha256: string;
  /** Order of the feature vector. */
  readonly features: readonly string[];
  readonly terms: readonly ModelTerm[];
  /** Calibrated log-odds of default. */
  readonly intercept: number;
  readonly scoreScale: ScoreScale;
  /** Mean contribution of each term over applicants who did not default. */
  readonly referenceContributions: readonly number[];
}

/** One applicant through the model. */
export interface ScoredApplicant {
  readonly probabilityOfDefault: number;
  /** Intercept plus the sum of contributions, in float64. */
  readonly logOdds: number;
  /** Calibrated log-odds of default by term, in the order of the model's terms. */
  readonly contributions: Float32Array;
}

/** Points per unit of log-odds. */
export function pointsPerLogOdds(scale: ScoreScale): number {
  return scale.pointsToDoubleOdds / Math.LN2;
}

/** Points of log-odds of default, before rounding and bounds: falls as the log-odds rise. */
export function unboundedScore(scale: ScoreScale, logOdds: number): number {
  return scale.anchorScore - pointsPerLogOdds(scale) * (logOdds + Math.log(scale.anchorOdds));
}

/** The published credit score: whole points within the scale's bounds. */
export function creditScore(scale: ScoreScale, logOdds: number): number {
  return Math.min(scale.maximum, Math.max(scale.minimum, Math.round(unboundedScore(scale, logOdds))));
}

/** The greatest log-odds of default whose credit score is still `score`: half a point rounds up. */
export function logOddsAtScore(scale: ScoreScale, score: number): number {
  return (scale.anchorScore - (score - 0.5)) / pointsPerLogOdds(scale) - Math.log(scale.anchorOdds);
}

/**
 * The score with its exact breakdown: `basePoints` is the score of the reference applicant, each term's
 * points are what it adds to that, and basePoints + Σ points is the score before rounding and bounds.
 */
export function scoreCardOf(
  model: ScoredModel,
  scored: ScoredApplicant,
  standardErrorLogOdds: number | null = null,
): ScoreCard {
  if (scored.contributions.length !== model.terms.length) {
    throw new RangeError(`${scored.contributions.length} contributions for ${model.terms.length} terms`);
  }
  const factor = pointsPerLogOdds(model.scoreScale);
  let referenceLogOdds = model.intercept;
  const terms = model.terms.map((term, index): TermPoints => {
    const contribution = scored.contributions[index] ?? 0;
    const reference = model.referenceContributions[index] ?? 0;
    referenceLogOdds += reference;
    const againstReference = contribution - reference;
    return {
      term: term.name,
      features: term.features.map((feature) => model.features[feature] ?? ''),
      contribution,
      againstReference,
      points: factor * (reference - contribution),
    };
  });
  return {
    modelVersion: model.modelVersion,
    modelSha256: model.modelSha256,
    probabilityOfDefault: scored.probabilityOfDefault,
    logOdds: scored.logOdds,
    standardErrorLogOdds,
    creditScore: creditScore(model.scoreScale, scored.logOdds),
    basePoints: unboundedScore(model.scoreScale, referenceLogOdds),
    terms,
  };
}
