import { describe, expect, it } from 'vitest';
import { type IngestDependencies, ingestTransactions } from '../../functions/ingest/ingest-transactions.ts';
import { isWholeDay } from '../../shared/domain/day-parts.ts';
import { summarizeDay } from '../../shared/domain/summarize-day.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import { openTable, type StoreTable } from '../../shared/store/dynamo.ts';
import { bundleOfDay } from '../../shared/store/stored-day.ts';
import { contractEngines, useTableOn } from '../support/engine.ts';
import {
  SAMPLE_DAY,
  SAMPLE_NOW_MS,
  sampleStation,
  sampleTransaction,
} from '../support/sample-transactions.ts';

const { stationId, timeZone } = sampleStation;
const partBounds = { rowsMax: 40, bytesMax: 1e9, depthMax: 7 };

/** A busy day: sales by a few customers, every tenth reversed, balances stated. */
const busyDay: readonly Transaction[] = Array.from({ length: 500 }, (_, index) => {
  const minute = `${String(Math.floor(index / 60)).padStart(2, '0')}:${String(index % 60).padStart(2, '0')}`;
  const undoes = index % 10 === 9;
  return sampleTransaction({
    transactionId: undoes ? `undo-${index}` : `sale-${index}`,
    kind: 'produce_sale',
    occurredAt: `${SAMPLE_DAY}T${minute}:00Z`,
    amountMinor: undoes ? -(100 + index - 4) : 100 + index,
    counterparty: `v${(index * 7) % 90}`,
    balanceAfterMinor: 1_000 + ((index * 37) % 911),
    ...(undoes ? { reverses: `sale-${index - 4}` } : {}),
  });
});

function ingestion(tenantId: string, table: StoreTable, change: Partial<IngestDependencies> = {}) {
  const bundles = dayBundleStore(table);
  const dependencies: IngestDependencies = {
    stations: { get: async () => sampleStation },
    bundles,
    nowMs: () => SAMPLE_NOW_MS,
    random: () => 0.5,
    sleep: () => new Promise((done) => setImmediate(done)),
    partBounds,
    ...change,
  };
  return {
    bundles,
    report: (transactions: readonly Transaction[]) =>
      ingestTransactions({ tenantId, stationId, transactions }, dependencies),
    /** The stored day; fails unless its parts, its rows and its summary in the index all agree. */
    async audited() {
      const stored = await bundles.readDay(tenantId, stationId, SAMPLE_DAY);
      if (stored === undefined) return undefined;
      const bundle = bundleOfDay(stored);
      expect(isWholeDay(stored.parts.map(({ prefix }) => prefix))).toBe(true);
      const [indexed] = await bundles.readSummaries(tenantId, stationId, SAMPLE_DAY, SAMPLE_DAY);
      expect(indexed?.summary).toEqual(summarizeDay(bundle, timeZone));
      return { stored, bundle };
    },
  };
}

const batches = (size: number) =>
  Array.from({ length: Math.ceil(busyDay.length / size) }, (_, index) =>
    busyDay.slice(index * size, (index + 1) * size),
  );
const count = (outcomes: readonly { status: string }[], status: string) =>
  outcomes.filter((outcome) => outcome.status === status).length;

