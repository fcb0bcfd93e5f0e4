import { defaultIngestBounds, transactionAdmission } from '../../shared/domain/admit-transaction.ts';
import { type BusinessDate, daysBetween } from '../../shared/domain/calendar.ts';
import {
  emptyBundle,
  type MergeOutcome,
  mergeIntoBundle,
  type ReportedRow,
} from '../../shared/domain/day-bundle.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import { transactionId } from '../../shared/domain/identifiers.ts';
import type { IngestRejection, TransactionOutcome } from '../../shared/domain/ingest-rejections.ts';
import type { Station } from '../../shared/domain/station.ts';
import { summarizeDay } from '../../shared/domain/summarize-day.ts';
import type { DayBundleStore, StoredBundle } from '../../shared/store/day-bundles.ts';
import type { StationStore } from '../../shared/store/stations.ts';
import { settleBounded } from './settle-bounded.ts';

export interface IngestInput {
  /** The station platform that reports. */
  readonly tenantId: string;
  readonly stationId: string;
  readonly transactions: readonly unknown[];
}

export interface IngestDependencies {
  readonly stations: Pick<StationStore, 'get'>;
  readonly bundles: Pick<DayBundleStore, 'get' | 'readBundles' | 'write'>;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** 0 up to 1, for jitter alone. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Days of one request written at once: enough to hide the latency of a write, few enough to spare the table. */
const DAYS_AT_ONCE_MAX = 16;
/** A day between two that are wanted costs half a read unit; a call of its own costs one, and a round trip. */
const RUN_GAP_DAYS_MAX = 2;
/** With full jitter over these waits, dozens of writers to one day all get through. */
const WRITE_ATTEMPTS_MAX = 10;
const BACKOFF_MS_FIRST = 8;
const BACKOFF_MS_MAX = 500;
const RETRY_AFTER_SECONDS = 2;

/**
 * Take what a station reports into its history. Each transaction is accepted, found a duplicate or rejected by
 * itself; outcomes come in the order of the input. What is answered is stored, and sending anything again
 * changes nothing. Raises DomainError `not_found` for a station the tenant does not have and `too_many_requests`
 * when other writers keep a day busy: the days that were written stay, and the whole may be sent again.
 */
export async function ingestTransactions(
  input: IngestInput,
  dependencies: IngestDependencies,
): Promise<readonly TransactionOutcome[]> {
  const { tenantId, stationId, transactions } = input;
  const station = await dependencies.stations.get(tenantId, stationId);
  if (station === undefined) throw new DomainError('not_found', 'no such station');

  const outcomes = new Array<TransactionOutcome>(transactions.length);
  const days = new Map<BusinessDate, ReportedDay>();
  const admit = transactionAdmission(station, dependencies.nowMs(), defaultIngestBounds);
  for (const [position, reported] of transactions.entries()) {
    const admission = admit(reported);
    if (!admission.admitted) {
      outcomes[position] = rejectedOutcome(reported, admission.rejection);
      continue;
    }
    let reportedDay = days.get(admission.day);
    if (reportedDay === undefined) {
      reportedDay = { day: admission.day, rows: [], positions: [] };
      days.set(admission.day, reportedDay);
    }
    reportedDay.rows.push(admission.row);
    reportedDay.positions.push(position);
  }

  const held = await loadDays(tenantId, stationId, [...days.keys()], dependencies);
  await settleBounded([...days.values()], DAYS_AT_ONCE_MAX, async ({ day, rows, positions }) => {
    const merged = await commitDay(tenantId, station, day, rows, held.get(day), dependencies);
    for (const [index, outcome] of merged.entries()) {
      const [position, row] = [positions[index], rows[index]];
      if (position === undefined || row === undefined) continue;
      outcomes[position] = { ...outcome, transactionId: row.transactionId };
    }
  });
  return outcomes;
}

interface ReportedDay {
  readonly day: BusinessDate;
  readonly rows: ReportedRow[];
  /** Where each row stood in the input. */
  readonly positions: number[];
}

/** What is held of some days: neighbours in one query, for a backfill of a month is one call and not thirty. */
async function loadDays(
  tenantId: string,
  stationId: string,
  days: readonly BusinessDate[],
  { bundles }: IngestDependencies,
): Promise<ReadonlyMap<BusinessDate, StoredBundle>> {
  const held = new Map<BusinessDate, StoredBundle>();
  await settleBounded(runsOfDays(days), DAYS_AT_ONCE_MAX, async ({ from, to }) => {
    for (const stored of await bundles.readBundles(tenantId, stationId, from, to)) {
      held.set(stored.bundle.day, stored);
    }
  });
  return held;
}

function runsOfDays(days: readonly BusinessDate[]): { from: BusinessDate; to: BusinessDate }[] {
  const runs: { from: BusinessDate; to: BusinessDate }[] = [];
  for (const day of [...days].sort()) {
    const run = runs.at(-1);
    if (run !== undefined && daysBetween(run.to, day) <= RUN_GAP_DAYS_MAX) run.to = day;
    else runs.push({ from: day, to: day });
  }
  return runs;
}

/** Merge and write one day until no other writer came between. */
async function commitDay(
  tenantId: string,
  station: Station,
  day: BusinessDate,
  rows: readonly ReportedRow[],
  loaded: StoredBundle | undefined,
  { bundles, nowMs, random, sleep }: IngestDependencies,
): Promise<readonly MergeOutcome[]> {
  let held = loaded;
  for (let attempt = 1; ; attempt += 1) {
    const before = held?.bundle ?? emptyBundle(day, station.currency);
    const { bundle, outcomes } = mergeIntoBundle(before, rows, nowMs());
    if (bundle === before) return outcomes;
    const summary = summarizeDay(bundle, station.timeZone);
    const written = await bundles.write(tenantId, station.stationId, bundle, summary, held?.version ?? 0);
    if (written === 'written') return outcomes;
    if (attempt === WRITE_ATTEMPTS_MAX) {
      throw new DomainError('too_many_requests', 'the day is being written by others: send it again', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    await sleep(random() * Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * 2 ** attempt));
    held = await bundles.get(tenantId, station.stationId, day);
  }
}

function rejectedOutcome(reported: unknown, rejection: IngestRejection): TransactionOutcome {
  const stated =
    typeof reported === 'object' && reported !== null && 'transactionId' in reported
      ? transactionId.safeParse(reported.transactionId)
      : undefined;
  return {
    status: 'rejected',
    ...rejection,
    ...(stated?.success === true ? { transactionId: stated.data } : {}),
  };
}
