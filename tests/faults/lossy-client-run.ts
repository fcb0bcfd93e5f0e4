import { ingestTransactions } from '../../functions/ingest/ingest-transactions.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { auditHistory } from './audit-history.ts';
import { faultyTable } from './faulty-table.ts';
import {
  FAULTS_NOW_MS,
  faultPartBounds,
  faultStations,
  PLATFORM,
  type Report,
  sampleHistory,
} from './sample-history.ts';
import { seededRandom } from './seeded-random.ts';

const CLIENTS = 4;
/** A reporter that is refused this often gives a batch up: it then may be held in part, and nothing else. */
const TRIES_MAX = 6;

/** Four reporters over a network that loses 15 % of requests and of answers; throttles; conflicts. */
export async function lossyClientRun(
  sound: { readonly table: StoreTable; readonly endpoint: string },
  seed: number,
  transactions: number,
) {
  const random = seededRandom(seed);
  const reports = sampleHistory(random, transactions);
  const { table, injected } = faultyTable(
    { endpoint: sound.endpoint, tableName: sound.table.tableName },
    random,
  );
  // Some batches hold what others hold as well, as a reporter that forgot what it sent.
  const batches = random.shuffled([
    ...batchesOf(random.shuffled(reports), random),
    ...batchesOf(reports, random),
  ]);
  const acknowledged = new Set<string>();
  let [refusals, givenUp, rejected] = [0, 0, 0];
  const dependencies = {
    stations: {
      get: async (_: string, id: string) => faultStations.find(({ stationId }) => stationId === id),
    },
    bundles: dayBundleStore(table),
    nowMs: () => FAULTS_NOW_MS,
    random,
    sleep: () => new Promise<void>((done) => setImmediate(done)),
    partBounds: faultPartBounds,
  };
  const queue = batches.values();
  const client = async () => {
    for (const batch of queue) {
      const [first] = batch;
      if (first === undefined) continue;
      const input = {
        tenantId: PLATFORM,
        stationId: first.stationId,
        transactions: batch.map(({ transaction }) => transaction),
      };
      for (let tries = 1; ; tries += 1) {
        try {
          for (const outcome of await ingestTransactions(input, dependencies)) {
            if (outcome.status === 'rejected') rejected += 1;
            else acknowledged.add(`${first.stationId} ${outcome.transactionId}`);
          }
          break;
        } catch {
          refusals += 1;
          if (tries < TRIES_MAX) continue;
          givenUp += 1;
          break;
        }
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: CLIENTS }, client));
  } finally {
    table.client.destroy();
  }
  if (rejected > 0) throw new Error(`${rejected} transactions were rejected, though none contradict`);
  const audited = await auditHistory(sound.table, reports, acknowledged);
  return {
    sent: batches.flat().length,
    acknowledged: acknowledged.size,
    held: audited.transactions,
    partsMax: audited.partsMax,
    refusals,
    givenUp,
    ...injected,
  };
}

/** Batches of one station each, of 1 to 50. */
function* batchesOf(reports: readonly Report[], random: () => number): Generator<Report[]> {
  for (const ofStation of Map.groupBy(reports, ({ stationId }) => stationId).values()) {
    for (let from = 0; from < ofStation.length; ) {
      const size = 1 + Math.floor(random() * 50);
      yield ofStation.slice(from, from + size);
      from += size;
    }
  }
}
