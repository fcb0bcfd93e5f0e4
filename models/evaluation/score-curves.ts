import { rankByRisk } from './metrics.ts';

/** One threshold, riskiest first: who is caught and who is troubled above it. */
export interface CurvePoint {
  readonly score: number;
  /** Share of the defaulters at or above the risk. */
  readonly defaulted: number;
  /** Share of the others. */
  readonly repaid: number;
}

const POINTS_MAX = 300;

/**
 * The ROC curve, ties taken together, from (0, 0) to (1, 1), thinned to some three hundred points; the point of
 * the greatest distance (KS) is always kept. `risk` [N] is higher for riskier, `scores` [N] labels the points.
 */
export function rocCurve(
  risk: ArrayLike<number>,
  labels: ArrayLike<number>,
  scores: ArrayLike<number>,
): { readonly points: readonly CurvePoint[]; readonly greatest: CurvePoint } {
  const ranked = rankByRisk(risk);
  const at = (values: ArrayLike<number>, row: number) => values[row] ?? Number.NaN;
  const defaults = Array.from(labels).reduce((sum, label) => sum + label, 0);
  const others = labels.length - defaults;
  let [caught, troubled] = [0, 0];
  const start = { score: at(scores, ranked[0] ?? 0), defaulted: 0, repaid: 0 };
  const all: CurvePoint[] = [start];
  let greatest: CurvePoint = start;
  for (let place = 0; place < ranked.length; place += 1) {
    const row = ranked[place] ?? 0;
    if (at(labels, row) === 1) caught += 1;
    else troubled += 1;
    if (place + 1 < ranked.length && at(risk, ranked[place + 1] ?? 0) === at(risk, row)) continue;
    const point = { score: at(scores, row), defaulted: caught / defaults, repaid: troubled / others };
    all.push(point);
    if (point.defaulted - point.repaid > greatest.defaulted - greatest.repaid) greatest = point;
  }
  const every = Math.max(1, Math.ceil(all.length / POINTS_MAX));
  const points = all.filter(
    (point, index) => index % every === 0 || index === all.length - 1 || point === greatest,
  );
  return { points, greatest };
}

export interface ScoreBand {
  readonly from: number;
  readonly to: number;
  readonly defaulted: number;
  readonly repaid: number;
  readonly unknown: number;
}

/** How many of each outcome by band of credit score; bands are `width` points wide, on its multiples. */
export function scoreBands(scores: ArrayLike<number>, labels: ArrayLike<number>, width: number): ScoreBand[] {
  const bands = Map.groupBy(Array.from(scores).keys(), (row) => Math.floor((scores[row] ?? 0) / width));
  const [first, last] = [Math.min(...bands.keys()), Math.max(...bands.keys())];
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const rows = bands.get(first + index) ?? [];
    const count = (label: number) => rows.filter((row) => labels[row] === label).length;
    const [defaulted, repaid] = [count(1), count(0)];
    const from = (first + index) * width;
    return { from, to: from + width, defaulted, repaid, unknown: rows.length - defaulted - repaid };
  });
}
