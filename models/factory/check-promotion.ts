import { z } from 'zod';
import { DomainError, type FieldIssue } from '../../shared/domain/errors.ts';
import type { FeatureExplanation } from '../../shared/domain/feature-explanation.ts';
import type { FeatureListFacts } from '../../shared/scoring/feature-range.ts';
import { type LoadedModel, loadModel } from '../../shared/scoring/load-scorer.ts';
import { SIGNATURE_FILE, type TrustedKey } from '../../shared/scoring/model-signature.ts';
import { Scorer } from '../../shared/scoring/scorer.ts';
import { calibrationLine } from '../evaluation/calibration-line.ts';
import { fairnessAttributes, fairnessOf } from '../evaluation/evaluate-model.ts';
import { monotonicityBreaches } from '../evaluation/monotonic-shapes.ts';
import { pairedAucTest } from '../evaluation/paired-auc.ts';
import { pick, type ScoredMatrix, scoreMatrix } from '../evaluation/scored-matrix.ts';
import type { Matrix } from './read-matrix.ts';

/** What a champion must hold on outcomes it was not trained on. */
export const promotionBounds = z.strictObject({
  calibrationSlopeMin: z.number().positive().default(0.9),
  calibrationSlopeMax: z.number().positive().default(1.1),
  /** Refused when the paired test finds it worse than the champion below this probability. */
  worseProbabilityMax: z.number().min(0).max(1).default(0.05),
  /** Of a group's approval rate to the largest group's: the four-fifths rule. */
  approvalRatioMin: z.number().min(0).max(1).default(0.8),
  /** Points of share by which fewer of a group's good borrowers may be approved. */
  truePositiveGapMax: z.number().min(0).max(1).default(0.1),
  /** Attributes held to these bounds, where the matrix has them; the others are reported. */
  fairnessAttributes: z.array(z.enum(fairnessAttributes)).default(['sex', 'age_band']),
  /** With fewer defaults nothing can be said. */
  defaultsMin: z.int().min(20).default(100),
  /** Credit score from which one would approve. */
  cutOff: z.int().min(350).max(950).default(560),
});
export type PromotionBounds = z.output<typeof promotionBounds>;

export interface PromotionFindings {
  /** Empty: the model may be promoted. */
  readonly refusals: readonly FieldIssue[];
  /** What was measured, for the record, in words. */
  readonly findings: readonly string[];
}

export interface CandidateOptions {
  readonly directory: string;
  readonly featureList: FeatureListFacts;
  readonly features: readonly Pick<FeatureExplanation, 'name' | 'riskDirection'>[];
  readonly trustedKeys: readonly TrustedKey[];
}

/**
 * Load a candidate as strictly as the service does, and check that risk follows every feature's direction; of a
 * classifier without shapes that cannot be shown, which is why it may only challenge. Codes: `not_signed`,
 * `parity_broken`, `not_loadable`, `not_monotonic`. The model is the caller's to release.
 */
export async function checkCandidate(
  options: CandidateOptions,
): Promise<{ readonly model: LoadedModel | null; readonly refusals: readonly FieldIssue[] }> {
  const { directory, featureList, features, trustedKeys } = options;
  let model: LoadedModel;
  try {
    model = await loadModel({ directory, featureList, trustedKeys });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { model: null, refusals: error.issues.map(loadRefusal) };
  }
  if (!(model instanceof Scorer)) return { model, refusals: [] };
  const refusals = monotonicityBreaches(model.model.shapes, features).map(({ feature, at, by }) => ({
    field: feature,
    code: 'not_monotonic',
    message: `risk moves the wrong way by ${by.toPrecision(3)} of log-odds where ${feature} crosses ${at}`,
  }));
  return { model, refusals };
}

function loadRefusal({ field, code, message }: FieldIssue): FieldIssue {
  const kind = field === SIGNATURE_FILE ? 'not_signed' : code === 'parity' ? 'parity_broken' : 'not_loadable';
  return { field, code: kind, message };
}

/** As much of a scorer as outcomes are held to. */
export type JudgedModel = Pick<Scorer, 'manifest' | 'model' | 'scoreBlock'>;

export interface OutcomeCheckOptions {
  readonly candidate: JudgedModel;
  /** Null when there is none to compare with. */
  readonly champion: JudgedModel | null;
  readonly matrix: Matrix;
  /** SHA-256 of the matrix file's bytes. */
  readonly matrixSha256: string;
  readonly bounds: PromotionBounds;
}

/**
 * Hold a candidate to outcomes it was not trained on. Codes: `trained_on_matrix`, `few_defaults`, `worse`,
 * `uncalibrated`, `unfair`.
 */
