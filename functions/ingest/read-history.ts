import type { z } from 'zod';
import { addDays, type BusinessDate, businessDateOf, daysBetween } from '../../shared/domain/calendar.ts';
import { bundleKnownAt, recordedTransaction } from '../../shared/domain/day-bundle.ts';
import { DomainError, fieldError } from '../../shared/domain/errors.ts';
import type { Station } from '../../shared/domain/station.ts';
import type { RecordedTransaction } from '../../shared/domain/transaction.ts';
import type { DayBundleStore } from '../../shared/store/day-bundles.ts';
import type { IngestCountsStore } from '../../shared/store/ingest-counts.ts';
import type { StationStore } from '../../shared/store/stations.ts';
import { type getDataQualityContract, QUALITY_DAYS_MAX } from './contract.ts';

export interface ReadHistoryDependencies {
  readonly stations: Pick<StationStore, 'get'>;
  readonly bundles: Pick<DayBundleStore, 'get' | 'readBundles' | 'readSummaries'>;
  readonly counts: Pick<IngestCountsStore, 'read'>;
  readonly nowMs: () => number;
}

interface OfStation {
  readonly tenantId: string;
  readonly stationId: string;
}

const MS_PER_HOUR = 3_600_000;
const LATE_HOURS = 48;
const GAPS_SHOWN_MAX = 20;

/** A page of one day of a station, in order of occurrence, as it is or as it was known at an instant. */
export async function listTransactions(
  input: OfStation & {
    readonly day: BusinessDate;
    readonly knownAt?: string | undefined;
    readonly limit: number;
    readonly cursor?: string | undefined;
  },
  dependencies: Pick<ReadHistoryDependencies, 'stations' | 'bundles'>,
): Promise<{ readonly transactions: readonly RecordedTransaction[]; readonly cursor: string | undefined }> {
  const { tenantId, stationId, day, knownAt, limit } = input;
  const after = input.cursor === undefined ? undefined : positionOf(input.cursor);
  const [station, stored] = await Promise.all([
    dependencies.stations.get(tenantId, stationId),
    dependencies.bundles.get(tenantId, stationId, day),
  ]);
  if (station === undefined) throw new DomainError('not_found', 'no such station');
  if (stored === undefined) return { transactions: [], cursor: undefined };
  const bundle = knownAt === undefined ? stored.bundle : bundleKnownAt(stored.bundle, Date.parse(knownAt));
  const rest =
    after === undefined
      ? bundle.rows
      : bundle.rows.filter(
          (row) =>
            row.occurredAtMs > after.occurredAtMs ||
            (row.occurredAtMs === after.occurredAtMs && row.transactionId > after.transactionId),
        );
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return {
    transactions: page.map((row) => recordedTransaction(row, bundle.currency)),
    cursor: last === undefined || rest.length <= limit ? undefined : cursorOf(last),
  };
}

interface Position {
  readonly occurredAtMs: number;
  readonly transactionId: string;
}

/** The place of a row, not its number: what comes in between pages shifts none of them. */
const cursorOf = ({ occurredAtMs, transactionId }: Position): string =>
  Buffer.from(`${occurredAtMs} ${transactionId}`).toString('base64url');

function positionOf(cursor: string): Position {
  const match = /^(-?\d{1,15}) (\S{1,64})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (match === null || Buffer.from(match[0]).toString('base64url') !== cursor) {
    throw fieldError('invalid_request', 'query.cursor', 'invalid_cursor', 'is not the cursor of a page');
  }
  return { occurredAtMs: Number(match[1]), transactionId: match[2] ?? '' };
}

/** How fresh, whole and timely a station's history is. */
export async function dataQuality(
  input: OfStation & { readonly from?: BusinessDate | undefined; readonly to?: BusinessDate | undefined },
  { stations, bundles, counts, nowMs }: ReadHistoryDependencies,
): Promise<z.output<typeof getDataQualityContract.response>> {
  const { tenantId, stationId } = input;
  const station = await stations.get(tenantId, stationId);
  if (station === undefined) throw new DomainError('not_found', 'no such station');
  const to = input.to ?? businessDateOf(nowMs(), station.timeZone);
  const from = input.from ?? addDays(to, 1 - QUALITY_DAYS_MAX);
  if (from > to || daysBetween(from, to) >= QUALITY_DAYS_MAX) {
    const message = `must be at most ${QUALITY_DAYS_MAX} days before query.to, and not after it`;
    throw fieldError('invalid_request', 'query.from', 'invalid_period', message);
  }
  const [summaries, days, reports] = await Promise.all([
    bundles.readSummaries(tenantId, stationId, from, to),
    bundles.readBundles(tenantId, stationId, from, to),
    counts.read(tenantId, stationId, from, to),
  ]);
  const rows = days.flatMap(({ bundle }) => bundle.rows);
  const latenessHours = rows
    .map((row) => Math.max(0, row.recordedAtMs - row.occurredAtMs) / MS_PER_HOUR)
    .sort((a, b) => a - b);
  const active = summaries.filter(({ summary }) => summary.transactionCount > 0);
  const lastDay = active.at(-1)?.summary.day ?? null;
  const today = businessDateOf(nowMs(), station.timeZone);
  const open = openDays(station, from, to < today ? to : today);
  const rejected = Object.values(reports.rejectedByCode).reduce((sum, count) => sum + count, 0);
  return {
    from,
    to,
    freshness: {
      lastDay,
      daysSinceLastDay: lastDay === null ? null : Math.max(0, daysBetween(lastDay, today)),
      recordedUntil:
        rows.length === 0
          ? null
          : new Date(Math.max(...summaries.map((stored) => stored.recordedUntilMs))).toISOString(),
    },
    activity: {
      days: open.length,
      daysWithTransactions: active.length,
      gaps: gapsBetween(open, new Set(active.map(({ summary }) => summary.day))),
    },
    transactions: {
      standing: active.reduce((sum, { summary }) => sum + summary.transactionCount, 0),
      reversed: summaries.reduce((sum, { summary }) => sum + summary.reversedCount, 0),
      late: latenessHours.filter((hours) => hours > LATE_HOURS).length,
      latenessHoursMedian: latenessHours[Math.floor(latenessHours.length / 2)] ?? null,
      latenessHoursMax: latenessHours.at(-1) ?? null,
    },
    reports: { duplicates: reports.duplicates, rejected, rejectedByCode: { ...reports.rejectedByCode } },
  };
}

function openDays(station: Station, from: BusinessDate, to: BusinessDate): BusinessDate[] {
  const first = station.openedOn > from ? station.openedOn : from;
  const last = station.closedOn !== undefined && station.closedOn < to ? station.closedOn : to;
  return Array.from({ length: Math.max(0, daysBetween(first, last) + 1) }, (_, index) =>
    addDays(first, index),
  );
}

function gapsBetween(days: readonly BusinessDate[], active: ReadonlySet<BusinessDate>) {
  const gaps: { from: BusinessDate; to: BusinessDate; days: number }[] = [];
  for (const day of days) {
    if (active.has(day)) continue;
    const gap = gaps.at(-1);
    if (gap !== undefined && daysBetween(gap.to, day) === 1) {
      gap.to = day;
      gap.days += 1;
    } else gaps.push({ from: day, to: day, days: 1 });
  }
  return gaps.sort((a, b) => b.days - a.days || (a.from < b.from ? -1 : 1)).slice(0, GAPS_SHOWN_MAX);
}
