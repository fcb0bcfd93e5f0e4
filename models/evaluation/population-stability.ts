import { binOf } from '../../shared/domain/shape-model.ts';

/** Where a population is said to have moved (Siddiqi 2006): below it is stable, from 0.25 on another population. */
export const PSI_WATCH = 0.1;
export const PSI_ALARM = 0.25;

/** Where no row fell, half a row: the index stays finite, and small samples say little. */
const EMPTY_ROWS = 0.5;

/**
 * Population stability index, Σ (a − e) ln(a / e) over bins, of two counts by bin. NaN when one of them is
 * empty as a whole.
 */
export function populationStabilityIndex(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  if (expected.length !== actual.length) throw new RangeError('expected and actual must have the same bins');
  const shares = (counts: ArrayLike<number>) => {
    const filled = Array.from(counts, (count) => (count === 0 ? EMPTY_ROWS : count));
    const total = Array.from(counts).reduce((sum, count) => sum + count, 0);
    return total === 0 ? filled.map(() => Number.NaN) : filled.map((count) => count / total);
  };
  const [e, a] = [shares(expected), shares(actual)];
  return e.reduce((sum, share, bin) => {
    if ((expected[bin] ?? 0) === 0 && (actual[bin] ?? 0) === 0) return sum;
    const other = a[bin] ?? Number.NaN;
    return sum + (other - share) * Math.log(other / share);
  }, 0);
}

/** What index two samples of one population have by chance, about: (bins − 1)(1/n + 1/m) (Yurdakul 2018). */
export function chancePsi(bins: number, expectedRows: number, actualRows: number): number {
  return (bins - 1) * (1 / expectedRows + 1 / actualRows);
}

/** A number's distribution over a few bins, the last of which is for missing. */
export interface ReferenceBins {
  readonly cuts: Float64Array;
  /** One more than cuts, and one for missing. */
  readonly counts: Float64Array;
}

const BINS_MAX = 10;

/**
 * At most ten bins of about equal size from a finer count by bin (`density` of a shape function: one more than
 * cuts, then missing).
 */
export function coarseBins(cuts: ArrayLike<number>, density: ArrayLike<number>): ReferenceBins {
  const known = Array.from(density).slice(0, cuts.length + 1);
  const total = known.reduce((sum, count) => sum + count, 0);
  const kept: number[] = [];
  const counts: number[] = [];
  let held = 0;
  for (const [bin, count] of known.entries()) {
    held += count;
    const cut = cuts[bin];
    if (cut === undefined || held < total / BINS_MAX) continue;
    kept.push(cut);
    counts.push(held);
    held = 0;
  }
  counts.push(held);
  return {
    cuts: Float64Array.from(kept),
    counts: Float64Array.from([...counts, density[cuts.length + 1] ?? 0]),
  };
}

/** How many values fall into each bin; NaN into the last. */
export function countByBin(cuts: Float64Array, values: Iterable<number>): Float64Array {
  const counts = new Float64Array(cuts.length + 2);
  for (const value of values) {
    const bin = binOf(cuts, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}
