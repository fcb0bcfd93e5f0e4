/**
 * How well probabilities of default rank and calibrate against outcomes. Every function takes `scores`
 * (higher is riskier) and `labels` (1 defaulted, 0 did not) of equal length N; `order` variants take row
 * indexes, so a bootstrap resample costs no copy.
 */

function assertPaired(scores: ArrayLike<number>, labels: ArrayLike<number>): void {
  if (scores.length !== labels.length)
    throw new RangeError(`${scores.length} scores, ${labels.length} labels`);
}

const at = (values: ArrayLike<number>, index: number): number => values[index] ?? Number.NaN;

/** Row indexes by descending score. Sorting once serves every resample. */
export function rankByRisk(scores: ArrayLike<number>): Uint32Array {
  return Uint32Array.from({ length: scores.length }, (_, index) => index).sort(
    (a, b) => at(scores, b) - at(scores, a),
  );
}

export interface Discrimination {
  /** Area under the ROC curve: P(score of a defaulter > score of another) + half of ties. NaN with one class. */
  readonly auc: number;
  /** Kolmogorov-Smirnov: the largest distance between the two classes' score distributions. */
  readonly ks: number;
}

/**
 * AUC and KS in one pass over rows ranked by descending score, row i counting `weights[i]` times (bootstrap
 * multiplicities; all ones when absent). Ties count half (Mann-Whitney).
 */
export function discrimination(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  ranked: ArrayLike<number>,
  weights?: ArrayLike<number>,
): Discrimination {
  assertPaired(scores, labels);
  let defaults = 0;
  let others = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const weight = weights === undefined ? 1 : at(weights, row);
    if (at(labels, row) === 1) defaults += weight;
    else others += weight;
  }
  if (defaults === 0 || others === 0) return { auc: Number.NaN, ks: Number.NaN };
  let area = 0;
  let ks = 0;
  let defaultsAbove = 0;
  let othersAbove = 0;
  let position = 0;
  while (position < ranked.length) {
    const score = at(scores, at(ranked, position));
    let tiedDefaults = 0;
    let tiedOthers = 0;
    while (position < ranked.length && at(scores, at(ranked, position)) === score) {
      const row = at(ranked, position);
      const weight = weights === undefined ? 1 : at(weights, row);
      if (at(labels, row) === 1) tiedDefaults += weight;
      else tiedOthers += weight;
      position += 1;
    }
    area += tiedOthers * (defaultsAbove + tiedDefaults / 2);
    defaultsAbove += tiedDefaults;
    othersAbove += tiedOthers;
    ks = Math.max(ks, Math.abs(defaultsAbove / defaults - othersAbove / others));
  }
  return { auc: area / (defaults * others), ks };
}

/** Mean squared error of the probabilities (Brier 1950). */
export function brierScore(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number {
  assertPaired(probabilities, labels);
  let sum = 0;
  let total = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const weight = weights === undefined ? 1 : at(weights, row);
    sum += weight * (at(probabilities, row) - at(labels, row)) ** 2;
    total += weight;
  }
  return sum / total;
}

export interface Interval {
  readonly value: number;
  /** 2.5th and 97.5th percentile over bootstrap resamples. */
  readonly low: number;
  readonly high: number;
}

export interface ModelMetrics {
  readonly auc: Interval;
  readonly ks: Interval;
  readonly brier: Interval;
}

/**
 * Multiplicities of bootstrap resamples, resampled within each class so that every resample has both
 * (stratified percentile bootstrap, Efron & Tibshirani 1993).
 */
export function* bootstrapWeights(
  labels: ArrayLike<number>,
  resamples: number,
  random: () => number,
): Generator<Uint16Array> {
  const classes: [number[], number[]] = [[], []];
  for (let row = 0; row < labels.length; row += 1)
    (at(labels, row) === 1 ? classes[1] : classes[0]).push(row);
  for (let resample = 0; resample < resamples; resample += 1) {
    const weights = new Uint16Array(labels.length);
    for (const rows of classes) {
      for (let draw = 0; draw < rows.length; draw += 1) {
        const row = rows[Math.floor(random() * rows.length)] ?? 0;
        weights[row] = (weights[row] ?? 0) + 1;
      }
    }
    yield weights;
  }
}

export function percentile(sorted: ArrayLike<number>, share: number): number {
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return at(sorted, below) + (position - below) * (at(sorted, above) - at(sorted, below));
}

function interval(value: number, resampled: number[]): Interval {
  const sorted = Float64Array.from(resampled).sort();
  return { value, low: percentile(sorted, 0.025), high: percentile(sorted, 0.975) };
}

export const BOOTSTRAP_RESAMPLES = 2_000;

