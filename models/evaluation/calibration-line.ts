import type { Interval } from './metrics.ts';

/** Default log-odds as they came, as a line of the log-odds that were said. Perfect is slope 1, intercept 0. */
export interface CalibrationLine {
  readonly slope: Interval;
  readonly intercept: Interval;
}

const STEPS_MAX = 50;
const NORMAL_975 = 1.959_963_985;

/**
 * Logistic regression of outcomes on the model's log-odds (Cox 1958, Biometrika 45), by Newton's method, with
 * 95 % Wald intervals. NaN where it has no finite answer: one class alone, or classes the log-odds separate.
 */
export function calibrationLine(logOdds: ArrayLike<number>, labels: ArrayLike<number>): CalibrationLine {
  let [slope, intercept] = [1, 0];
  for (let step = 0; step < STEPS_MAX; step += 1) {
    const { gradient, information } = derivatives(logOdds, labels, slope, intercept);
    const [ii, is, ss] = information;
    const determinant = ii * ss - is * is;
    const stepIntercept = (ss * gradient[0] - is * gradient[1]) / determinant;
    const stepSlope = (ii * gradient[1] - is * gradient[0]) / determinant;
    if (!Number.isFinite(stepIntercept) || !Number.isFinite(stepSlope)) break;
    intercept += stepIntercept;
    slope += stepSlope;
    if (Math.abs(stepIntercept) + Math.abs(stepSlope) > 1e-10) continue;
    const around = (value: number, variance: number): Interval => {
      const margin = NORMAL_975 * Math.sqrt(variance);
      return { value, low: value - margin, high: value + margin };
    };
    return { slope: around(slope, ii / determinant), intercept: around(intercept, ss / determinant) };
  }
  const unknown = { value: Number.NaN, low: Number.NaN, high: Number.NaN };
  return { slope: unknown, intercept: unknown };
}

function derivatives(
  logOdds: ArrayLike<number>,
  labels: ArrayLike<number>,
  slope: number,
  intercept: number,
) {
  const gradient: [number, number] = [0, 0];
  const information: [number, number, number] = [0, 0, 0];
  for (let row = 0; row < labels.length; row += 1) {
    const said = logOdds[row] ?? Number.NaN;
    const probability = 1 / (1 + Math.exp(-(intercept + slope * said)));
    const error = (labels[row] ?? Number.NaN) - probability;
    const weight = probability * (1 - probability);
    gradient[0] += error;
    gradient[1] += error * said;
    information[0] += weight;
    information[1] += weight * said;
    information[2] += weight * said * said;
  }
  return { gradient, information };
}
