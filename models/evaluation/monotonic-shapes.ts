import { binOf, type ShapeModel, type ShapeTerm } from '../../shared/domain/shape-model.ts';

/** Float32 leaves: a step may be this much the wrong way without anyone's log-odds being so. */
const TOLERANCE = 1e-6;

export interface MonotonicityBreach {
  readonly feature: string;
  /** Crossing this value moves the log-odds the wrong way by up to `by`. */
  readonly at: number;
  readonly by: number;
}

/**
 * Whether risk ever moves against a feature's direction: at every cut of every term the feature is in, the step
 * of its main effect plus, of each pair, the step at the partner's worst bin (missing too), partners being
 * independent of one another. Returns each feature's worst breach; none when the model is monotonic.
 */
export function monotonicityBreaches(
  model: ShapeModel,
  features: readonly {
    readonly name: string;
    readonly riskDirection: 'increasing' | 'decreasing' | 'none';
  }[],
): MonotonicityBreach[] {
  return features.flatMap(({ name, riskDirection }, feature) => {
    if (riskDirection === 'none') return [];
    const sign = riskDirection === 'increasing' ? 1 : -1;
    const terms = model.terms.filter((term) => term.features.includes(feature));
    const cuts = new Set(terms.flatMap((term) => [...(term.cuts[term.features.indexOf(feature)] ?? [])]));
    let worst: MonotonicityBreach | undefined;
    for (const cut of cuts) {
      const step = terms.reduce((sum, term) => sum + worstStep(term, feature, cut, sign), 0);
      if (step < -TOLERANCE && -step > (worst?.by ?? 0)) worst = { feature: name, at: cut, by: -step };
    }
    return worst === undefined ? [] : [worst];
  });
}

/** The least of sign × (value at the cut − value just below it), over the bins of the other feature if any. */
function worstStep(term: ShapeTerm, feature: number, cut: number, sign: number): number {
  const member = term.features.indexOf(feature);
  const own = term.cuts[member];
  if (own === undefined || !own.includes(cut)) return 0;
  const above = binOf(own, cut);
  const others = member === 0 ? term.columns : (term.cuts[0]?.length ?? 0) + 2;
  let least = Number.POSITIVE_INFINITY;
  for (let other = 0; other < others; other += 1) {
    const cell = (bin: number) => (member === 0 ? bin * term.columns + other : other * term.columns + bin);
    const step = (term.table[cell(above)] ?? Number.NaN) - (term.table[cell(above - 1)] ?? Number.NaN);
    least = Math.min(least, sign * step);
  }
  return least;
}
