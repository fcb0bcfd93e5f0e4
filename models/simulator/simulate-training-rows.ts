import { type BusinessDate, epochDayOf } from '../../shared/domain/calendar.ts';
import { inOrderOfOccurrence, reportedRow } from '../../shared/domain/day-bundle.ts';
import type { DaySummary } from '../../shared/domain/day-summary.ts';
import type { Entrepreneur } from '../../shared/domain/entrepreneur.ts';
import type { Station } from '../../shared/domain/station.ts';
import { summarizeDay } from '../../shared/domain/summarize-day.ts';
import { CountyPath } from './county-economy.ts';
import { RandomStream, streamPurposes } from './random-stream.ts';
import { CALENDAR_FIRST_DAY, CALENDAR_LAST_DAY, calendarDate } from './seasons.ts';
import { stationOf } from './simulate-county.ts';
import { hasDefaulted, OUTCOME_HORIZON_DAYS } from './station-loan.ts';
import { type LoanRequest, type ReportedDay, StationRun } from './station-run.ts';
import { NOT_YET } from './station-state.ts';
import { drawStation, entrepreneurOn } from './station-traits.ts';

export interface TrainingRowOptions {
  readonly seed: number;
  readonly applicants: number;
  /** Decisions fall evenly between these days. Defaults 2020-01-01 and 2024-12-31. */
  readonly firstApplicationDay?: BusinessDate;
  readonly lastApplicationDay?: BusinessDate;
  /** Longest history before a decision. Default 730. */
  readonly historyDaysMax?: number;
  /** Futures per applicant for `truePd`. Default 64; 0 leaves `truePd` null. */
  readonly resimulations?: number;
  /** Stations drawn per county, which share its luck. Default 16. */
  readonly stationsPerCounty?: number;
}

export interface TrainingRow {
  readonly id: string;
  readonly countyId: string;
  /** The decision is taken on the morning of this day. */
  readonly applicationDay: BusinessDate;
  /** Station and entrepreneur as the register had them then. */
  readonly station: Station;
  readonly entrepreneur: Entrepreneur;
  readonly request: LoanRequest;
  /** Days before the application with at least one reported transaction, ascending. */
  readonly summaries: readonly DaySummary[];
  readonly transactionCount: number;
  readonly defaulted: boolean;
  readonly truePd: number | null;
  /** What no lender sees: for checking the simulator and for oracles, never for a model. */
  readonly latent: { readonly skill: number; readonly motivation: number; readonly discipline: number };
}

/** Station openings lie at least this long before the decision. */
const AGE_DAYS_MIN = 100;
const AGE_DAYS_MAX = 1_300;

/**
 * Applicants one at a time, each with the history a lender would have held that morning, the outcome that
 * then happened, and the probability that it would. Stations that closed before their day are passed over,
 * as they are in life. Raises RangeError when the days of decision don't leave room for history and outcome.
 */
export function* simulateTrainingRows(options: TrainingRowOptions): Generator<TrainingRow> {
  const { seed } = options;
  const firstDay = epochDayOf(options.firstApplicationDay ?? '2020-01-01');
  const lastDay = epochDayOf(options.lastApplicationDay ?? '2024-12-31');
  const perCounty = options.stationsPerCounty ?? 16;
  if (
    firstDay - AGE_DAYS_MAX < CALENDAR_FIRST_DAY + 30 ||
    lastDay + OUTCOME_HORIZON_DAYS > CALENDAR_LAST_DAY - 100 ||
    lastDay < firstDay
  ) {
    throw new RangeError('application days must lie in order between September 2019 and September 2030');
  }
  let yielded = 0;
  for (let countyIndex = 0; yielded < options.applicants; countyIndex += 1) {
    const path = new CountyPath(seed, countyIndex);
    for (let stationIndex = 0; stationIndex < perCounty && yielded < options.applicants; stationIndex += 1) {
      const random = new RandomStream([seed, streamPurposes.application, countyIndex, stationIndex]);
      const day = firstDay + random.below(lastDay - firstDay + 1);
      const age = Math.min(AGE_DAYS_MAX, AGE_DAYS_MIN + Math.floor(-480 * Math.log(random.uniform())));
      const row = trainingRow(options, path, countyIndex, stationIndex, day, day - age);
      if (row === null) continue;
      yielded += 1;
      yield row;
    }
  }
}

function trainingRow(
  options: TrainingRowOptions,
  path: CountyPath,
  countyIndex: number,
  stationIndex: number,
  day: number,
  openedDay: number,
): TrainingRow | null {
  const traits = drawStation(options.seed, path.traits, countyIndex, stationIndex, openedDay);
  const run = new StationRun(options.seed, path, traits, day);
  run.liveUntil(day - (options.historyDaysMax ?? 730));
  const summaries: DaySummary[] = [];
  let transactionCount = 0;
  for (const today of run.reportUntil(day)) {
    if (run.state.closedDay !== NOT_YET) return null;
    if (today.transactions.length === 0) continue;
    transactionCount += today.transactions.length;
    summaries.push(summaryOf(today));
  }
  const station = stationOf(traits, run.state);
  const request = run.drawRequest();
  const resimulations = options.resimulations ?? 64;
  const truePd = resimulations > 0 ? run.trueProbabilityOfDefault(request, resimulations) : null;
  const { skill } = run.state;
  run.liveUntil(day + OUTCOME_HORIZON_DAYS + 1);
  return {
    id: `sim-${options.seed}-${countyIndex}-${stationIndex}`,
    countyId: path.traits.county.countyId,
    applicationDay: calendarDate(day),
    station,
    entrepreneur: entrepreneurOn(traits, day - 1),
    request,
    summaries,
    transactionCount,
    defaulted: hasDefaulted(run.state),
    truePd,
    latent: { skill, motivation: traits.motivation, discipline: traits.discipline },
  };
}

/** The day's summary by the domain's own rule, as if the transactions had come through ingest. */
export function summaryOf({ day, transactions, occurredAtMs }: ReportedDay): DaySummary {
  const rows = transactions
    .map((transaction, index) => ({ ...reportedRow(transaction, occurredAtMs[index]), recordedAtMs: 0 }))
    .sort(inOrderOfOccurrence);
  return summarizeDay({ day: calendarDate(day), currency: 'CNY', rows }, 'Asia/Shanghai');
}
