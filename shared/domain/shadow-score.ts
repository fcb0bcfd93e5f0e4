import { z } from 'zod';
import { instant } from './calendar.ts';
import { creditScore, type ScoreScale } from './credit-score.ts';
import { type Decision, decisionOutcomes, scoreCard } from './decision.ts';
import { countyId, decisionId, programId, tenantId } from './identifiers.ts';

const scored = scoreCard.pick({ modelVersion: true, creditScore: true, probabilityOfDefault: true });

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
});
export type ShadowScore = z.output<typeof shadowScore>;

/** A challenger's answer. */
export interface ChallengerAnswer {
  readonly modelVersion: string;
  readonly scoreScale: ScoreScale;
  readonly probabilityOfDefault: number;
  readonly logOdds: number;
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
  };
}
