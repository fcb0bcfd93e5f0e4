import type { Effort } from './measure-interleaved.ts';
import type { ReportedMeasurement } from './measurement.ts';

export interface BenchOptions {
  readonly effort: Effort;
  /** Sizes are cut to the bone too: for the test that the benchmark runs at all. */
  readonly quick: boolean;
  /** Holds registry.json and the models it names. */
  readonly modelsDirectory: string;
}

/** Measurements that share a set-up, and are chosen by one name. */
export interface BenchGroup {
  readonly name: string;
  /** Takes minutes: only runs when it is named. */
  readonly isOnRequest?: true;
  readonly run: (options: BenchOptions) => Promise<readonly ReportedMeasurement[]>;
}
