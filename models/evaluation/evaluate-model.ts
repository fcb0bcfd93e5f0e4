import { logOddsAtScore } from '../../shared/domain/credit-score.ts';
import { fieldError } from '../../shared/domain/errors.ts';
import type { AnyManifest } from '../../shared/scoring/classifier-manifest.ts';
import type { LoadedModel } from '../../shared/scoring/load-scorer.ts';
import { Scorer } from '../../shared/scoring/scorer.ts';
import type { Matrix } from '../factory/read-matrix.ts';
import { RandomStream } from '../simulator/random-stream.ts';
import { type CalibrationLine, calibrationLine } from './calibration-line.ts';
import { type AttributeFairness, fairnessByGroup } from './fairness.ts';
import {
  BOOTSTRAP_RESAMPLES,
  type CalibrationBand,
  calibrationTable,
  type GainsBand,
  gainsTable,
  type ModelMetrics,
  modelMetrics,
} from './metrics.ts';
import { type ScoreCertainty, scoreCertainty } from './score-certainty.ts';
import { type CurvePoint, rocCurve, type ScoreBand, scoreBands } from './score-curves.ts';
import { pick, type ScoredMatrix, scoreMatrix } from './scored-matrix.ts';
import { type Segment, segmentAttributes, segmentsOf } from './segments.ts';
import {
  type CountedShape,
  type FeatureStability,
  featureStability,
  type PeriodStability,
  referenceBinsOf,
  type ShapeCurve,
  scoreStability,
  shapeCurves,
  stabilityOverTime,
} from './stability.ts';
import { type SubstitutionSummary, substitutionSummary } from './substituted-reasons.ts';

/** Attributes that are protected or that a county answers for; of the matrix's `meta_…` columns. */
export const fairnessAttributes = ['sex', 'age_band', 'county'] as const;

export interface EvaluationOptions {
  readonly scorer: LoadedModel;
  readonly matrix: Matrix;
  /** Terms as shapes.json has them; empty for a model without shapes. */
  readonly shapes: readonly CountedShape[];
  /** Credit score from which one would approve. */
  readonly cutOff: number;
  readonly seed: number;
}

export interface Evaluation extends ModelMetrics {
  readonly manifest: AnyManifest;
  readonly rows: number;
  readonly known: number;
  readonly defaults: number;
  readonly asOfFrom: string;
  readonly asOfTo: string;
  readonly cutOff: number;
  readonly approvalRate: number;
  readonly calibrationLine: CalibrationLine;
  readonly calibration: readonly CalibrationBand[];
  readonly gains: readonly GainsBand[];
  readonly roc: readonly CurvePoint[];
  readonly greatestDistance: CurvePoint;
  readonly scoreBands: readonly ScoreBand[];
  readonly scorePsi: number;
  readonly features: readonly FeatureStability[];
  readonly periods: readonly PeriodStability[];
  readonly segments: readonly Segment[];
  readonly fairness: readonly AttributeFairness[];
  /** Null when the model does not know how sure it is. */
  readonly certainty: ScoreCertainty | null;
  readonly shapes: readonly ShapeCurve[];
  /** Of a classifier without terms. */
  readonly substitution: SubstitutionSummary | null;
}

const SCORE_BAND_POINTS = 20;
/** Resamples × rows at most: a bootstrap of two thousand costs seconds at ten thousand rows. */
const BOOTSTRAP_DRAWS_MAX = 40_000_000;
const RESAMPLES_MIN = 200;

/**
 * How good a model is on a matrix it may never have seen: everything its report shows. Deterministic by seed.
 * Raises DomainError `invalid_request` when the matrix has not both outcomes.
 */
export async function evaluateModel(options: EvaluationOptions): Promise<Evaluation> {
  const { scorer, matrix, cutOff } = options;
  const { manifest } = scorer;
  const scored = await scoreMatrix(scorer, matrix);
  const labels = pick(matrix.labels, scored.known);
  const defaults = labels.reduce((sum, label) => sum + label, 0);
  if (defaults === 0 || defaults === labels.length) {
    const message = `${defaults} defaults among ${labels.length} known outcomes: nothing to tell apart`;
    throw fieldError('invalid_request', 'label', 'one_class', message);
  }
  const said = pick(scored.probabilities, scored.known);
  const scores = pick(scored.creditScores, scored.known);
  const random = new RandomStream([options.seed, 0xe7a1]);
  const uniform = () => random.uniform();
  const resamples = Math.max(
    RESAMPLES_MIN,
    Math.min(BOOTSTRAP_RESAMPLES, Math.floor(BOOTSTRAP_DRAWS_MAX / labels.length)),
  );
  const { points: roc, greatest: greatestDistance } = rocCurve(said, labels, scores);
  const days = matrix.asOf.toSorted();
  const { scoreDeciles } = manifest.referencePopulation;
  return {
    manifest,
    rows: matrix.rows,
    known: labels.length,
    defaults,
    asOfFrom: days[0] ?? '',
    asOfTo: days.at(-1) ?? '',
    cutOff,
    approvalRate: scored.creditScores.filter((score) => score >= cutOff).length / matrix.rows,
    ...modelMetrics(said, labels, uniform, resamples),
    calibrationLine: calibrationLine(pick(scored.logOdds, scored.known), labels),
    calibration: calibrationTable(said, labels, uniform, 10, resamples),
    gains: gainsTable(said, labels, uniform, 10, resamples),
    roc,
    greatestDistance,
    scoreBands: scoreBands(scored.creditScores, matrix.labels, SCORE_BAND_POINTS),
    scorePsi: scoreStability(scoreDeciles, scored.creditScores),
    features: featureStability(manifest.features, referenceBinsOf(options.shapes), matrix.features),
    periods: stabilityOverTime(scored, scoreDeciles),
    segments: segmentAttributes(scored).flatMap((attribute) => segmentsOf(scored, attribute)),
    fairness: fairnessOf(scored, cutOff),
    ...(await explainedBy(scorer, options)),
  };
}

/** What only a model of one kind or the other can show of itself. */
async function explainedBy(
  scorer: LoadedModel,
  { matrix, shapes, cutOff }: EvaluationOptions,
): Promise<Pick<Evaluation, 'certainty' | 'shapes' | 'substitution'>> {
  if (!(scorer instanceof Scorer)) {
    return { certainty: null, shapes: [], substitution: await substitutionSummary(scorer, matrix) };
  }
  const { manifest } = scorer;
  const logOddsAtCutOff = logOddsAtScore(manifest.scoreScale, cutOff);
  const { contributions } = await scorer.scoreBlock(matrix.features, matrix.rows);
  const names = manifest.terms.map(({ name }) => name);
  return {
    certainty: await scoreCertainty(scorer, matrix, logOddsAtCutOff),
    shapes: shapes.length === 0 ? [] : shapeCurves(names, shapes, contributions),
    substitution: null,
  };
}

/** By every protected attribute the matrix has a column of. */
export function fairnessOf(scored: ScoredMatrix, cutOff: number): AttributeFairness[] {
  const approved = Array.from(scored.creditScores, (score) => score >= cutOff);
  return fairnessAttributes.flatMap((attribute) => {
    const groups = scored.matrix.meta.get(attribute);
    if (groups === undefined) return [];
    const { probabilities, logOdds, matrix } = scored;
    return [fairnessByGroup(attribute, { groups, approved, probabilities, logOdds, labels: matrix.labels })];
  });
}