describe.each(contractEngines)('a busy day on %s', (engine) => {
  const table = useTableOn(engine);

  it('goes into parts, in pieces or at once, and comes to the same', async () => {
    const inPieces = ingestion('ten_pieces', table());
    for (const batch of batches(73)) {
      expect(count(await inPieces.report(batch), 'accepted')).toBe(batch.length);
    }
    const atOnce = ingestion('ten_once', table());
    expect(count(await atOnce.report(busyDay), 'accepted')).toBe(busyDay.length);
    const [pieces, once] = [await inPieces.audited(), await atOnce.audited()];
    expect(pieces?.stored.parts.length).toBeGreaterThan(8);
    expect(pieces?.bundle).toEqual(once?.bundle);
    expect(pieces?.bundle.rows).toHaveLength(busyDay.length);
  });

  it('finds duplicates, conflicts and second reversals in whichever part they are', async () => {
    const { report, audited } = ingestion('ten_judge', table());
    await report(busyDay);
    const before = await audited();
    expect(count(await report(busyDay), 'duplicate')).toBe(busyDay.length);
    const others = busyDay.map((sold) => ({ ...sold, amountMinor: sold.amountMinor + 1 }));
    expect(count(await report(others), 'rejected')).toBe(busyDay.length);
    const again = busyDay
      .filter(({ reverses }) => reverses !== undefined)
      .map((undo) => ({ ...undo, transactionId: `${undo.transactionId}-again` }));
    expect((await report(again)).map((outcome) => outcome.status === 'rejected' && outcome.code)).toEqual(
      again.map(() => 'already_reversed'),
    );
    expect(await audited()).toEqual(before);
  });

  it('is exact after a crash before or after any write, and the report sent again', async () => {
    for (const survives of [0, 1, 2, 5, 9]) {
      const tenantId = `ten_crash-${survives}`;
      const { bundles, report, audited } = ingestion(tenantId, table());
      await report(busyDay.slice(0, 200));
      let writes = 0;
      const crashing = ingestion(tenantId, table(), {
        bundles: {
          ...bundles,
          writeParts: async (...write) => {
            writes += 1;
            if (writes > survives) {
              // Half of them crash on the way there, half on the way back.
              if (survives % 2 === 1) await bundles.writeParts(...write);
              throw new Error('crashed');
            }
            return bundles.writeParts(...write);
          },
        },
      });
      await expect(crashing.report(busyDay)).rejects.toThrow('crashed');
      expect((await audited())?.bundle.rows.length).toBeGreaterThanOrEqual(200);
      const again = await report(busyDay);
      expect(count(again, 'accepted') + count(again, 'duplicate')).toBe(busyDay.length);
      expect((await audited())?.bundle.rows).toHaveLength(busyDay.length);
    }
  });

  it('lets writers who divide it at the same time all through, each row once', async () => {
    let nowMs = SAMPLE_NOW_MS;
    const { report, audited } = ingestion('ten_crowd', table(), {
      nowMs: () => {
        nowMs += 1;
        return nowMs;
      },
    });
    const writers = [batches(125), batches(100).slice(1)].flat();
    const outcomes = (await Promise.all(writers.map((batch) => report(batch)))).flat();
    expect(count(outcomes, 'rejected')).toBe(0);
    expect(count(outcomes, 'accepted')).toBe(busyDay.length);
    expect((await audited())?.bundle.rows).toHaveLength(busyDay.length);
  });

  it('never counts twice when the index is met in the middle of a division', async () => {
    const { report } = ingestion('ten_torn', table());
    const { endpoint } = table().client.config;
    const resolved = await endpoint?.();
    const lagging = openTable({
      endpoint: `http://${resolved?.hostname}:${resolved?.port}`,
      tableName: table().tableName,
    });
    let stale: unknown[] = [];
    lagging.client.middlewareStack.add(
      (next) => async (args) => {
        const answer = await next(args);
        const { output } = answer as { output: { Items?: unknown[] } };
        if ('IndexName' in args.input && output.Items !== undefined) output.Items.push(...stale);
        if ('IndexName' in args.input && stale.length === 0) stale = [...(output.Items ?? [])];
        return answer;
      },
      { step: 'initialize', name: 'staleIndex' },
    );
    await report(busyDay.slice(0, 30));
    const store = dayBundleStore(lagging);
    await store.readSummaries('ten_torn', stationId, SAMPLE_DAY, SAMPLE_DAY);
    await report(busyDay);
    expect(stale).toHaveLength(1);
    const [read, ...more] = await store.readSummaries('ten_torn', stationId, SAMPLE_DAY, SAMPLE_DAY);
    const bundle = await store.get('ten_torn', stationId, SAMPLE_DAY);
    expect(more).toEqual([]);
    expect(bundle && read?.summary).toEqual(bundle && summarizeDay(bundle.bundle, timeZone));
    lagging.client.destroy();
  });
});
