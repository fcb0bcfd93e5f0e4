import { addDays, startOfDayMs } from '../../shared/domain/calendar.ts';
import type { Station } from '../../shared/domain/station.ts';
import { HISTORY_WINDOW_DAYS } from '../../shared/features/history-view.ts';
import { pointInTimeFeatures } from '../../shared/features/point-in-time-features.ts';
import type { DayBundleStore } from '../../shared/store/day-bundles.ts';
import type { StationStore } from '../../shared/store/stations.ts';
import type { LoanOutcome } from '../datasets/outcome-dataset.ts';
import type { MatrixRow } from '../factory/matrix-file.ts';

export interface PointInTimeOptions {
  readonly platform: string;
  readonly stations: Pick<StationStore, 'get'>;
  readonly bundles: Pick<DayBundleStore, 'readSummariesKnownAt'>;
}

/** Walk stored histories: for each loan, the features as they were known when its day began. */
export async function* pointInTimeRows(
  loans: readonly LoanOutcome[],
  options: PointInTimeOptions,
): AsyncGenerator<MatrixRow> {
  for (const loan of loans) yield await pointInTimeRow(loan, options);
}

async function pointInTimeRow(
  loan: LoanOutcome,
  { platform, stations, bundles }: PointInTimeOptions,
): Promise<MatrixRow> {
  const station: Station | undefined = await stations.get(platform, loan.stationId);
  if (station === undefined) throw new Error(`loan ${loan.loanId}: no history for ${loan.stationId}`);
  const summaries = await bundles.readSummariesKnownAt(
    platform,
    station,
    addDays(loan.asOf, -HISTORY_WINDOW_DAYS),
    addDays(loan.asOf, -1),
    startOfDayMs(loan.asOf, station.timeZone),
  );
  return {
    id: loan.loanId,
    asOf: loan.asOf,
    defaulted: loan.defaulted,
    meta: loan.meta,
    features: pointInTimeFeatures(summaries, loan.facts, loan.asOf),
  };
}
