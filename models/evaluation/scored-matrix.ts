import { creditScore, type ScoredModel } from '../../shared/domain/credit-score.ts';
import type { Matrix } from '../factory/read-matrix.ts';

/** A matrix with a model's answers; all arrays are [rows]. */
export interface ScoredMatrix {
  readonly matrix: Matrix;
  readonly probabilities: Float64Array;
  /** Of default, clipped where the probability is 0 or 1 in float32. */
  readonly logOdds: Float64Array;
  readonly creditScores: Float64Array;
  /** Rows whose outcome is known, in order. */
  readonly known: Uint32Array;
}

/** A model of any kind, as much of it as rows are scored by. */
export interface RowScorer {
  readonly model: Pick<ScoredModel, 'scoreScale'>;
  readonly scoreBlock: (
    features: Float32Array,
    rows: number,
  ) => Promise<{ readonly probabilityOfDefault: Float32Array }>;
}

const PROBABILITY_MARGIN = 1e-7;

/** Score every row as the scorer that decides does. Raises DomainError `invalid_feature` on a row it refuses. */
export async function scoreMatrix(scorer: RowScorer, matrix: Matrix): Promise<ScoredMatrix> {
  const { probabilityOfDefault } = await scorer.scoreBlock(matrix.features, matrix.rows);
  const probabilities = Float64Array.from(probabilityOfDefault);
  const logOdds = probabilities.map((probability) => {
    const inside = Math.min(1 - PROBABILITY_MARGIN, Math.max(PROBABILITY_MARGIN, probability));
    return Math.log(inside / (1 - inside));
  });
  return {
    matrix,
    probabilities,
    logOdds,
    creditScores: logOdds.map((value) => creditScore(scorer.model.scoreScale, value)),
    known: Uint32Array.from(
      matrix.labels.keys().filter((row) => !Number.isNaN(matrix.labels[row] ?? Number.NaN)),
    ),
  };
}

/** The values of some rows. */
export function pick(values: ArrayLike<number>, rows: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: rows.length }, (_, index) => values[rows[index] ?? -1] ?? Number.NaN);
}
