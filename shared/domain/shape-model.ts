/** The shape function of one feature: a score per bin, and one for missing. Calibrated log-odds of default. */
export interface MainShape {
  readonly features: readonly [number];
  readonly cuts: readonly [readonly number[]];
  /** One more than cuts. */
  readonly scores: readonly number[];
  readonly missing: number;
}

/** The shape function of two features together. */
export interface PairShape {
  readonly features: readonly [number, number];
  readonly cuts: readonly [readonly number[], readonly number[]];
  /** Row-major, a row per bin of the first feature. */
  readonly scores: readonly number[];
  readonly missing: {
    /** First missing, by bin of the second. */
    readonly first: readonly number[];
    /** Second missing, by bin of the first. */
    readonly second: readonly number[];
    readonly both: number;
  };
}

export type Shape = MainShape | PairShape;

/** One piecewise-constant term as a table of bins; the last row and column are for missing. */
export interface ShapeTerm {
  /** Feature indexes; a main effect has one. */
  readonly features: readonly number[];
  readonly cuts: readonly Float64Array[];
  /** Bins of the second feature, missing included; 1 for a main effect. */
  readonly columns: number;
  readonly table: Float64Array;
}

/**
 * The scoring model as plain shape functions: the same numbers as the leaves of the ONNX, for what the ONNX
 * cannot do, such as asking what a change would be worth.
 */
export interface ShapeModel {
  readonly intercept: number;
  readonly terms: readonly ShapeTerm[];
}

/** Raises RangeError when a table's size doesn't fit its cuts. */
export function shapeModelOf(intercept: number, shapes: readonly Shape[]): ShapeModel {
  return { intercept, terms: shapes.map(shapeTermOf) };
}

function shapeTermOf(shape: Shape, index: number): ShapeTerm {
  const [first, second] = shape.cuts;
  const cuts = [Float64Array.from(first), ...(second === undefined ? [] : [Float64Array.from(second)])];
  const rows = first.length + 1;
  if (typeof shape.missing === 'number') {
    requireLength(index, 'scores', shape.scores, rows);
    return {
      features: shape.features,
      cuts,
      columns: 1,
      table: Float64Array.from([...shape.scores, shape.missing]),
    };
  }
  const knownColumns = (second?.length ?? 0) + 1;
  requireLength(index, 'scores', shape.scores, rows * knownColumns);
  requireLength(index, 'missing.first', shape.missing.first, knownColumns);
  requireLength(index, 'missing.second', shape.missing.second, rows);
  const { missing } = shape;
  const table = Array.from({ length: rows }, (_, row) => [
    ...shape.scores.slice(row * knownColumns, (row + 1) * knownColumns),
    missing.second[row] ?? 0,
  ]);
  return {
    features: shape.features,
    cuts,
    columns: knownColumns + 1,
    table: Float64Array.from([...table.flat(), ...missing.first, missing.both]),
  };
}

function requireLength(term: number, what: string, values: readonly number[], length: number): void {
  if (values.length !== length) {
    throw new RangeError(`terms.${term}.${what}: ${values.length} values where the cuts need ${length}`);
  }
}

/** Number of cuts at or below the value: its bin. NaN is missing: the bin after the last. */
export function binOf(cuts: Float64Array, value: number): number {
  if (Number.isNaN(value)) return cuts.length + 1;
  let low = 0;
  let high = cuts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value >= (cuts[middle] ?? Number.POSITIVE_INFINITY)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A term's contribution for a feature vector [F] of float32 values. */
export function termContribution(term: ShapeTerm, features: ArrayLike<number>): number {
  let cell = 0;
  for (let member = 0; member < term.features.length; member += 1) {
    const cuts = term.cuts[member];
    const feature = term.features[member];
    if (cuts === undefined || feature === undefined) break;
    const bin = binOf(cuts, features[feature] ?? Number.NaN);
    cell = member === 0 ? bin * term.columns : cell + bin;
  }
  return term.table[cell] ?? Number.NaN;
}

/** Contributions [T] and log-odds of a feature vector [F]. */
export function evaluateShapes(
  model: ShapeModel,
  features: ArrayLike<number>,
): { logOdds: number; contributions: Float64Array } {
  const contributions = new Float64Array(model.terms.length);
  let logOdds = model.intercept;
  for (const [index, term] of model.terms.entries()) {
    const contribution = termContribution(term, features);
    contributions[index] = contribution;
    logOdds += contribution;
  }
  return { logOdds, contributions };
}
