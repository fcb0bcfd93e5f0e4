/** Two models on the same rows. */
export interface PairedAucTest {
  /** AUC of the second minus AUC of the first. */
  readonly difference: number;
  readonly standardError: number;
  /** 95 % interval of the difference. */
  readonly low: number;
  readonly high: number;
  /** Of the first model's AUC being no higher than the second's: small when the second is worse. */
  readonly pWorse: number;
}

const NORMAL_975 = 1.959_963_985;

/**
 * Paired test of two AUCs on the same rows (DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44; by midranks as
 * Sun and Xu 2014, O(N log N)). `first` and `second` are [N] scores, higher riskier; `labels` [N] of 0 and 1. NaN
 * with one class alone; with equal scores the difference and its error are 0 and `pWorse` is 1.
 */
export function pairedAucTest(
  first: ArrayLike<number>,
  second: ArrayLike<number>,
  labels: ArrayLike<number>,
): PairedAucTest {
  const a = placements(first, labels);
  const b = placements(second, labels);
  const difference = b.auc - a.auc;
  const variance =
    differenceVariance(a.defaulted, b.defaulted) / a.defaulted.length +
    differenceVariance(a.repaid, b.repaid) / a.repaid.length;
  const standardError = Math.sqrt(Math.max(0, variance));
  const pWorse = standardError === 0 ? Number(difference >= 0) : normalCumulative(difference / standardError);
  return {
    difference,
    standardError,
    low: difference - NORMAL_975 * standardError,
    high: difference + NORMAL_975 * standardError,
    pWorse,
  };
}

interface Placements {
  readonly auc: number;
  /** For each defaulter, the share of the others it outranks. */
  readonly defaulted: Float64Array;
  /** For each other, the share of the defaulters that outrank it. */
  readonly repaid: Float64Array;
}

function placements(scores: ArrayLike<number>, labels: ArrayLike<number>): Placements {
  const of = (label: number) =>
    Float64Array.from(scores).filter((_, row) => (labels[row] ?? Number.NaN) === label);
  const [high, low] = [of(1), of(0)];
  const all = midranks(Float64Array.from([...high, ...low]));
  const [amongHigh, amongLow] = [midranks(high), midranks(low)];
  const defaulted = high.map((_, index) => ((all[index] ?? 0) - (amongHigh[index] ?? 0)) / low.length);
  const repaid = low.map(
    (_, index) => 1 - ((all[high.length + index] ?? 0) - (amongLow[index] ?? 0)) / high.length,
  );
  return { auc: defaulted.reduce((sum, value) => sum + value, 0) / high.length, defaulted, repaid };
}

/** Ranks from 1, ties given their mean. */
function midranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Float64Array(values.length);
  let from = 0;
  while (from < order.length) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1] ?? 0] === values[order[from] ?? 0]) to += 1;
    for (let place = from; place <= to; place += 1) ranks[order[place] ?? 0] = (from + to) / 2 + 1;
    from = to + 1;
  }
  return ranks;
}

/** Sample variance of b − a. */
function differenceVariance(a: Float64Array, b: Float64Array): number {
  const differences = a.map((value, index) => (b[index] ?? Number.NaN) - value);
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  return differences.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (differences.length - 1);
}

/** Φ, to about 1e-7 (Abramowitz and Stegun 7.1.26). */
export function normalCumulative(z: number): number {
  const t = 1 / (1 + 0.327_591_1 * (Math.abs(z) / Math.SQRT2));
  const tail =
    t *
    (0.254_829_592 + t * (-0.284_496_736 + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429)))) *
    Math.exp((-z * z) / 2);
  return z >= 0 ? 1 - tail / 2 : tail / 2;
}
