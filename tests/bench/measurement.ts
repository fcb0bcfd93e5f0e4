import Table from 'cli-table3';
import type { Quartiles } from './measure-interleaved.ts';

/** One line of the benchmark's JSON. */
export interface Measurement {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Name of the measurement of the same run that this is held against; null when there is none. */
  readonly baseline: string | null;
  /** How many times better than the baseline, whichever way is better; null without one. */
  readonly ratio: number | null;
}

/** A measurement as it is printed: with its quartiles where it was repeated. */
export interface ReportedMeasurement extends Measurement {
  readonly spread: readonly [low: number, high: number] | null;
}

type Measured = Omit<ReportedMeasurement, 'baseline' | 'ratio'>;

/** Work per second, by `perRun` units of work in each run. */
export function throughput(
  name: string,
  unit: `${string}/s`,
  { low, median, high }: Quartiles,
  perRun: number,
): Measured {
  const rate = (ms: number) => (perRun / ms) * 1_000;
  return { name, unit, value: rate(median), spread: [rate(high), rate(low)] };
}

export function latency(name: string, unit: 'µs' | 'ms', { low, median, high }: Quartiles): Measured {
  const scale = unit === 'µs' ? 1_000 : 1;
  return { name, unit, value: median * scale, spread: [low * scale, high * scale] };
}

/** Something counted, which does not vary from run to run. */
export const counted = (name: string, unit: string, value: number): Measured => ({
  name,
  unit,
  value,
  spread: null,
});

const moreIsBetter = (unit: string) => unit.endsWith('/s');

/** `measured` beside what it is to be compared with, if anything. Raises RangeError when units differ. */
export function against(measured: Measured, baseline: Measured | null = null): ReportedMeasurement {
  if (baseline === null) return { ...measured, baseline: null, ratio: null };
  if (baseline.unit !== measured.unit) {
    throw new RangeError(`${measured.name} in ${measured.unit} against ${baseline.unit}`);
  }
  const quotient = measured.value / baseline.value;
  return {
    ...measured,
    baseline: baseline.name,
    ratio: moreIsBetter(measured.unit) ? quotient : 1 / quotient,
  };
}

/** Without what only the printed table shows. */
export const measurementOf = ({ name, value, unit, baseline, ratio }: ReportedMeasurement): Measurement => ({
  name,
  value,
  unit,
  baseline,
  ratio,
});

export function measurementTable(measurements: readonly ReportedMeasurement[]): string {
  const table = new Table({
    head: ['measurement', 'median', 'unit', 'quartiles', 'times better', 'than'],
    colAligns: ['left', 'right', 'left', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, value, unit, spread, baseline, ratio } of measurements) {
    table.push([
      name,
      figure(value),
      unit,
      spread === null ? '' : spread.map(figure).join(' – '),
      ratio === null ? '' : `${figure(ratio)}×`,
      baseline ?? '',
    ]);
  }
  return table.toString();
}

const figure = (value: number) =>
  value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) >= 100 ? 0 : 2 });
