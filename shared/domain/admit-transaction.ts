import { type BusinessDate, dateOfEpochDay, epochDayOf, localTimeOf } from './calendar.ts';
import { type ReportedRow, reportedRow } from './day-bundle.ts';
import { type IngestRejection, rejectionOf } from './ingest-rejections.ts';
import { fieldIssues } from './parse.ts';
import type { Station } from './station.ts';
import { transaction } from './transaction.ts';

export interface IngestBounds {
  /** How far a reporter's clock may run ahead of ours. */
  readonly clockSkewMsMax: number;
  /** Age in days beyond which a business day takes no more transactions. */
  readonly lateDaysMax: number;
}

/** Three years and a little: onboarding a station backfills what its platform has kept. */
export const defaultIngestBounds: IngestBounds = { clockSkewMsMax: 300_000, lateDaysMax: 1_100 };

export type Admission =
  | { readonly admitted: true; readonly day: BusinessDate; readonly row: ReportedRow }
  | { readonly admitted: false; readonly rejection: IngestRejection };

/**
 * Parse what one station reported as one transaction and check it against the station and the clock; the
 * business day it belongs to is the station's local one. What is already held of that day is not looked at.
 */
export function transactionAdmission(
  station: Station,
  nowMs: number,
  bounds: IngestBounds = defaultIngestBounds,
): (reported: unknown) => Admission {
  const today = localTimeOf(nowMs, station.timeZone).epochDay;
  const opened = epochDayOf(station.openedOn);
  const closed = station.closedOn === undefined ? Number.POSITIVE_INFINITY : epochDayOf(station.closedOn);

  return (reported) => {
    const parsed = transaction.safeParse(reported);
    if (!parsed.success) {
      const [issue] = fieldIssues(parsed.error);
      return {
        admitted: false,
        rejection: { ...rejectionOf('invalid_transaction'), ...pick(issue) },
      };
    }
    const row = reportedRow(parsed.data);
    if (parsed.data.currency !== station.currency) return refused('currency_mismatch');
    if (row.occurredAtMs > nowMs + bounds.clockSkewMsMax) return refused('in_future');
    const { epochDay } = localTimeOf(row.occurredAtMs, station.timeZone);
    if (epochDay < today - bounds.lateDaysMax) return refused('too_late');
    if (epochDay < opened) return refused('before_station_opened');
    if (epochDay > closed) return refused('station_closed');
    return { admitted: true, day: dateOfEpochDay(epochDay), row };
  };
}

const pick = (issue: { field: string; message: string } | undefined) =>
  issue === undefined ? {} : { field: issue.field, message: issue.message };

const refused = (code: Parameters<typeof rejectionOf>[0]): Admission => ({
  admitted: false,
  rejection: rejectionOf(code),
});
