import type { ScoredApplicant, ScoredModel } from '../../shared/domain/credit-score.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import { shadowScoreOf, substitutedReasonsOf } from '../../shared/domain/shadow-score.ts';
import type { SubstitutedScore } from '../../shared/scoring/classifier-scorer.ts';
import { decisionOfItem } from '../../shared/store/decisions.ts';
import type { ItemChange } from '../../shared/store/item-changes.ts';
import type { ShadowScoreStore } from '../../shared/store/shadow-scores.ts';

/** One challenger's refusal of one applicant; ids and codes only. */
export interface ShadowRefusal {
  readonly decisionId: string;
  readonly modelVersion: string;
  readonly errorCode: string;
}

/** A model of any kind, as much of it as scores in the shadow. */
export interface Challenger {
  readonly model: Pick<ScoredModel, 'modelVersion' | 'scoreScale' | 'features'>;
  readonly scoreOne: (features: Float32Array) => Promise<ScoredApplicant | SubstitutedScore>;
}

export interface ScoreChallengersDependencies {
  readonly challengers: readonly Challenger[];
  readonly shadowScores: Pick<ShadowScoreStore, 'put'>;
  readonly onRefusal: (refusal: ShadowRefusal) => void;
}

/**
 * Let every challenger score the applicants of new decisions, from the very features the decision stored, and
 * keep what it said. It runs behind the table's stream, after the decision was committed and answered, and may
 * write shadow scores alone: it can neither alter a decision nor delay one. An applicant a challenger refuses is
 * reported and passed over; anything else fails the batch, which comes again.
 */
export async function scoreChallengers(
  changes: readonly ItemChange[],
  { challengers, shadowScores, onRefusal }: ScoreChallengersDependencies,
): Promise<void> {
  for (const { change, key, item } of changes) {
    if (change !== 'insert' || key.sk !== 'DECISION') continue;
    const made = decisionOfItem(item);
    const { features, score } = made.input;
    if (features === null || score === null) continue;
    for (const challenger of challengers) {
      const { modelVersion, scoreScale, features: names } = challenger.model;
      try {
        const vector = Float32Array.from(features, (value) => value ?? Number.NaN);
        const answer = await challenger.scoreOne(vector);
        const { probabilityOfDefault, logOdds } = answer;
        const record = shadowScoreOf(made, {
          modelVersion,
          scoreScale,
          probabilityOfDefault,
          logOdds,
          ...('remainder' in answer ? { reasons: substitutedReasonsOf(scoreScale, names, answer) } : {}),
        });
        if (record !== null) await shadowScores.put(record);
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== 'invalid_feature') throw error;
        onRefusal({ decisionId: made.decisionId, modelVersion, errorCode: error.code });
      }
    }
  }
}
