import { setTimeout as sleep } from 'node:timers/promises';
import { ingestTransactions } from '../../functions/ingest/ingest-transactions.ts';
import { startEngine } from '../../infra/local/engine.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import { createTable } from '../../shared/store/create-table.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import { CapacityMeter, openTable } from '../../shared/store/dynamo.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { against, counted, type ReportedMeasurement } from './measurement.ts';
import { AS_OF_MS, type SimulatedHistory, simulatedHistories } from './simulated-histories.ts';
import { writeTransactionItem } from './transaction-items.ts';

const TRANSACTIONS_PER_DAY = 30;
const DAYS = 40;
const DAYS_QUICK = 1;
const HISTORIES = 12;
const PLATFORM = 'ten_bench-platform';

interface ReportedDay {
  readonly history: SimulatedHistory;
  readonly transactions: readonly Transaction[];
}

/**
 * What 1,000 transactions cost to write, index included, by the engine's own ConsumedCapacity: days of 30
 * transactions sent once a day each, as day bundles and as an item each plus a counter update, side by side on
 * one engine.
 */
export async function ingestUnits(quick: boolean): Promise<ReportedMeasurement[]> {
  const days = daysOfThirty(quick ? DAYS_QUICK : DAYS);
  const engine = await startEngine({ inMemory: true });
  try {
    const inBundles = new CapacityMeter();
    const bundled = openTable({
      endpoint: engine.endpoint,
      tableName: 'bundles',
      onConsumed: inBundles.add,
    });
    const inItems = new CapacityMeter();
    const itemized = openTable({ endpoint: engine.endpoint, tableName: 'items', onConsumed: inItems.add });
    await Promise.all([createTable(bundled), createTable(itemized)]);
    const stations = stationStore(bundled);
    for (const { simulated } of new Set(days.map(({ history }) => history))) {
      await stations.put(PLATFORM, simulated.station);
    }
    inBundles.reset();

    const bundles = dayBundleStore(bundled);
    for (const { history, transactions } of days) {
      const { stationId } = history.simulated.station;
      const outcomes = await ingestTransactions(
        { tenantId: PLATFORM, stationId, transactions },
        { stations, bundles, nowMs: () => AS_OF_MS, random: Math.random, sleep },
      );
      const refused = outcomes.find(({ status }) => status !== 'accepted');
      if (refused !== undefined) throw new Error(`a simulated transaction was ${refused.status}`);
      for (const reported of transactions) {
        await writeTransactionItem(itemized, PLATFORM, stationId, reported);
      }
    }
    for (const { client } of [bundled, itemized]) client.destroy();

    const perThousand = (units: number) => (units * 1_000) / (days.length * TRANSACTIONS_PER_DAY);
    const sent = `${TRANSACTIONS_PER_DAY} a station and day sent once a day`;
    const unit = 'write units per 1,000 transactions';
    const items = counted(
      `ingest, ${sent}, an item each and a counter`,
      unit,
      perThousand(inItems.writeUnits),
    );
    return [
      against(
        counted(`ingest, ${sent}, day bundles and index`, unit, perThousand(inBundles.writeUnits)),
        items,
      ),
      against(counted(`ingest, ${sent}, of which index`, unit, perThousand(inBundles.indexWriteUnits))),
      against(items),
      against(
        counted(
          `ingest, ${sent}, reading before writing`,
          'read units per 1,000 transactions',
          perThousand(inBundles.readUnits),
        ),
      ),
    ];
  } finally {
    await engine.stop();
  }
}

/** The first 30 transactions of simulated days that have as many: real ids, customers and amounts. */
function daysOfThirty(count: number): ReportedDay[] {
  const days: ReportedDay[] = [];
  for (const history of simulatedHistories(HISTORIES)) {
    for (const { transactions } of history.simulated.transactionDays()) {
      if (transactions.length < TRANSACTIONS_PER_DAY) continue;
      days.push({ history, transactions: transactions.slice(0, TRANSACTIONS_PER_DAY) });
      if (days.length === count) return days;
    }
  }
  throw new Error(`only ${days.length} of ${count} simulated days have ${TRANSACTIONS_PER_DAY} transactions`);
}
