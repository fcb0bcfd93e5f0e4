import { marshall } from '@aws-sdk/util-dynamodb';
import { ingestTransactions } from '../../functions/ingest/ingest-transactions.ts';
import type { Station } from '../../shared/domain/station.ts';
import { type Transaction, transaction } from '../../shared/domain/transaction.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import type { BenchGroup } from './bench-group.ts';
import { ingestUnits } from './ingest-units.ts';
import { type Effort, measureInterleaved } from './measure-interleaved.ts';
import { against, type ReportedMeasurement, throughput } from './measurement.ts';
import { AS_OF_MS, simulatedHistories } from './simulated-histories.ts';
import { tableWithoutEngine } from './table-without-engine.ts';
import { transactionItem } from './transaction-items.ts';

const HISTORIES = 2;
/** The most one request may carry. */
const TRANSACTIONS_PER_REQUEST = 1_000;
const PLATFORM = 'ten_bench-platform';

/** Time through ingest without the engine, then write units on the engine, each against an item a transaction. */
export const ingestBench: BenchGroup = {
  name: 'ingest',
  run: async ({ effort, quick }) => {
    const histories = simulatedHistories(quick ? 1 : HISTORIES);
    const requests = histories.flatMap(({ simulated }) =>
      requestsOf(simulated.station, [...simulated.transactions()]).slice(0, quick ? 1 : undefined),
    );
    return [...(await ingestSpeed(requests, effort)), ...(await ingestUnits(quick))];
  },
};

interface IngestRequest {
  readonly station: Station;
  readonly body: string;
  readonly transactions: number;
}

function requestsOf(station: Station, transactions: readonly Transaction[]): IngestRequest[] {
  const requests: IngestRequest[] = [];
  for (let start = 0; start < transactions.length; start += TRANSACTIONS_PER_REQUEST) {
    const batch = transactions.slice(start, start + TRANSACTIONS_PER_REQUEST);
    requests.push({
      station,
      body: JSON.stringify({ transactions: batch }),
      transactions: batch.length,
    });
  }
  return requests;
}

/**
 * The use case itself over a table that is nowhere: parse, validate, group by day, merge, summarize, compress,
 * marshal. Against what the design of an item a transaction must do at least: parse, validate, marshal. One
 * run is every request once.
 */
async function ingestSpeed(
  requests: readonly IngestRequest[],
  effort: Effort,
): Promise<ReportedMeasurement[]> {
  const bundles = dayBundleStore(tableWithoutEngine());
  const inBundles = async () => {
    let accepted = 0;
    for (const { station, body } of requests) {
      const { transactions }: { transactions: unknown[] } = JSON.parse(body);
      const outcomes = await ingestTransactions(
        { tenantId: PLATFORM, stationId: station.stationId, transactions },
        {
          stations: { get: async () => station },
          bundles,
          nowMs: () => AS_OF_MS,
          random: () => 0.5,
          sleep: async () => {},
        },
      );
      for (const { status } of outcomes) if (status === 'accepted') accepted += 1;
    }
    return accepted;
  };
  const inItems = () => {
    let items: unknown;
    for (const { station, body } of requests) {
      const { transactions }: { transactions: unknown[] } = JSON.parse(body);
      items = transactions.map((reported) =>
        marshall(transactionItem(PLATFORM, station.stationId, transaction.parse(reported))),
      );
    }
    return items;
  };

  const count = requests.reduce((sum, { transactions }) => sum + transactions, 0);
  const accepted = await inBundles();
  if (accepted !== count) throw new Error(`only ${accepted} of ${count} transactions were accepted`);
  const timings = await measureInterleaved(
    [
      { name: 'bundles', run: inBundles },
      { name: 'items', run: inItems },
    ],
    effort,
  );
  const items = throughput(
    'ingest without the engine, an item per transaction',
    'transactions/s',
    timings.items.processorMs,
    count,
  );
  const inDays = throughput(
    'ingest without the engine, day bundles',
    'transactions/s',
    timings.bundles.processorMs,
    count,
  );
  return [against(inDays, items), against(items)];
}
