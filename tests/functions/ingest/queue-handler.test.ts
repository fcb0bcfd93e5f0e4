import { describe, expect, it } from 'vitest';
import { createQueueHandler, type QueueFailure } from '../../../functions/ingest/queue-handler.ts';
import type { Transaction } from '../../../shared/domain/transaction.ts';
import { dayBundleStore } from '../../../shared/store/day-bundles.ts';
import { CapacityMeter } from '../../../shared/store/dynamo.ts';
import { queueRecord } from '../../faults/messages-run.ts';
import { useTable } from '../../support/engine.ts';
import {
  SAMPLE_DAY,
  SAMPLE_NOW_MS,
  sampleStation,
  sampleTransaction,
} from '../../support/sample-transactions.ts';

const meter = new CapacityMeter();
const table = useTable({ onConsumed: meter.add });
const { stationId } = sampleStation;

function queue(tenantId: string) {
  const failures: QueueFailure[] = [];
  const bundles = dayBundleStore(table());
  const handler = createQueueHandler({
    stations: { get: async (_, id) => (id === stationId ? sampleStation : undefined) },
    bundles,
    nowMs: () => SAMPLE_NOW_MS,
    random: () => 0,
    sleep: async () => {},
    logFailure: (failure) => failures.push(failure),
  });
  return {
    failures,
    deliver: async (...bodies: unknown[]) => {
      const Records = bodies.map((body, index) =>
        queueRecord(`m-${index}`, typeof body === 'string' ? body : JSON.stringify(body)),
      );
      const { batchItemFailures } = await handler({ Records });
      return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    },
    message: (...changes: Partial<Transaction>[]) => ({
      tenantId,
      stationId,
      transactions: changes.map((change) => sampleTransaction(change)),
    }),
    rows: async () => (await bundles.get(tenantId, stationId, SAMPLE_DAY))?.bundle.rows.length ?? 0,
  };
}

describe('the queue door', () => {
  it('takes messages in, again and again, and keeps none back', async () => {
    const { deliver, message, rows } = queue('ten_plain');
    const messages = [message({}), message({ transactionId: 't-2' }), message({})];
    expect(await deliver(...messages)).toEqual([]);
    expect(await deliver(...messages)).toEqual([]);
    expect(await rows()).toBe(2);
  });

  it('writes a day once for all the messages of a station', async () => {
    const { deliver, message } = queue('ten_merged');
    meter.reset();
    await deliver(...Array.from({ length: 10 }, (_, index) => message({ transactionId: `t-${index}` })));
    // One item of less than a kilobyte, and its projection.
    expect(meter.writeUnits).toBe(2);
  });

  it('sends back only the messages that hold something it cannot take, and says why', async () => {
    const { deliver, message, rows, failures } = queue('ten_poison');
    const failed = await deliver(
      'not json',
      message({}),
      { ...message({}), transactions: [] },
      message({ transactionId: 't-2' }, { transactionId: 't-1', amountMinor: 9 }),
      { ...message({}), stationId: 'stn_nowhere' },
      message({ transactionId: 't-3' }),
    );
    expect(failed.sort()).toEqual(['m-0', 'm-2', 'm-3', 'm-4']);
    expect(failures.map(({ messageId, reasons }) => `${messageId} ${reasons.join()}`).sort()).toEqual([
      'm-0 malformed_message',
      'm-2 malformed_message',
      'm-3 conflicting_transaction',
      'm-4 unknown_station',
    ]);
    expect(await rows()).toBe(3);
  });

  it('sends all messages of a station back when its writes fail, and no other station', async () => {
    const other = { ...sampleStation, stationId: 'stn_other' };
    const bundles = dayBundleStore(table());
    const handler = createQueueHandler({
      stations: { get: async (_, id) => (id === stationId ? sampleStation : other) },
      bundles: {
        ...bundles,
        writeParts: (tenant, station, ...rest) =>
          station.stationId === stationId
            ? Promise.reject(new Error('down'))
            : bundles.writeParts(tenant, station, ...rest),
      },
      nowMs: () => SAMPLE_NOW_MS,
      random: () => 0,
      sleep: async () => {},
      logFailure: () => {},
    });
    const message = (id: string) =>
      JSON.stringify({ tenantId: 'ten_down', stationId: id, transactions: [sampleTransaction()] });
    const { batchItemFailures } = await handler({
      Records: [queueRecord('a', message(stationId)), queueRecord('b', message('stn_other'))],
    });
    expect(batchItemFailures).toEqual([{ itemIdentifier: 'a' }]);
  });
});
