import type { Reason, TermPoints } from './decision.ts';
import type { FeatureExplanation } from './feature-explanation.ts';

/** Regulation B's commentary (12 CFR 1002.9(b)(2)) deems more than four reasons unhelpful. */
export const REASONS_MAX = 4;
/** Less than half a point rounds to none: nobody is told that something cost them nothing. */
export const POINTS_LOST_MIN = 0.5;

export interface FeaturePoints {
  readonly feature: string;
  /** Credit score points against the reference; negative hurts. */
  readonly points: number;
}

/**
 * Credit score points by feature against the reference applicant. An interaction's points go in equal parts
 * to its members: its Shapley value, since neither member brings any of it without the other. Points are
 * conserved: the sum over features is the sum over terms.
 */
export function pointsByFeature(terms: readonly TermPoints[]): FeaturePoints[] {
  const points = new Map<string, number>();
  for (const term of terms) {
    for (const feature of term.features) {
      points.set(feature, (points.get(feature) ?? 0) + term.points / term.features.length);
    }
  }
  return [...points].map(([feature, sum]) => ({ feature, points: sum }));
}

/**
 * The features that cost the applicant the most points against the reference, most costly first, at most
 * `count`, each once; none that cost less than half a point. Ties keep the order of the model's terms.
 */
export function adverseActionReasonCodes(
  terms: readonly TermPoints[],
  explanations: readonly FeatureExplanation[],
  count = REASONS_MAX,
): Reason[] {
  const byName = new Map(explanations.map((explanation) => [explanation.name, explanation]));
  return pointsByFeature(terms)
    .filter(({ points }) => points <= -POINTS_LOST_MIN)
    .sort((left, right) => left.points - right.points)
    .slice(0, count)
    .map(({ feature }) => {
      const explanation = byName.get(feature);
      if (explanation === undefined) throw new RangeError(`no explanation for feature ${feature}`);
      return { code: feature, sentences: explanation.hurts };
    });
}
