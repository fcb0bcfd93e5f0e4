import { DomainError } from '../../shared/domain/errors.ts';
import { shadowScoreOf } from '../../shared/domain/shadow-score.ts';
import type { Scorer } from '../../shared/scoring/scorer.ts';
import { decisionOfItem } from '../../shared/store/decisions.ts';
import type { ItemChange } from '../../shared/store/item-changes.ts';
import type { ShadowScoreStore } from '../../shared/store/shadow-scores.ts';

/** One challenger's refusal of one applicant; ids and codes only. */
export interface ShadowRefusal {
  readonly decisionId: string;
  readonly modelVersion: string;
  readonly errorCode: string;
}

export interface ScoreChallengersDependencies {
  readonly challengers: readonly Pick<Scorer, 'model' | 'scoreOne'>[];
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
    for (const { model, scoreOne } of challengers.map(bound)) {
      try {
        const answer = await scoreOne(Float32Array.from(features, (value) => value ?? Number.NaN));
        const record = shadowScoreOf(made, { ...answer, ...model });
        if (record !== null) await shadowScores.put(record);
      } catch (error) {
        if (!(error instanceof DomainError) || error.code !== 'invalid_feature') throw error;
        onRefusal({ decisionId: made.decisionId, modelVersion: model.modelVersion, errorCode: error.code });
      }
    }
  }
}

const bound = (challenger: Pick<Scorer, 'model' | 'scoreOne'>) => ({
  model: { modelVersion: challenger.model.modelVersion, scoreScale: challenger.model.scoreScale },
  scoreOne: (features: Float32Array) => challenger.scoreOne(features),
});
