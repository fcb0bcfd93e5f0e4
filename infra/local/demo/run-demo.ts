import { type SimulatedStation, simulateCounty } from '../../../models/simulator/simulate-county.ts';
import { addDays, businessDateOf, DEFAULT_TIME_ZONE } from '../../../shared/domain/calendar.ts';
import { type Decision, decision } from '../../../shared/domain/decision.ts';
import type { LocalService } from '../start.ts';
import { type ApiClient, apiClient } from './api-client.ts';
import { demoProgram, INCUBATOR, LENDER, OPERATOR, PLATFORM } from './demo-county.ts';

export interface DemoOptions {
  readonly service: LocalService;
  readonly nowMs: number;
  readonly stations: number;
  readonly seed: number;
  readonly onProgress: (progress: DemoProgress) => void;
}

export interface DemoProgress {
  readonly stations: number;
  readonly stationsTotal: number;
  readonly transactions: number;
}

/** A decision and what the simulator alone knows of the applicant. */
export interface DemoDecision {
  readonly decision: Decision;
  readonly truePd: number | null;
}

export interface DemoOutcome {
  readonly countyId: string;
  readonly transactions: number;
  readonly decisions: readonly DemoDecision[];
}

const HISTORY_DAYS = 730;
const RESIMULATIONS = 200;
const TRANSACTIONS_PER_REQUEST = 1_000;
/** Enough to keep both cores busy: one with the engine, one with this process. */
const STATIONS_AT_ONCE = 4;
const DAY_MS = 86_400_000;

/**
 * One county through the API, as its users would: the operator opens a program, the platform registers its
 * stations and reports two years of transactions, the incubator submits an application for every partner.
 */
export async function runDemo(options: DemoOptions): Promise<DemoOutcome> {
  const { service, nowMs, seed } = options;
  const today = businessDateOf(nowMs, DEFAULT_TIME_ZONE);
  const client = (tenantId: string, scopes: Parameters<typeof apiClient>[0]['scopes']) =>
    apiClient({ url: service.url, keys: service.keys, nowMs, tenantId, scopes });
  const operator = await client(OPERATOR, ['programs:write']);
  const platform = await client(PLATFORM, [
    'stations:write',
    'entrepreneurs:write',
    'consents:write',
    'transactions:write',
  ]);
  const incubator = await client(INCUBATOR, ['applications:write']);

  const county = simulateCounty({
    seed,
    countyIndex: 0,
    stations: options.stations,
    startDay: addDays(today, -HISTORY_DAYS),
    days: HISTORY_DAYS,
    applicationsOn: today,
    resimulations: RESIMULATIONS,
  });
  const progress = { stations: 0, stationsTotal: options.stations, transactions: 0 };
  const applicants: SimulatedStation[] = [];
  await eachAtOnce(county, STATIONS_AT_ONCE, async (simulated) => {
    progress.transactions += await report(simulated, platform, nowMs, (sent) => {
      options.onProgress({ ...progress, transactions: progress.transactions + sent });
    });
    progress.stations += 1;
    options.onProgress(progress);
    applicants.push(simulated);
  });

  const countyId = applicants[0]?.county.countyId ?? '';
  const { programId, ...terms } = demoProgram(countyId, addDays(today, -30), addDays(today, 335));
  await operator('PUT', `/v1/programs/${programId}`, terms);
  const decisions: DemoDecision[] = [];
  // In the order of the county's register: the program's capital goes to whoever asks first.
  applicants.sort((a, b) => a.station.stationId.localeCompare(b.station.stationId, 'en', { numeric: true }));
  for (const { station, entrepreneur, applications } of applicants) {
    for (const { requestedPrincipalMinor, requestedTermMonths, purpose, truePd } of applications) {
      const answer = await incubator(
        'POST',
        `/v1/programs/${programId}/applications`,
        {
          stationId: station.stationId,
          entrepreneurId: entrepreneur.entrepreneurId,
          requestedPrincipalMinor,
          requestedTermMonths,
          purpose,
        },
        `demo-${station.stationId}`,
      );
      decisions.push({ decision: decision.parse(answer), truePd });
    }
  }
  return { countyId, transactions: progress.transactions, decisions };
}

/** Register one station and its partner, and send its history. Returns the number of transactions sent. */
async function report(
  { station, entrepreneur, transactions }: SimulatedStation,
  platform: ApiClient,
  nowMs: number,
  onSent: (transactions: number) => void,
): Promise<number> {
  const { stationId, ...stationBody } = station;
  const { entrepreneurId, ...entrepreneurBody } = entrepreneur;
  await platform('PUT', `/v1/stations/${stationId}`, stationBody);
  await platform('PUT', `/v1/entrepreneurs/${entrepreneurId}`, entrepreneurBody);
  await platform(
    'POST',
    `/v1/entrepreneurs/${entrepreneurId}/consents`,
    {
      purpose: 'credit_decision',
      recipientTenantId: LENDER,
      expiresAt: new Date(nowMs + 365 * DAY_MS).toISOString(),
    },
    `consent-${entrepreneurId}`,
  );
  let sent = 0;
  for (const batch of batchesOf(transactions(), TRANSACTIONS_PER_REQUEST)) {
    await platform('POST', `/v1/stations/${stationId}/transactions`, { transactions: batch });
    sent += batch.length;
    onSent(sent);
  }
  return sent;
}

function* batchesOf<Item>(items: Iterable<Item>, size: number): Generator<Item[]> {
  let batch: Item[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

async function eachAtOnce<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