export async function checkOutcomes(options: OutcomeCheckOptions): Promise<PromotionFindings> {
  const { candidate, champion, matrix, matrixSha256, bounds } = options;
  if (candidate.manifest.trainingData.sha256 === matrixSha256) {
    const message = 'the matrix is what the candidate was trained on: it proves nothing';
    return { refusals: [{ field: 'matrix', code: 'trained_on_matrix', message }], findings: [] };
  }
  const scored = await scoreMatrix(candidate, matrix);
  const labels = pick(matrix.labels, scored.known);
  const defaults = labels.reduce((sum, label) => sum + label, 0);
  if (Math.min(defaults, labels.length - defaults) < bounds.defaultsMin) {
    const message = `${defaults} defaults among ${labels.length} known outcomes; ${bounds.defaultsMin} of each are needed`;
    return { refusals: [{ field: 'matrix', code: 'few_defaults', message }], findings: [] };
  }
  const checks = [
    checkCalibration(scored, labels, bounds),
    checkFairness(scored, bounds),
    champion === null ? noChampion : await checkAgainst(champion, scored, labels, bounds, matrixSha256),
  ];
  return {
    refusals: checks.flatMap(({ refusals }) => refusals),
    findings: [
      `${labels.length} known outcomes, ${defaults} defaults`,
      ...checks.flatMap(({ findings }) => findings),
    ],
  };
}

const noChampion: PromotionFindings = { refusals: [], findings: ['no champion to compare with'] };

function checkCalibration(
  scored: ScoredMatrix,
  labels: Float64Array,
  bounds: PromotionBounds,
): PromotionFindings {
  const { slope } = calibrationLine(pick(scored.logOdds, scored.known), labels);
  const [least, most] = [bounds.calibrationSlopeMin, bounds.calibrationSlopeMax];
  const found = `calibration slope ${slope.value.toFixed(3)} (${slope.low.toFixed(3)} to ${slope.high.toFixed(3)})`;
  const isWithin = slope.value >= least && slope.value <= most;
  const refusal = {
    field: 'calibration',
    code: 'uncalibrated',
    message: `${found} is not within ${least} to ${most}`,
  };
  return { refusals: isWithin ? [] : [refusal], findings: [found] };
}

function checkFairness(scored: ScoredMatrix, bounds: PromotionBounds): PromotionFindings {
  const refusals: FieldIssue[] = [];
  const findings: string[] = [];
  for (const { attribute, groups, reference } of fairnessOf(scored, bounds.cutOff)) {
    const isBound = bounds.fairnessAttributes.includes(attribute as (typeof fairnessAttributes)[number]);
    for (const { group, approvalRatio, truePositiveGap } of groups) {
      const where = `${attribute} ${group} against ${reference}`;
      if (isBound && group !== reference) {
        findings.push(
          `${where}: approval ratio ${approvalRatio.toFixed(2)}, true-positive gap ${truePositiveGap.toFixed(3)}`,
        );
      }
      const refuse = (message: string) => {
        refusals.push({ field: `${attribute}.${group}`, code: 'unfair', message: `${where}: ${message}` });
      };
      if (isBound && approvalRatio < bounds.approvalRatioMin) {
        refuse(`approval ratio ${approvalRatio.toFixed(2)} is below ${bounds.approvalRatioMin}`);
      }
      if (isBound && truePositiveGap < -bounds.truePositiveGapMax) {
        refuse(`true-positive gap ${truePositiveGap.toFixed(3)} is beyond −${bounds.truePositiveGapMax}`);
      }
    }
  }
  return { refusals, findings };
}

async function checkAgainst(
  champion: JudgedModel,
  scored: ScoredMatrix,
  labels: Float64Array,
  bounds: PromotionBounds,
  matrixSha256: string,
): Promise<PromotionFindings> {
  const reigning = await scoreMatrix(champion, scored.matrix);
  const said = (of: ScoredMatrix) => pick(of.logOdds, scored.known);
  const { difference, low, high, pWorse } = pairedAucTest(said(reigning), said(scored), labels);
  const found =
    `AUC ${difference >= 0 ? '+' : '−'}${Math.abs(difference).toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)}) ` +
    `against ${champion.manifest.modelVersion}, worse with p = ${pWorse.toPrecision(2)}`;
  const flattered = champion.manifest.trainingData.sha256 === matrixSha256;
  return {
    refusals: pWorse < bounds.worseProbabilityMax ? [{ field: 'auc', code: 'worse', message: found }] : [],
    findings: [found, ...(flattered ? ['the champion was trained on this matrix, which flatters it'] : [])],
  };
}
