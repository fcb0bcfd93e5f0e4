import type { FeatureExplanation } from './feature-explanation.ts';
import { binOf, type ShapeModel, type ShapeTerm, termContribution } from './shape-model.ts';

/** One value a feature could be brought to: the nearest of its bin that a person can aim for. */
export interface Candidate {
  /** In the feature's unit, a multiple of its step. */
  readonly to: number;
  /** `to` as float32, as the model sees it. */
  readonly value: number;
  /** Share of the way to the furthest plausible value: what it asks of the applicant, alike for all features. */
  readonly distance: number;
  /** Fall in log-odds of default, all other features as they are. */
  readonly gain: number;
  /** At least the fall in log-odds whatever the other features are brought to. */
  readonly gainMax: number;
}

/** A feature that can be acted on and what that could be worth. */
export interface Lever {
  readonly feature: number;
  readonly terms: readonly ShapeTerm[];
  /** By distance. Of a lever that shares no term with another, each gains more than all that are nearer. */
  readonly candidates: readonly Candidate[];
  /** True when a term joins it to another lever, so that gains depend on both. */
  readonly joined: boolean;
  readonly gainMax: number;
  /** Most gain per distance. */
  readonly efficiencyMax: number;
}

/**
 * The levers of a feature vector [F], most gain first. Explanations are in feature order. A missing value is
 * no lever: how far one can go is only known from somewhere.
 */
export function leversOf(
  model: ShapeModel,
  features: Float32Array,
  explanations: readonly FeatureExplanation[],
): Lever[] {
  const movable = new Set(
    [...explanations.keys()].filter((feature) => isMovable(explanations[feature], features[feature])),
  );
  return explanations
    .flatMap((explanation, feature) => {
      if (!movable.has(feature)) return [];
      const terms = model.terms.filter((term) => term.features.includes(feature));
      const joining = terms.filter((term) =>
        term.features.some((other) => other !== feature && movable.has(other)),
      );
      const alone = terms.filter((term) => !joining.includes(term));
      const joinedGainMax = joining.reduce(
        (sum, term) => sum + Math.max(...term.table) - Math.min(...term.table),
        0,
      );
      const candidates = reachableValues(terms, feature, features[feature] ?? Number.NaN, explanation)
        .map(({ to, value, distance }): Candidate => {
          const gain = gainOf(terms, features, feature, value);
          const gainMax =
            joining.length === 0 ? gain : gainOf(alone, features, feature, value) + joinedGainMax;
          return { to, value, distance, gain, gainMax };
        })
        .filter((candidate) => candidate.gainMax > 0)
        .sort((left, right) => left.distance - right.distance || right.gain - left.gain);
      const kept = joining.length === 0 ? withoutDominated(candidates) : candidates;
      if (kept.length === 0) return [];
      const lever: Lever = {
        feature,
        terms,
        candidates: kept,
        joined: joining.length > 0,
        gainMax: Math.max(...kept.map((candidate) => candidate.gainMax)),
        efficiencyMax: Math.max(...kept.map((candidate) => candidate.gainMax / candidate.distance)),
      };
      return [lever];
    })
    .sort((left, right) => right.gainMax - left.gainMax || left.feature - right.feature);
}

/** Fall in log-odds when one feature of the vector takes another value. */
export function gainOf(
  terms: readonly ShapeTerm[],
  features: Float32Array,
  feature: number,
  value: number,
): number {
  const before = features[feature] ?? Number.NaN;
  let gain = 0;
  for (const term of terms) gain += termContribution(term, features);
  features[feature] = value;
  for (const term of terms) gain -= termContribution(term, features);
  features[feature] = before;
  return gain;
}

function withoutDominated(byDistance: readonly Candidate[]): Candidate[] {
  let best = 0;
  return byDistance.filter((candidate) => {
    if (candidate.gain <= best) return false;
    best = candidate.gain;
    return true;
  });
}

function isMovable(explanation: FeatureExplanation | undefined, current: number | undefined): boolean {
  return (
    explanation !== undefined &&
    explanation.action !== null &&
    explanation.riskDirection !== 'none' &&
    current !== undefined &&
    !Number.isNaN(current)
  );
}

/**
 * The nearest value of every bin on the side of less risk, as far as is plausible: upward the cut itself,
 * downward just under it, both at the next whole step.
 */
function reachableValues(
  terms: readonly ShapeTerm[],
  feature: number,
  current: number,
  explanation: FeatureExplanation,
): { to: number; value: number; distance: number }[] {
  const { action, riskDirection, minimum, maximum } = explanation;
  if (action === null) return [];
  const upward = riskDirection === 'decreasing';
  const furthest = Math.min(maximum, Math.max(minimum, action.reachable(current)));
  const cuts = new Set(terms.flatMap((term) => [...(term.cuts[term.features.indexOf(feature)] ?? [])]));
  const values = new Map<number, { to: number; value: number; distance: number }>();
  for (const cut of cuts) {
    if (upward !== current < cut) continue;
    const to = upward ? multipleAtLeast(cut, action.step) : multipleBelow(cut, action.step);
    if (upward ? to > furthest : to < furthest) continue;
    values.set(to, {
      to,
      value: Math.fround(to),
      distance: Math.abs(to - current) / Math.abs(furthest - current),
    });
  }
  return [...values.values()];
}

function multipleAtLeast(cut: number, step: number): number {
  for (let count = Math.ceil(cut / step) - 1; ; count += 1) {
    const multiple = multipleOf(step, count);
    if (binOf(Float64Array.of(cut), Math.fround(multiple)) === 1) return multiple;
  }
}

function multipleBelow(cut: number, step: number): number {
  for (let count = Math.ceil(cut / step) + 1; ; count -= 1) {
    const multiple = multipleOf(step, count);
    if (binOf(Float64Array.of(cut), Math.fround(multiple)) === 0) return multiple;
  }
}

/** count × step, without the binary tail: 3 × 0.1 is 0.3. */
function multipleOf(step: number, count: number): number {
  return Number((count * step).toPrecision(12));
}