/** AUC, KS and Brier with bootstrap intervals. `random` is uniform on [0, 1). */
export function modelMetrics(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  random: () => number,
  resamples: number = BOOTSTRAP_RESAMPLES,
): ModelMetrics {
  const ranked = rankByRisk(probabilities);
  const point = discrimination(probabilities, labels, ranked);
  const resampled = { auc: [] as number[], ks: [] as number[], brier: [] as number[] };
  for (const weights of bootstrapWeights(labels, resamples, random)) {
    const { auc, ks } = discrimination(probabilities, labels, ranked, weights);
    resampled.auc.push(auc);
    resampled.ks.push(ks);
    resampled.brier.push(brierScore(probabilities, labels, weights));
  }
  return {
    auc: interval(point.auc, resampled.auc),
    ks: interval(point.ks, resampled.ks),
    brier: interval(brierScore(probabilities, labels), resampled.brier),
  };
}

export interface CalibrationBand {
  readonly band: number;
  readonly rows: number;
  readonly defaults: number;
  readonly meanProbability: number;
  /** Default rate observed in the band, with its bootstrap interval. */
  readonly defaultRate: Interval;
}

/** Bands of equal size by ascending probability: what was said against what came. */
export function calibrationTable(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  random: () => number,
  bands = 10,
  resamples: number = BOOTSTRAP_RESAMPLES,
): CalibrationBand[] {
  assertPaired(probabilities, labels);
  const ascending = rankByRisk(probabilities).reverse();
  return Array.from({ length: bands }, (_, band) => {
    const rows = ascending.slice(
      Math.floor((band * ascending.length) / bands),
      Math.floor(((band + 1) * ascending.length) / bands),
    );
    const outcomes = Array.from(rows, (row) => at(labels, row));
    const defaults = outcomes.reduce((sum, outcome) => sum + outcome, 0);
    const rates = Array.from({ length: resamples }, () => {
      let drawn = 0;
      for (let draw = 0; draw < outcomes.length; draw += 1)
        drawn += at(outcomes, Math.floor(random() * outcomes.length));
      return drawn / outcomes.length;
    });
    return {
      band: band + 1,
      rows: rows.length,
      defaults,
      meanProbability: rows.reduce((sum, row) => sum + at(probabilities, row), 0) / rows.length,
      defaultRate: interval(defaults / rows.length, rates),
    };
  });
}

export interface GainsBand {
  /** Share of all rows, riskiest first, in (0, 1]. */
  readonly share: number;
  readonly rows: number;
  readonly defaults: number;
  /** Share of all defaults caught so far, with its bootstrap interval. */
  readonly captured: Interval;
  /** captured ÷ share: how many times better than chance. */
  readonly lift: number;
}

/** Cumulative gains: of the riskiest tenth, fifth, …, how many of all defaults are in it. */
export function gainsTable(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  random: () => number,
  bands = 10,
  resamples: number = BOOTSTRAP_RESAMPLES,
): GainsBand[] {
  assertPaired(probabilities, labels);
  const ranked = rankByRisk(probabilities);
  const cutoffs = Array.from({ length: bands }, (_, band) =>
    Math.floor(((band + 1) * ranked.length) / bands),
  );
  const captureOf = (weights?: ArrayLike<number>): number[] => {
    let total = 0;
    let rows = 0;
    for (let row = 0; row < labels.length; row += 1) {
      const weight = weights === undefined ? 1 : at(weights, row);
      rows += weight;
      total += weight * at(labels, row);
    }
    const shares: number[] = [];
    let caught = 0;
    let seen = 0;
    let band = 0;
    for (let position = 0; position < ranked.length; position += 1) {
      const row = at(ranked, position);
      const weight = weights === undefined ? 1 : at(weights, row);
      seen += weight;
      caught += weight * at(labels, row);
      while (band < bands && seen >= Math.floor(((band + 1) * rows) / bands)) {
        shares.push(caught / total);
        band += 1;
      }
    }
    return shares;
  };
  const point = captureOf();
  const resampled: number[][] = Array.from({ length: bands }, () => []);
  for (const weights of bootstrapWeights(labels, resamples, random)) {
    captureOf(weights).forEach((share, band) => {
      resampled[band]?.push(share);
    });
  }
  const totalDefaults = Array.from(labels).reduce((sum, label) => sum + label, 0);
  return cutoffs.map((rows, band) => {
    const captured = interval(at(point, band), resampled[band] ?? []);
    return {
      share: rows / ranked.length,
      rows,
      defaults: Math.round(captured.value * totalDefaults),
      captured,
      lift: captured.value / (rows / ranked.length),
    };
  });
}
