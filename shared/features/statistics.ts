/**
 * Growth between two periods, −2 (stopped) to 2 (begun), 0 unchanged; NaN when both are 0. Symmetric and
 * bounded, so a start from nothing needs no special case. Davis, Haltiwanger and Schuh, Job Creation and
 * Destruction, 1996. `current` and `previous` are not negative.
 */
export function growthRate(current: number, previous: number): number {
  return (2 * (current - previous)) / (current + previous);
}

/** Arithmetic mean; NaN of nothing. */
export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Population standard deviation; NaN of nothing. */
export function standardDeviation(values: readonly number[]): number {
  const center = mean(values);
  let squares = 0;
  for (const value of values) squares += (value - center) ** 2;
  return Math.sqrt(squares / values.length);
}

/** Standard deviation over the mean of values that are not negative; NaN when all are 0. */
export function coefficientOfVariation(values: readonly number[]): number {
  const center = mean(values);
  return center > 0 ? standardDeviation(values) / center : Number.NaN;
}
