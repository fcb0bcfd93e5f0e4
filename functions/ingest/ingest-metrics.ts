import type { IngestRejectionCode, TransactionOutcome } from '../../shared/domain/ingest-rejections.ts';
import { METRIC_NAMESPACE } from '../../shared/http/request-log.ts';

/** What one call of ingest did, for the log: counts and times, never an id or an amount. */
export interface IngestRecord {
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly rejectedByCode: Readonly<Partial<Record<IngestRejectionCode, number>>>;
  /** Of the accepted: how long after they occurred they were reported. Null when none was accepted. */
  readonly latenessHoursMean: number | null;
  readonly latenessHoursMax: number | null;
  /** What the table consumed meanwhile, index included; other calls at the same time are in it too. */
  readonly writeUnits: number;
}

export type LogIngest = (record: IngestRecord) => void;

export interface IngestMeter {
  /** Write units the table has consumed so far. */
  readonly writeUnits: () => number;
  readonly log: LogIngest;
}

const MS_PER_HOUR = 3_600_000;

/** The record of outcomes; `occurredAtMs` by their position, where it is known. */
export function ingestRecord(
  outcomes: readonly TransactionOutcome[],
  occurredAtMs: ReadonlyMap<number, number>,
  nowMs: number,
): Omit<IngestRecord, 'writeUnits'> {
  const counts = { accepted: 0, duplicates: 0, rejected: 0 };
  const rejectedByCode: Partial<Record<IngestRejectionCode, number>> = {};
  let [latenessMsSum, latenessMsMax] = [0, 0];
  for (const [position, outcome] of outcomes.entries()) {
    if (outcome.status === 'duplicate') counts.duplicates += 1;
    else if (outcome.status === 'rejected') {
      counts.rejected += 1;
      rejectedByCode[outcome.code] = (rejectedByCode[outcome.code] ?? 0) + 1;
    } else {
      counts.accepted += 1;
      const latenessMs = Math.max(0, nowMs - (occurredAtMs.get(position) ?? nowMs));
      latenessMsSum += latenessMs;
      latenessMsMax = Math.max(latenessMsMax, latenessMs);
    }
  }
  const isNone = counts.accepted === 0;
  return {
    ...counts,
    rejectedByCode,
    latenessHoursMean: isNone ? null : latenessMsSum / counts.accepted / MS_PER_HOUR,
    latenessHoursMax: isNone ? null : latenessMsMax / MS_PER_HOUR,
  };
}

/**
 * A record as a line in CloudWatch's embedded metric format. Write units per 1,000 transactions are
 * 1000 * SUM(writeUnits) / SUM(accepted) over any period; a ratio per call would not add up.
 */
export function ingestMetricLine(record: IngestRecord, functionName: string, timestampMs: number): string {
  const { rejectedByCode, latenessHoursMean, latenessHoursMax, ...counts } = record;
  const rejects = Object.entries(rejectedByCode).map(([code, count]) => [`rejected_${code}`, count] as const);
  const lateness =
    latenessHoursMean === null || latenessHoursMax === null ? {} : { latenessHoursMean, latenessHoursMax };
  const metrics = [
    ...[...Object.keys(counts), ...rejects.map(([name]) => name)].map((Name) => ({ Name, Unit: 'Count' })),
    ...Object.keys(lateness).map((Name) => ({ Name, Unit: 'None' })),
  ];
  return JSON.stringify({
    level: 'info',
    function: functionName,
    ...counts,
    ...Object.fromEntries(rejects),
    ...lateness,
    _aws: {
      Timestamp: timestampMs,
      CloudWatchMetrics: [{ Namespace: METRIC_NAMESPACE, Dimensions: [['function']], Metrics: metrics }],
    },
  });
}

/** The running totals of one process in one line, for a log that people read. */
export function ingestTotals(): { add: LogIngest; line: () => string } {
  const totals = { accepted: 0, duplicates: 0, rejected: 0, writeUnits: 0 };
  const byCode = new Map<string, number>();
  let latenessHoursMax = 0;
  return {
    add(record) {
      totals.accepted += record.accepted;
      totals.duplicates += record.duplicates;
      totals.rejected += record.rejected;
      totals.writeUnits += record.writeUnits;
      latenessHoursMax = Math.max(latenessHoursMax, record.latenessHoursMax ?? 0);
      for (const [code, count] of Object.entries(record.rejectedByCode)) {
        byCode.set(code, (byCode.get(code) ?? 0) + count);
      }
    },
    line() {
      const { accepted, duplicates, rejected, writeUnits } = totals;
      const codes = [...byCode].map(([code, count]) => `${count} ${code}`).join(', ');
      return [
        `ingest  ${accepted} accepted`,
        `${duplicates} duplicates`,
        `${rejected} rejected${codes === '' ? '' : ` (${codes})`}`,
        `late by up to ${latenessHoursMax.toFixed(1)} h`,
        accepted === 0
          ? '- write units'
          : `${((writeUnits / accepted) * 1_000).toFixed(1)} write units per 1,000`,
      ].join(', ');
    },
  };
}
