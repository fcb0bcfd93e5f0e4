import { addDays, businessDateOf, startOfDayMs } from '../../shared/domain/calendar.ts';
import type { FieldIssue } from '../../shared/domain/errors.ts';
import { HISTORY_WINDOW_DAYS } from '../../shared/features/history-view.ts';
import { pointInTimeFeatures } from '../../shared/features/point-in-time-features.ts';
import { INDICATIVE_ANNUAL_RATE_BPS } from '../../shared/features/request-facts.ts';
import type { DayBundleStore } from '../../shared/store/day-bundles.ts';
import type { EntrepreneurStore } from '../../shared/store/entrepreneurs.ts';
import type { StationStore } from '../../shared/store/stations.ts';
import type { MatrixRow } from './matrix-file.ts';
import type { RecordedOutcome } from './outcomes-file.ts';

export interface RecordedMatrixOptions {
  /** The tenant that provides station history. */
  readonly platform: string;
  readonly stations: Pick<StationStore, 'get'>;
  readonly entrepreneurs: Pick<EntrepreneurStore, 'get'>;
  readonly bundles: Pick<DayBundleStore, 'readSummaries' | 'readSummariesKnownAt'>;
  readonly nowMs: number;
  /**
   * A row is refused when more than this share of the transactions dated before its decision were recorded
   * after it: its history was loaded later, and what the lender then knew cannot be told.
   */
  readonly lateShareMax: number;
}

export const LATE_SHARE_MAX_DEFAULT = 0.5;

export type RowOrRefusal =
  | { readonly row: MatrixRow; readonly refused?: never }
  | { readonly refused: FieldIssue; readonly row?: never };

/**
 * Walk stored histories and outcomes: for each, the features exactly as a decision at `decided_at` computed
 * them, from what was recorded by then; or why there can be no such row. Codes: `unknown_station`,
 * `unknown_entrepreneur`, `outcome_before_decision`, `outcome_in_future`, `history_recorded_after_decision`.
 */
export async function* recordedMatrixRows(
  outcomes: AsyncIterable<RecordedOutcome> | Iterable<RecordedOutcome>,
  options: RecordedMatrixOptions,
): AsyncGenerator<RowOrRefusal> {
  for await (const outcome of outcomes) yield await rowOf(outcome, options);
}

async function rowOf(outcome: RecordedOutcome, options: RecordedMatrixOptions): Promise<RowOrRefusal> {
  const { platform, stations, entrepreneurs, bundles } = options;
  const refuse = (column: string, code: string, message: string): RowOrRefusal => ({
    refused: { field: `${outcome.at}.${column}`, code, message: `${outcome.id}: ${message}` },
  });
  const [station, person] = await Promise.all([
    stations.get(platform, outcome.station_id),
    outcome.entrepreneur_id === null ? undefined : entrepreneurs.get(platform, outcome.entrepreneur_id),
  ]);
  if (station === undefined) {
    return refuse('station_id', 'unknown_station', `${platform} has no station ${outcome.station_id}`);
  }
  if (outcome.entrepreneur_id !== null && person === undefined) {
    return refuse(
      'entrepreneur_id',
      'unknown_entrepreneur',
      `${platform} knows no ${outcome.entrepreneur_id}`,
    );
  }
  const decidedMs = Date.parse(outcome.decided_at);
  const asOf = businessDateOf(decidedMs, station.timeZone);
  if (outcome.outcome_on !== null) {
    if (outcome.outcome_on <= asOf) {
      const message = `the outcome of ${outcome.outcome_on} does not come after the decision of ${asOf}`;
      return refuse('outcome_on', 'outcome_before_decision', message);
    }
    if (startOfDayMs(outcome.outcome_on, station.timeZone) > options.nowMs) {
      return refuse('outcome_on', 'outcome_in_future', `${outcome.outcome_on} has not come yet`);
    }
  }
  const [from, to] = [addDays(asOf, -HISTORY_WINDOW_DAYS), addDays(asOf, -1)];
  const [held, known] = await Promise.all([
    bundles.readSummaries(platform, station.stationId, from, to),
    bundles.readSummariesKnownAt(platform, station, from, to, decidedMs),
  ]);
  const heldCount = transactionsOf(held.map(({ summary }) => summary));
  const lateCount = heldCount - transactionsOf(known);
  if (lateCount > options.lateShareMax * heldCount) {
    const message =
      `${lateCount} of ${heldCount} transactions dated before the decision were recorded after ` +
      `${outcome.decided_at}: what was known then cannot be told`;
    return refuse('decided_at', 'history_recorded_after_decision', message);
  }
  const facts = {
    requestedPrincipalMinor: outcome.requested_principal_minor,
    requestedTermMonths: outcome.requested_term_months,
    indicativeAnnualRateBps: INDICATIVE_ANNUAL_RATE_BPS,
    station: { openedOn: station.openedOn, stage: outcome.station_stage ?? station.stage },
    entrepreneur: person?.entrepreneur ?? null,
  };
  return {
    row: {
      id: outcome.id,
      asOf,
      defaulted: outcome.defaulted,
      meta: { county: station.countyId, ...outcome.meta },
      features: pointInTimeFeatures(known, facts, asOf),
    },
  };
}

const transactionsOf = (summaries: readonly { readonly transactionCount: number }[]): number =>
  summaries.reduce((sum, { transactionCount }) => sum + transactionCount, 0);
