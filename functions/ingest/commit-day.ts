import type { BusinessDate } from '../../shared/domain/calendar.ts';
import type { MergeOutcome, ReportedRow } from '../../shared/domain/day-bundle.ts';
import { type DayPart, holds, mergeIntoParts, type PartBounds } from '../../shared/domain/day-parts.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import type { Station } from '../../shared/domain/station.ts';
import type { DayBundleStore } from '../../shared/store/day-bundles.ts';
import { emptyDay, type StoredDay, type StoredPart } from '../../shared/store/stored-day.ts';
import { settleBounded } from './settle-bounded.ts';

export interface CommitDayDependencies {
  readonly bundles: Pick<DayBundleStore, 'readDay' | 'writeParts'>;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** 0 up to 1, for jitter alone. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Beyond which a day goes into parts. Default: what an item holds. */
  readonly partBounds?: PartBounds;
}

/** With full jitter over these waits, dozens of writers to one day all get through. */
const WRITE_ATTEMPTS_MAX = 10;
const BACKOFF_MS_FIRST = 8;
const BACKOFF_MS_MAX = 500;
const RETRY_AFTER_SECONDS = 2;
/** Parts of one busy day written at once. */
const PARTS_AT_ONCE_MAX = 8;

interface PendingRow {
  readonly index: number;
  readonly row: ReportedRow;
}

/**
 * Merge rows into one day and write it, until no other writer came between: outcomes in the order of the rows.
 * An ordinary day is one conditional put. Of a divided day each part is a put of its own; a reversal whose
 * transaction lies in another part is written to both in one transaction, after all others.
 */
export async function commitDay(
  tenantId: string,
  station: Station,
  day: BusinessDate,
  rows: readonly ReportedRow[],
  loaded: StoredDay | undefined,
  dependencies: CommitDayDependencies,
): Promise<readonly MergeOutcome[]> {
  const { bundles, random, sleep } = dependencies;
  const commit = new DayCommit(
    tenantId,
    station,
    loaded ?? emptyDay(day, station.currency),
    rows,
    dependencies,
  );
  for (let attempt = 1; ; attempt += 1) {
    await commit.tryPending();
    if (commit.pending.length === 0) return commit.outcomes;
    if (attempt === WRITE_ATTEMPTS_MAX) {
      throw new DomainError('too_many_requests', 'the day is being written by others: send it again', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    await sleep(random() * Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * 2 ** attempt));
    commit.held =
      (await bundles.readDay(tenantId, station.stationId, day)) ?? emptyDay(day, station.currency);
  }
}

interface Merge {
  readonly before: readonly StoredPart[];
  readonly after: readonly DayPart[];
  readonly pending: readonly PendingRow[];
  readonly outcomes: readonly MergeOutcome[];
}

class DayCommit {
  held: StoredDay;
  pending: readonly PendingRow[];
  readonly outcomes: MergeOutcome[];
  readonly #tenantId: string;
  readonly #station: Station;
  readonly #dependencies: CommitDayDependencies;

  constructor(
    tenantId: string,
    station: Station,
    held: StoredDay,
    rows: readonly ReportedRow[],
    dependencies: CommitDayDependencies,
  ) {
    this.held = held;
    this.pending = rows.map((row, index) => ({ row, index }));
    this.outcomes = new Array<MergeOutcome>(rows.length);
    this.#tenantId = tenantId;
    this.#station = station;
    this.#dependencies = dependencies;
  }

  /** Every pending row once. Those whose write met another writer's stay pending. */
  async tryPending(): Promise<void> {
    const conflicted: PendingRow[] = [];
    const tried = async (merge: Merge) => {
      if (!(await this.#write(merge))) conflicted.push(...merge.pending);
    };
    const { byPart, spanning } = this.#planned(this.pending);
    const merges = byPart.map(({ part, pending }) => this.#merge([part], pending));
    const isDivision = (merge: Merge) => merge.after.length > merge.before.length;
    await settleBounded(
      merges.filter((merge) => !isDivision(merge)),
      PARTS_AT_ONCE_MAX,
      tried,
    );
    // Each division changes the directory the next is based on.
    for (const merge of merges.filter(isDivision)) await tried(merge);

    let left: readonly PendingRow[] = spanning;
    for (let [next] = left; next !== undefined; [next] = left) {
      const { row } = next;
      const parts = this.held.parts.filter(({ prefix }) => holds(prefix, row));
      const isWithin = (other: ReportedRow) =>
        this.held.parts.every((part) => parts.includes(part) || !holds(part.prefix, other));
      const { within = [], beyond = [] } = Object.groupBy(left, (pending) =>
        isWithin(pending.row) ? 'within' : 'beyond',
      );
      await tried(this.#merge(parts, within));
      left = beyond;
    }
    this.pending = conflicted.sort((a, b) => a.index - b.index);
  }

  #planned(pending: readonly PendingRow[]) {
    const byPart = new Map<StoredPart, PendingRow[]>();
    const spanning: PendingRow[] = [];
    for (const entry of pending) {
      const [part, other] = this.held.parts.filter(({ prefix }) => holds(prefix, entry.row));
      if (part === undefined || other !== undefined) spanning.push(entry);
      else {
        const rows = byPart.get(part);
        if (rows === undefined) byPart.set(part, [entry]);
        else rows.push(entry);
      }
    }
    return { byPart: [...byPart].map(([part, rows]) => ({ part, pending: rows })), spanning };
  }

  #merge(before: readonly StoredPart[], pending: readonly PendingRow[]): Merge {
    const rows = pending.map(({ row }) => row);
    const { nowMs, partBounds } = this.#dependencies;
    const merged = mergeIntoParts(before, rows, nowMs(), partBounds);
    return { before, after: merged.parts, pending, outcomes: merged.outcomes };
  }

  async #write(merge: Merge): Promise<boolean> {
    if (merge.after !== merge.before) {
      const { bundles } = this.#dependencies;
      const { before, after } = merge;
      const written = await bundles.writeParts(this.#tenantId, this.#station, this.held, before, after);
      if (written === 'conflict') return false;
      // Other parts may have been written meanwhile: only what this write replaced is replaced.
      const others = this.held.parts.filter((part) => !before.includes(part));
      this.held = { ...this.held, ...written, parts: [...others, ...written.parts] };
    }
    for (const [position, { index }] of merge.pending.entries()) {
      const outcome = merge.outcomes[position];
      if (outcome !== undefined) this.outcomes[index] = outcome;
    }
    return true;
  }
}
