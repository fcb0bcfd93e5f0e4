import { creditScore, logOddsAtScore, pointsPerLogOdds, type ScoreScale } from './credit-score.ts';
import type { PathStep, PathToApproval } from './decision.ts';
import { type FeatureExplanation, formatTarget, withTarget } from './feature-explanation.ts';
import { type Candidate, gainOf, type Lever, leversOf } from './path-candidates.ts';
import type { ShapeModel } from './shape-model.ts';

/** More than four changes at once is not advice. */
export const PATH_STEPS_MAX = 4;
/** Log-odds by which a path crosses, so that the order of a sum cannot undo it: a hundred-thousandth of a point. */
const MARGIN_LOG_ODDS = 1e-7;

export interface PathFacts {
  readonly model: ShapeModel;
  readonly scale: ScoreScale;
  /** Feature vector [F]; NaN is missing. */
  readonly features: Float32Array;
  /** In feature order. */
  readonly explanations: readonly FeatureExplanation[];
  readonly logOdds: number;
  readonly cutOff: number;
}

interface Change {
  readonly lever: Lever;
  readonly candidate: Candidate;
}

/**
 * The smallest changes to features the applicant can act on that bring the credit score to the cut-off: the
 * fewest features, at most four, and among those the least total distance, each distance the share of the way
 * to the furthest value plausible. When no four changes suffice, the changes that bring the score highest.
 *
 * Exact. The model is a sum of piecewise constant terms, so a feature need only be tried at the nearest
 * value of each bin; branch and bound over those, bounded by the most the features not yet chosen can gain,
 * together and per distance, visits every combination that could be better. A term that joins two features
 * one can act on is evaluated for the pair.
 *
 * Each feature moves by itself: that more active days would bring more revenue too is not counted.
 */
export function pathToApproval(facts: PathFacts): PathToApproval {
  const features = Float32Array.from(facts.features);
  const levers = leversOf(facts.model, features, facts.explanations);
  const gainNeeded = facts.logOdds - logOddsAtScore(facts.scale, facts.cutOff) + MARGIN_LOG_ODDS;
  const crossing = smallestCrossing(levers, features, gainNeeded);
  const steps = inOrderOfGain(facts, crossing ?? greatestGain(levers, features));
  const factor = pointsPerLogOdds(facts.scale);
  const logOdds = steps.reduce((sum, step) => sum - step.creditScoreGain / factor, facts.logOdds);
  return {
    reachesCutOff: crossing !== null,
    creditScore: creditScore(facts.scale, logOdds),
    cutOff: facts.cutOff,
    steps,
  };
}

/** The fewest changes, then the least distance, that gain as much; null when four cannot. */
function smallestCrossing(
  levers: readonly Lever[],
  features: Float32Array,
  gainNeeded: number,
): readonly Change[] | null {
  const efficiencyFrom = suffixMaximum(levers);
  let best: readonly Change[] | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;

  const search = (
    from: number,
    left: number,
    needed: number,
    distance: number,
    chosen: readonly Change[],
  ): void => {
    if (needed <= 0) {
      if (distance < bestDistance) {
        best = chosen;
        bestDistance = distance;
      }
      return;
    }
    if (left === 0) return;
    for (let index = from; index < levers.length; index += 1) {
      const lever = levers[index];
      if (lever === undefined || gainMaxOf(levers, index, left) < needed) return;
      if (distance + needed / (efficiencyFrom[index] ?? 0) >= bestDistance) return;
      const restGainMax = gainMaxOf(levers, index + 1, left - 1);
      for (const candidate of lever.candidates) {
        if (distance + candidate.distance >= bestDistance) break;
        if (candidate.gainMax + restGainMax < needed) continue;
        const gain = realGain(lever, candidate, features);
        withValue(features, lever.feature, candidate.value, () =>
          search(index + 1, left - 1, needed - gain, distance + candidate.distance, [
            ...chosen,
            { lever, candidate },
          ]),
        );
        // Further candidates of a lever on its own cost more distance to cross the same line.
        if (gain >= needed && !lever.joined) break;
      }
    }
  };

  for (let count = 1; count <= PATH_STEPS_MAX && best === null; count += 1) {
    search(0, count, gainNeeded, 0, []);
  }
  return best;
}

