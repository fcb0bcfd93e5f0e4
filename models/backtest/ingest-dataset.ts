import { TRANSACTIONS_PER_REQUEST_MAX } from '../../functions/ingest/contract.ts';
import { ingestTransactions } from '../../functions/ingest/ingest-transactions.ts';
import { addDays, type BusinessDate, businessDateOf, startOfDayMs } from '../../shared/domain/calendar.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import type { DayBundleStore } from '../../shared/store/day-bundles.ts';
import type { StationStore } from '../../shared/store/stations.ts';
import type { OutcomeDataset, StationHistory } from '../datasets/outcome-dataset.ts';

export interface IngestTotals {
  stations: number;
  accepted: number;
  duplicates: number;
  /** By code. */
  readonly rejected: Map<string, number>;
}

export interface IngestDatasetOptions {
  readonly platform: string;
  readonly stations: StationStore;
  readonly bundles: DayBundleStore;
  readonly onStation?: () => void;
}

/** Accounts at a time: the engine, not this process, is what they wait for. */
const STATIONS_AT_ONCE = 8;

/**
 * Send a data set through the ingest function, the clock set as it was: each batch is recorded at the start of
 * the day after its last transaction. So a history read as of any day of the past holds what a lender would
 * have held then, and nothing recorded later.
 */
export async function ingestDataset(
  dataset: OutcomeDataset,
  options: IngestDatasetOptions,
): Promise<IngestTotals> {
  const totals: IngestTotals = { stations: 0, accepted: 0, duplicates: 0, rejected: new Map() };
  const decisionDays = Map.groupBy(dataset.loans, (loan) => loan.stationId);
  const histories = dataset.histories()[Symbol.asyncIterator]();
  const worker = async () => {
    for (let next = await histories.next(); next.done !== true; next = await histories.next()) {
      const days = (decisionDays.get(next.value.station.stationId) ?? []).map((loan) => loan.asOf);
      await ingestHistory(next.value, days, options, totals);
      totals.stations += 1;
      options.onStation?.();
    }
  };
  await Promise.all(Array.from({ length: STATIONS_AT_ONCE }, worker));
  return totals;
}

async function ingestHistory(
  { station, transactions }: StationHistory,
  decisionDays: readonly BusinessDate[],
  { platform, stations, bundles }: IngestDatasetOptions,
  totals: IngestTotals,
): Promise<void> {
  await stations.put(platform, station);
  for (const { batch, lastDay } of batchesOf(transactions, station.timeZone, decisionDays)) {
    const recordedMs = startOfDayMs(addDays(lastDay, 1), station.timeZone);
    const outcomes = await ingestTransactions(
      { tenantId: platform, stationId: station.stationId, transactions: batch },
      { stations, bundles, nowMs: () => recordedMs, random: () => 0.5, sleep: async () => {} },
    );
    for (const outcome of outcomes) {
      if (outcome.status === 'accepted') totals.accepted += 1;
      else if (outcome.status === 'duplicate') totals.duplicates += 1;
      else totals.rejected.set(outcome.code, (totals.rejected.get(outcome.code) ?? 0) + 1);
    }
  }
}

interface Batch {
  readonly batch: readonly Transaction[];
  readonly lastDay: BusinessDate;
}

/** Batches of one calendar year at most (late reports are refused), none across a day of decision, none too large. */
function* batchesOf(
  transactions: readonly Transaction[],
  timeZone: string,
  decisionDays: readonly BusinessDate[],
): Generator<Batch> {
  const dated = transactions.map((transaction) => ({
    transaction,
    day: businessDateOf(Date.parse(transaction.occurredAt), timeZone),
  }));
  const periodOf = (day: BusinessDate) =>
    `${day.slice(0, 4)}-${decisionDays.filter((decided) => decided <= day).length}`;
  for (const period of Map.groupBy(dated, ({ day }) => periodOf(day)).values()) {
    for (let start = 0; start < period.length; start += TRANSACTIONS_PER_REQUEST_MAX) {
      const part = period.slice(start, start + TRANSACTIONS_PER_REQUEST_MAX);
      const lastDay = part.reduce((last, { day }) => (day > last ? day : last), part[0]?.day ?? '');
      yield { batch: part.map(({ transaction }) => transaction), lastDay };
    }
  }
}
