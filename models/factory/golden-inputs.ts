import { RandomStream } from '../simulator/random-stream.ts';
import type { Matrix } from './read-matrix.ts';

const MIXED_ROWS = 28;
const MISSING_SHARE = 0.15;

/**
 * Feature vectors to hold a model to, [32, F]: the medians, the least, the greatest, nothing known, and mixed
 * rows with gaps. Each value is drawn alone from its column, so none is an applicant; NaN is missing, never in
 * a column of `required` (places of features). Deterministic.
 */
export function goldenInputs(matrix: Pick<Matrix, 'rows' | 'features'>, required: ReadonlySet<number>) {
  const width = matrix.features.length / matrix.rows;
  const columns = Array.from({ length: width }, (_, place) => knownValues(matrix, place));
  const random = new RandomStream([width, 0x901d]);
  const at = (values: Float32Array, index: number) => values[index] ?? Number.NaN;
  const gap = (place: number) => !required.has(place) && random.uniform() < MISSING_SHARE;
  return [
    columns.map((values) => at(values, values.length >> 1)),
    columns.map((values) => at(values, 0)),
    columns.map((values) => at(values, values.length - 1)),
    columns.map((values, place) => (required.has(place) ? at(values, values.length >> 1) : Number.NaN)),
    ...Array.from({ length: MIXED_ROWS }, () =>
      columns.map((values, place) => (gap(place) ? Number.NaN : at(values, random.below(values.length)))),
    ),
  ];
}

/** Known values of a feature, ascending. */
export function knownValues(
  { rows, features }: Pick<Matrix, 'rows' | 'features'>,
  place: number,
  isOf: (row: number) => boolean = () => true,
): Float32Array {
  const width = features.length / rows;
  const values: number[] = [];
  for (let row = 0; row < rows; row += 1) {
    const value = features[row * width + place] ?? Number.NaN;
    if (!Number.isNaN(value) && isOf(row)) values.push(value);
  }
  return Float32Array.from(values).sort();
}
