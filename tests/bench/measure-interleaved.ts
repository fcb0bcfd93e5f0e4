/**
 * One thing to time. Each run does the same amount of work; what it returns is kept alive, so that the
 * engine cannot drop the work as useless. A promise is awaited, and waiting is part of the time.
 */
export interface Contestant<Name extends string> {
  readonly name: Name;
  readonly run: () => unknown;
}

export interface Effort {
  readonly rounds: number;
  /** Shortest round: far above the clock's grain and the scheduler's slice. */
  readonly roundMs: number;
  /** Per contestant, before anything is counted: compile, fill caches, grow arenas. */
  readonly warmUpMs: number;
}

export const fullEffort: Effort = { rounds: 21, roundMs: 60, warmUpMs: 400 };
/** Only proves that a benchmark runs; its times mean nothing. */
export const quickEffort: Effort = { rounds: 2, roundMs: 1, warmUpMs: 1 };

/** Over rounds. */
export interface Quartiles {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Milliseconds per run. */
export interface Timing {
  /** By the clock. */
  readonly elapsedMs: Quartiles;
  /**
   * Processor time of this process, all its threads. On an idle machine it is the time by the clock, or a
   * little more where the garbage collector works in parallel; on a busy one it leaves out the waiting for a
   * processor. The measure of work that waits for nothing else.
   */
  readonly processorMs: Quartiles;
  /** By the clock, each round's median of single runs: what one caller typically waits. */
  readonly callMs: Quartiles;
}

/** Single runs kept for the median of a round; more say nothing more. */
const CALLS_KEPT_MAX = 100_000;

/**
 * Time contestants against one another in rounds taken in turn: A B, B A, A B, …
 *
 * Why so: on a shared machine speed drifts by tens of percent within a minute (other processes, clock rate,
 * thermal limits). Timing all of A and then all of B would book that drift as a difference between them; in
 * turns it falls on both alike, and turning the order round keeps either from always running behind the
 * other's garbage. A median over rounds is unmoved by the few that a collection or another process hit,
 * where a mean is not; the quartiles beside it show how steady the machine was.
 */
export async function measureInterleaved<Name extends string>(
  contestants: readonly Contestant<Name>[],
  effort: Effort,
): Promise<Record<Name, Timing>> {
  const lanes: Lane<Name>[] = [];
  for (const { name, run } of contestants) {
    const { runs, elapsedMs } = await runFor(run, effort.warmUpMs, null);
    const runsPerRound = Math.max(1, Math.ceil((effort.roundMs * runs) / elapsedMs));
    const calls = new Float64Array(Math.min(runsPerRound, CALLS_KEPT_MAX));
    lanes.push({ name, run, runsPerRound, calls, elapsedMs: [], processorMs: [], callMs: [] });
  }
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const lane of round % 2 === 0 ? lanes : lanes.toReversed()) await oneRound(lane);
  }
  return Object.fromEntries(lanes.map((lane) => [lane.name, timingOf(lane)])) as Record<Name, Timing>;
}

interface Lane<Name extends string> extends Contestant<Name> {
  readonly runsPerRound: number;
  readonly calls: Float64Array;
  readonly elapsedMs: number[];
  readonly processorMs: number[];
  readonly callMs: number[];
}

async function oneRound(lane: Lane<string>): Promise<void> {
  const before = process.cpuUsage();
  const { runs, elapsedMs } = await runFor(lane.run, lane.runsPerRound, lane.calls);
  const { user, system } = process.cpuUsage(before);
  lane.elapsedMs.push(elapsedMs / runs);
  lane.processorMs.push((user + system) / 1_000 / runs);
  lane.callMs.push(quantile(lane.calls.toSorted(), 0.5));
}

/** What runs returned last: read by nobody, but the engine cannot know. */
const kept: { last: unknown } = { last: undefined };

/** Runs `limit` times when `calls` is given to be filled; else for `limit` milliseconds. */
async function runFor(
  run: () => unknown,
  limit: number,
  calls: Float64Array | null,
): Promise<{ runs: number; elapsedMs: number }> {
  const started = performance.now();
  let before = started;
  let runs = 0;
  do {
    const result = run();
    kept.last = result instanceof Promise ? await result : result;
    const after = performance.now();
    if (calls !== null && runs < calls.length) calls[runs] = after - before;
    before = after;
    runs += 1;
  } while (calls === null ? before - started < limit : runs < limit);
  return { runs, elapsedMs: before - started };
}

const timingOf = (lane: Lane<string>): Timing => ({
  elapsedMs: quartiles(lane.elapsedMs),
  processorMs: quartiles(lane.processorMs),
  callMs: quartiles(lane.callMs),
});

/** Raises RangeError of nothing. */
export function quartiles(samples: readonly number[]): Quartiles {
  if (samples.length === 0) throw new RangeError('no samples');
  const sorted = samples.toSorted((a, b) => a - b);
  return { low: quantile(sorted, 0.25), median: quantile(sorted, 0.5), high: quantile(sorted, 0.75) };
}

/** Linear between neighbours. `sorted` is ascending and not empty. */
function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