/** The changes, at most four, that gain most; of equal gains, the least distance. */
function greatestGain(levers: readonly Lever[], features: Float32Array): readonly Change[] {
  let best: readonly Change[] = [];
  let bestGain = 0;
  let bestDistance = 0;

  const search = (
    from: number,
    left: number,
    gained: number,
    distance: number,
    chosen: readonly Change[],
  ): void => {
    if (gained > bestGain || (gained === bestGain && distance < bestDistance)) {
      best = chosen;
      bestGain = gained;
      bestDistance = distance;
    }
    if (left === 0) return;
    for (let index = from; index < levers.length; index += 1) {
      const lever = levers[index];
      if (lever === undefined || gained + gainMaxOf(levers, index, left) <= bestGain) return;
      // The farthest candidate of a lever on its own gains most; of a joined one any may.
      const candidates = lever.joined ? lever.candidates : lever.candidates.slice(-1);
      for (const candidate of candidates) {
        if (gained + candidate.gainMax + gainMaxOf(levers, index + 1, left - 1) <= bestGain) continue;
        const gain = realGain(lever, candidate, features);
        withValue(features, lever.feature, candidate.value, () =>
          search(index + 1, left - 1, gained + gain, distance + candidate.distance, [
            ...chosen,
            { lever, candidate },
          ]),
        );
      }
    }
  };
  search(0, PATH_STEPS_MAX, 0, 0, []);
  return best;
}

function realGain(lever: Lever, candidate: Candidate, features: Float32Array): number {
  return lever.joined ? gainOf(lever.terms, features, lever.feature, candidate.value) : candidate.gain;
}

/** The most that `count` levers from `from` on could gain: they are sorted by it. */
function gainMaxOf(levers: readonly Lever[], from: number, count: number): number {
  let sum = 0;
  for (let index = from; index < from + count; index += 1) sum += levers[index]?.gainMax ?? 0;
  return sum;
}

function suffixMaximum(levers: readonly Lever[]): Float64Array {
  const maximum = new Float64Array(levers.length);
  for (let index = levers.length - 1; index >= 0; index -= 1) {
    maximum[index] = Math.max(levers[index]?.efficiencyMax ?? 0, maximum[index + 1] ?? 0);
  }
  return maximum;
}

function withValue(features: Float32Array, feature: number, value: number, run: () => void): void {
  const before = features[feature] ?? Number.NaN;
  features[feature] = value;
  run();
  features[feature] = before;
}

/** Steps with their points, most worth first; points are those of each step after the ones before it. */
function inOrderOfGain(facts: PathFacts, changes: readonly Change[]): PathStep[] {
  const features = Float32Array.from(facts.features);
  const factor = pointsPerLogOdds(facts.scale);
  const left = [...changes];
  const steps: PathStep[] = [];
  while (left.length > 0) {
    const gains = left.map(({ lever, candidate }) =>
      gainOf(lever.terms, features, lever.feature, candidate.value),
    );
    const gain = Math.max(...gains);
    const [change] = left.splice(gains.indexOf(gain), 1);
    if (change === undefined) break;
    const { lever, candidate } = change;
    const explanation = facts.explanations[lever.feature];
    if (explanation === undefined || explanation.action === null) break;
    const from = features[lever.feature] ?? Number.NaN;
    features[lever.feature] = candidate.value;
    steps.push({
      feature: explanation.name,
      unit: explanation.unit,
      from: Number.isNaN(from) ? null : from,
      to: candidate.to,
      creditScoreGain: factor * gain,
      sentences: withTarget(explanation.action.improve, formatTarget(candidate.to, explanation.unit)),
    });
  }
  return steps;
}
