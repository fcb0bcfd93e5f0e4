import { type SimulatedStation, simulateCounty } from '../../models/simulator/simulate-county.ts';
import type { DayBundle } from '../../shared/domain/day-bundle.ts';
import { inOrderOfOccurrence, reportedRow } from '../../shared/domain/day-bundle.ts';
import type { DaySummary } from '../../shared/domain/day-summary.ts';
import { summarizeDay } from '../../shared/domain/summarize-day.ts';
import { INDICATIVE_ANNUAL_RATE_BPS, type RequestFacts } from '../../shared/features/request-facts.ts';

/** The morning on which every simulated applicant applies, 730 days after the simulation begins. */
export const AS_OF = '2026-06-01';
export const AS_OF_MS = Date.parse('2026-06-01T02:00:00Z');
const START_DAY = '2024-06-01';
const DAYS = 730;
const SEED = 2026;
/** Of the 730 days: a station that is open nearly always, as one with two years of history is. */
const ACTIVE_DAYS_MIN = 600;
const STATIONS_MAX = 400;

/** A station with two years behind it, on the morning it applies. */
export interface SimulatedHistory {
  readonly simulated: SimulatedStation;
  /** What it asks for. */
  readonly request: SimulatedStation['applications'][number];
  readonly facts: RequestFacts;
  readonly bundles: readonly DayBundle[];
  readonly summaries: readonly DaySummary[];
  readonly transactionCount: number;
}

/** The first `count` stations of a simulated county that traded on at least 600 of the 730 days and apply. */
export function simulatedHistories(count: number): SimulatedHistory[] {
  const histories: SimulatedHistory[] = [];
  const county = simulateCounty({
    seed: SEED,
    countyIndex: 0,
    stations: STATIONS_MAX,
    startDay: START_DAY,
    days: DAYS,
    applicationsOn: AS_OF,
  });
  for (const simulated of county) {
    const [request] = simulated.applications;
    if (request === undefined) continue;
    const bundles = bundlesOf(simulated);
    if (bundles.length < ACTIVE_DAYS_MIN) continue;
    const { station, entrepreneur } = simulated;
    histories.push({
      simulated,
      request,
      facts: {
        requestedPrincipalMinor: request.requestedPrincipalMinor,
        requestedTermMonths: request.requestedTermMonths,
        indicativeAnnualRateBps: INDICATIVE_ANNUAL_RATE_BPS,
        station,
        entrepreneur,
      },
      bundles,
      summaries: bundles.map((bundle) => summarizeDay(bundle, station.timeZone)),
      transactionCount: bundles.reduce((sum, { rows }) => sum + rows.length, 0),
    });
    if (histories.length === count) return histories;
  }
  throw new Error(`only ${histories.length} of ${count} histories in ${STATIONS_MAX} simulated stations`);
}

function bundlesOf(simulated: SimulatedStation): DayBundle[] {
  return [...simulated.transactionDays()].map(({ day, transactions }) => ({
    day,
    currency: simulated.station.currency,
    rows: transactions
      .map((transaction) => ({ ...reportedRow(transaction), recordedAtMs: AS_OF_MS }))
      .sort(inOrderOfOccurrence),
  }));
}
