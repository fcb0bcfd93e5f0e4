import { defaultIngestBounds, transactionAdmission } from '../../shared/domain/admit-transaction.ts';
import { type BusinessDate, daysBetween } from '../../shared/domain/calendar.ts';
import type { ReportedRow } from '../../shared/domain/day-bundle.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import { transactionId } from '../../shared/domain/identifiers.ts';
import type { IngestRejection, TransactionOutcome } from '../../shared/domain/ingest-rejections.ts';
import type { DayBundleStore } from '../../shared/store/day-bundles.ts';
import type { IngestCountsStore } from '../../shared/store/ingest-counts.ts';
import type { StationStore } from '../../shared/store/stations.ts';
import type { StoredDay } from '../../shared/store/stored-day.ts';
import { type CommitDayDependencies, commitDay } from './commit-day.ts';
import { type IngestMeter, ingestRecord } from './ingest-metrics.ts';
import { settleBounded } from './settle-bounded.ts';

export interface IngestInput {
  /** The station platform that reports. */
  readonly tenantId: string;
  readonly stationId: string;
  readonly transactions: readonly unknown[];
}

export interface IngestDependencies extends CommitDayDependencies {
  readonly stations: Pick<StationStore, 'get'>;
  readonly bundles: Pick<DayBundleStore, 'readDay' | 'readDays' | 'writeParts'>;
  /** Told of every call that was answered. */
  readonly meter?: IngestMeter;
  /** Keeps count of what changed nothing; a report without duplicates and rejects never touches it. */
  readonly counts?: Pick<IngestCountsStore, 'add'>;
}

/** Days of one request written at once: enough to hide the latency of a write, few enough to spare the table. */
const DAYS_AT_ONCE_MAX = 16;
/** A day between two that are wanted costs half a read unit; a call of its own costs one, and a round trip. */
const RUN_GAP_DAYS_MAX = 2;

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
  const { meter, counts, nowMs } = dependencies;
  const writeUnitsBefore = meter?.writeUnits() ?? 0;
  const station = await dependencies.stations.get(tenantId, stationId);
  if (station === undefined) throw new DomainError('not_found', 'no such station');

  const outcomes = new Array<TransactionOutcome>(transactions.length);
  const days = new Map<BusinessDate, ReportedDay>();
  const admit = transactionAdmission(station, nowMs(), defaultIngestBounds);
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
  if (meter === undefined && counts === undefined) return outcomes;
  const occurredAtMs = new Map<number, number>();
  for (const { rows, positions } of days.values()) {
    for (const [index, row] of rows.entries()) occurredAtMs.set(positions[index] ?? -1, row.occurredAtMs);
  }
  const record = ingestRecord(outcomes, occurredAtMs, nowMs());
  if (record.duplicates + record.rejected > 0) {
    const receivedOn = new Date(nowMs()).toISOString().slice(0, 10);
    // The history is written and the answer stands: a count that is lost must not turn it into a failure.
    await counts?.add(tenantId, stationId, receivedOn, record).catch(() => undefined);
  }
  meter?.log({ ...record, writeUnits: meter.writeUnits() - writeUnitsBefore });
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
): Promise<ReadonlyMap<BusinessDate, StoredDay>> {
  const held = new Map<BusinessDate, StoredDay>();
  await settleBounded(runsOfDays(days), DAYS_AT_ONCE_MAX, async ({ from, to }) => {
    for (const stored of await bundles.readDays(tenantId, stationId, from, to)) {
      held.set(stored.day, stored);
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
