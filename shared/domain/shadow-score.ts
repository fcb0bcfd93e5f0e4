import { z } from 'zod';
import { instant } from './calendar.ts';
import { creditScore, pointsPerLogOdds, type ScoreScale } from './credit-score.ts';
import { type Decision, decisionOutcomes, scoreCard } from './decision.ts';
import { countyId, decisionId, programId, tenantId } from './identifiers.ts';
import { POINTS_LOST_MIN, REASONS_MAX } from './reason-codes.ts';

const scored = scoreCard.pick({ modelVersion: true, creditScore: true, probabilityOfDefault: true });

/**
 * Why a challenger without terms said so, estimated: each feature in turn set to its reference value. Points of
 * all features and the remainder, which the substitutions leave unexplained, add up to the difference between
 * the applicant's score and that of the reference values, before rounding and bounds.
 */
const substitutedReasons = z.strictObject({
  method: z.literal('baseline substitution'),
  /** The features that cost most points, at most four; negative hurts. */
  costliest: z.array(z.strictObject({ feature: z.string(), points: z.number() })),
  /** Points of all features. */
  explainedPoints: z.number(),
  remainderPoints: z.number(),
});
export type SubstitutedReasons = z.output<typeof substitutedReasons>;

/** What a challenger would have said of an applicant whom the champion scored. It decides nothing. */
export const shadowScore = z.strictObject({
  decisionId,
  decidedAt: instant,
  lenderTenantId: tenantId,
  programId,
  countyId,
  outcome: z.enum(decisionOutcomes),
  /** The program's cut-off when it was decided: at or above it, a score is no reason to decline. */
  cutOff: scoreCard.shape.creditScore,
  champion: scored,
  challenger: scored,
  /** Of a challenger without terms. */
  reasons: substitutedReasons.optional(),
});
export type ShadowScore = z.output<typeof shadowScore>;

/** A challenger's answer. */
export interface ChallengerAnswer {
  readonly modelVersion: string;
  readonly scoreScale: ScoreScale;
  readonly probabilityOfDefault: number;
  readonly logOdds: number;
  readonly reasons?: SubstitutedReasons;
}

/**
 * The reasons of a substituted score. `contributions` are log-odds by feature, in the order of `features`;
 * features that cost less than half a point are no reasons.
 */
export function substitutedReasonsOf(
  scale: ScoreScale,
  features: readonly string[],
  { contributions, remainder }: { readonly contributions: Float64Array; readonly remainder: number },
): SubstitutedReasons {
  const points = features.map((feature, index) => ({
    feature,
    points: -pointsPerLogOdds(scale) * (contributions[index] ?? 0),
  }));
  return {
    method: 'baseline substitution',
    costliest: points
      .filter((entry) => entry.points <= -POINTS_LOST_MIN)
      .sort((left, right) => left.points - right.points)
      .slice(0, REASONS_MAX),
    explainedPoints: points.reduce((sum, entry) => sum + entry.points, 0),
    remainderPoints: -pointsPerLogOdds(scale) * remainder,
  };
}

/** The record of a challenger's answer beside the decision; null when the champion did not score the applicant. */
export function shadowScoreOf(made: Decision, answer: ChallengerAnswer): ShadowScore | null {
  const { score, program, station } = made.input;
  if (score === null) return null;
  return {
    decisionId: made.decisionId,
    decidedAt: made.decidedAt,
    lenderTenantId: made.lenderTenantId,
    programId: program.programId,
    countyId: station?.countyId ?? program.countyId,
    outcome: made.outcome,
    cutOff: program.policy.minimumCreditScore,
    champion: {
      modelVersion: score.modelVersion,
      creditScore: score.creditScore,
      probabilityOfDefault: score.probabilityOfDefault,
    },
    challenger: {
      modelVersion: answer.modelVersion,
      creditScore: creditScore(answer.scoreScale, answer.logOdds),
      probabilityOfDefault: answer.probabilityOfDefault,
    },
    ...(answer.reasons === undefined ? {} : { reasons: answer.reasons }),
  };
}
