import type { StoreTable } from '../../shared/store/dynamo.ts';
import { itemChangesOf } from '../../shared/store/item-changes.ts';
import { shadowScoreStore } from '../../shared/store/shadow-scores.ts';
import { type ScoreChallengersDependencies, scoreChallengers } from './score-challengers.ts';

export interface ShadowDependencies extends Pick<ScoreChallengersDependencies, 'challengers' | 'onRefusal'> {
  readonly table: StoreTable;
}

/** The consumer of the table's stream in which challengers score. */
export function createHandler({ table, ...dependencies }: ShadowDependencies) {
  const shadowScores = shadowScoreStore(table);
  return (event: unknown): Promise<void> =>
    scoreChallengers(itemChangesOf(event), { ...dependencies, shadowScores });
}
