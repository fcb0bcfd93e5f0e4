import type { ClassifierScorer } from '../../shared/scoring/classifier-scorer.ts';
import type { Matrix } from '../factory/read-matrix.ts';

/** How a classifier without terms comes to its scores, by baseline substitution. */
export interface SubstitutionSummary {
  readonly rows: number;
  /** Mean of |contribution| to the log-odds, largest first. */
  readonly features: readonly { readonly feature: string; readonly meanSize: number }[];
  /** Mean of |remainder|: what the substitutions leave unexplained. */
  readonly remainder: number;
  /** Mean distance of the log-odds from those of the reference values, to compare it with. */
  readonly distance: number;
}

/** A row costs one run of F + 1 rows. */
const ROWS_MAX = 500;

/** On at most 500 rows spread over the matrix. */
export async function substitutionSummary(
  scorer: Pick<ClassifierScorer, 'scoreOne' | 'model'>,
  matrix: Matrix,
): Promise<SubstitutionSummary> {
  const names = scorer.model.features;
  const sizes = new Float64Array(names.length);
  let [rows, remainders, distances] = [0, 0, 0];
  const step = Math.max(1, matrix.rows / ROWS_MAX);
  for (let place = 0; place < matrix.rows; place += step) {
    const start = Math.floor(place) * names.length;
    const { contributions, remainder, logOdds, referenceLogOdds } = await scorer.scoreOne(
      matrix.features.slice(start, start + names.length),
    );
    for (const [index, value] of contributions.entries())
      sizes[index] = (sizes[index] ?? 0) + Math.abs(value);
    remainders += Math.abs(remainder);
    distances += Math.abs(logOdds - referenceLogOdds);
    rows += 1;
  }
  return {
    rows,
    features: names
      .map((feature, index) => ({ feature, meanSize: (sizes[index] ?? 0) / rows }))
      .sort((a, b) => b.meanSize - a.meanSize),
    remainder: remainders / rows,
    distance: distances / rows,
  };
}
