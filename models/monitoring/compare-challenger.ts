import type { ShadowScore } from '../../shared/domain/shadow-score.ts';
import { countByBin, populationStabilityIndex } from '../evaluation/population-stability.ts';

/** A challenger against the champion over the applicants both scored, by score alone. */
export interface ChallengerComparison {
  readonly applicants: number;
  /** Share on the same side of the cut-off. */
  readonly agreement: number;
  /** Below the cut-off by the champion, not by the challenger. */
  readonly swapIn: number;
  /** The other way round. */
  readonly swapOut: number;
  readonly championApproves: number;
  readonly challengerApproves: number;
  /** Mean PD of the swap set by each: what one thinks of those it alone would take. NaN without any. */
  readonly swapInPd: { readonly champion: number; readonly challenger: number };
  readonly swapOutPd: { readonly champion: number; readonly challenger: number };
  readonly meanPd: { readonly champion: number; readonly challenger: number };
  readonly meanScoreDifference: number;
  /** Of the challenger's scores against the champion's, in tenths of the champion's. */
  readonly psi: number;
}

export interface GroupComparison extends ChallengerComparison {
  readonly group: string;
}

/** All scores as one, and by what `groupOf` says, largest group first. Raises RangeError without scores. */
export function compareChallenger(
  scores: readonly ShadowScore[],
  groupOf: (score: ShadowScore) => string,
): { readonly all: ChallengerComparison; readonly groups: readonly GroupComparison[] } {
  const groups = [...Map.groupBy(scores, groupOf)]
    .map(([group, members]) => ({ group, ...comparisonOf(members) }))
    .sort((a, b) => b.applicants - a.applicants || a.group.localeCompare(b.group));
  return { all: comparisonOf(scores), groups };
}

function comparisonOf(scores: readonly ShadowScore[]): ChallengerComparison {
  if (scores.length === 0) throw new RangeError('nothing to compare');
  const approves = ({ cutOff }: ShadowScore, { creditScore }: { creditScore: number }) =>
    creditScore >= cutOff;
  const both = (score: ShadowScore) =>
    [approves(score, score.champion), approves(score, score.challenger)] as const;
  const swapIn = scores.filter((score) => both(score).join() === 'false,true');
  const swapOut = scores.filter((score) => both(score).join() === 'true,false');
  const champions = scores.map(({ champion }) => champion.creditScore);
  const challengers = scores.map(({ challenger }) => challenger.creditScore);
  const cuts = decilesOf(champions);
  return {
    applicants: scores.length,
    agreement: 1 - (swapIn.length + swapOut.length) / scores.length,
    swapIn: swapIn.length,
    swapOut: swapOut.length,
    championApproves: scores.filter((score) => approves(score, score.champion)).length,
    challengerApproves: scores.filter((score) => approves(score, score.challenger)).length,
    swapInPd: meanPd(swapIn),
    swapOutPd: meanPd(swapOut),
    meanPd: meanPd(scores),
    meanScoreDifference: mean(
      scores.map(({ champion, challenger }) => challenger.creditScore - champion.creditScore),
    ),
    psi: populationStabilityIndex(countByBin(cuts, champions), countByBin(cuts, challengers)),
  };
}

/** Why a challenger without terms says what it says, over the applicants it scored; estimates. */
export interface ChallengerReasons {
  readonly applicants: number;
  /** Features by how many applicants they are among the costliest of, most first. */
  readonly costliest: readonly { readonly feature: string; readonly applicants: number }[];
  /** Mean size, in points, of what the reasons explain and of what they leave over. */
  readonly explainedPoints: number;
  readonly remainderPoints: number;
}

/** Null for a challenger whose reasons are exact, which the shadow does not keep. */
export function challengerReasons(scores: readonly ShadowScore[]): ChallengerReasons | null {
  const given = scores.flatMap(({ reasons }) => (reasons === undefined ? [] : [reasons]));
  if (given.length === 0) return null;
  const features = given.flatMap(({ costliest }) => costliest.map(({ feature }) => feature));
  return {
    applicants: given.length,
    costliest: [...Map.groupBy(features, (feature) => feature)]
      .map(([feature, times]) => ({ feature, applicants: times.length }))
      .sort((a, b) => b.applicants - a.applicants || a.feature.localeCompare(b.feature)),
    explainedPoints: mean(given.map(({ explainedPoints }) => Math.abs(explainedPoints))),
    remainderPoints: mean(given.map(({ remainderPoints }) => Math.abs(remainderPoints))),
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const meanPd = (scores: readonly ShadowScore[]) => ({
  champion: mean(scores.map(({ champion }) => champion.probabilityOfDefault)),
  challenger: mean(scores.map(({ challenger }) => challenger.probabilityOfDefault)),
});

/** Distinct tenths of the values; fewer where values repeat. */
function decilesOf(values: readonly number[]): Float64Array {
  const sorted = values.toSorted((a, b) => a - b);
  const tenths = Array.from(
    { length: 9 },
    (_, index) => sorted[Math.floor(((index + 1) * sorted.length) / 10)] ?? 0,
  );
  return Float64Array.from(new Set(tenths.filter((cut) => cut > (sorted[0] ?? 0))));
}
