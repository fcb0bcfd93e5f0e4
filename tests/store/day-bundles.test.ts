import { createHash } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { addDays } from '../../shared/domain/calendar.ts';
import {
  bundleKnownAt,
  type DayBundle,
  emptyBundle,
  mergeIntoBundle,
  recordedUntilMs,
  reportedRow,
} from '../../shared/domain/day-bundle.ts';
import { summarizeDay } from '../../shared/domain/summarize-day.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import { CapacityMeter } from '../../shared/store/dynamo.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { dayBundleKey, stationKey } from '../../shared/store/table.ts';
import { contractEngines, useTableOn } from '../support/engine.ts';
import {
  SAMPLE_DAY,
  SAMPLE_NOW_MS,
  sampleStation,
  sampleTransaction,
} from '../support/sample-transactions.ts';

const { stationId, timeZone } = sampleStation;

function bundleOf(before: DayBundle, changes: Partial<Transaction>[], recordedAtMs: number): DayBundle {
  const rows = changes.map((change) => reportedRow(sampleTransaction(change)));
  return mergeIntoBundle(before, rows, recordedAtMs).bundle;
}

describe.each(contractEngines)('station history on %s', (engine) => {
  const meter = new CapacityMeter();
  const table = useTableOn(engine, { onConsumed: meter.add });
  const bundles = () => dayBundleStore(table());
  const write = (platform: string, bundle: DayBundle, versionBefore: number) =>
    bundles().write(platform, stationId, bundle, summarizeDay(bundle, timeZone), versionBefore);

  const first = bundleOf(
    emptyBundle(SAMPLE_DAY, 'CNY'),
    [{ counterparty: 'v1', balanceAfterMinor: 7 }],
    SAMPLE_NOW_MS,
  );
  const second = bundleOf(first, [{ transactionId: 't-2', amountMinor: -50 }], SAMPLE_NOW_MS + 1_000);

  it('gives back a bundle as it was written, with its version', async () => {
    expect(await bundles().get('ten_read', stationId, SAMPLE_DAY)).toBeUndefined();
    expect(await write('ten_read', first, 0)).toBe('written');
    expect(await write('ten_read', second, 1)).toBe('written');
    expect(await bundles().get('ten_read', stationId, SAMPLE_DAY)).toEqual({ bundle: second, version: 2 });
  });

  it('writes nothing over another version', async () => {
    expect(await write('ten_conflict', first, 1)).toBe('conflict');
    expect(await bundles().get('ten_conflict', stationId, SAMPLE_DAY)).toBeUndefined();
    await write('ten_conflict', first, 0);
    expect(await write('ten_conflict', second, 0)).toBe('conflict');
    expect(await write('ten_conflict', second, 2)).toBe('conflict');
    expect(await bundles().get('ten_conflict', stationId, SAMPLE_DAY)).toEqual({ bundle: first, version: 1 });
  });

  it('knows its own write when the answer to it was lost', async () => {
    await write('ten_lost', first, 0);
    expect(await write('ten_lost', first, 0)).toBe('written');
    expect((await bundles().get('ten_lost', stationId, SAMPLE_DAY))?.version).toBe(1);
  });

  it('reads summaries day by day through every page, and nothing of another station or tenant', async () => {
    const customers = Array.from({ length: 48 }, (_, index) => ({
      transactionId: `t-${index}`,
      counterparty: `v${index}`,
    }));
    const days = Array.from({ length: 12 }, (_, index) => addDays(SAMPLE_DAY, index));
    const written = days.map((day) => {
      const bundle = { ...bundleOf(emptyBundle(day, 'CNY'), customers, SAMPLE_NOW_MS), day };
      return { bundle, summary: summarizeDay(bundle, timeZone) };
    });
    for (const { bundle, summary } of written)
      await bundles().write('ten_pages', stationId, bundle, summary, 0);
    await bundles().write('ten_pages', 'stn_other', second, summarizeDay(second, timeZone), 0);
    await bundles().write('ten_else', stationId, second, summarizeDay(second, timeZone), 0);
    const expected = written.map(({ summary, bundle }) => ({
      summary,
      recordedUntilMs: recordedUntilMs(bundle),
    }));
    expect(await bundles().readSummaries('ten_pages', stationId, '2026-01-01', '2026-12-31')).toEqual(
      expected,
    );
    expect(
      await bundles().readSummaries('ten_pages', stationId, addDays(SAMPLE_DAY, 2), addDays(SAMPLE_DAY, 4)),
    ).toEqual(expected.slice(2, 5));
    const read = await bundles().readBundles(
      'ten_pages',
      stationId,
      addDays(SAMPLE_DAY, 2),
      addDays(SAMPLE_DAY, 4),
    );
    expect(read.map(({ bundle }) => bundle)).toEqual(written.slice(2, 5).map(({ bundle }) => bundle));
  });

  it('reads past the megabyte at which a page ends', async () => {
    // Hashes do not compress: 2,500 rows are about 150 KB.
    const wide = Array.from({ length: 2_500 }, (_, index) => ({
      transactionId: `t-${index}`,
      counterparty: createHash('sha384').update(`${index}`).digest('base64'),
    }));
    const bundle = bundleOf(emptyBundle(SAMPLE_DAY, 'CNY'), wide, SAMPLE_NOW_MS);
    const days = Array.from({ length: 10 }, (_, index) => addDays(SAMPLE_DAY, index));
    for (const day of days) {
      await bundles().write(
        'ten_wide',
        stationId,
        { ...bundle, day },
        summarizeDay({ ...bundle, day }, timeZone),
        0,
      );
    }
    meter.reset();
    const read = await bundles().readBundles('ten_wide', stationId, SAMPLE_DAY, addDays(SAMPLE_DAY, 9));
    expect(read.map((stored) => stored.bundle.day)).toEqual(days);
    expect(meter.calls).toBeGreaterThan(1);
  });

  it('reads a history as it was known at an instant', async () => {
    const nextDay = addDays(SAMPLE_DAY, 1);
    const later = { ...bundleOf(emptyBundle(nextDay, 'CNY'), [{}], SAMPLE_NOW_MS + 5_000), day: nextDay };
    await write('ten_known', second, 0);
    await write('ten_known', later, 0);
    const known = (asOfMs: number) =>
      bundles().readSummariesKnownAt('ten_known', sampleStation, SAMPLE_DAY, nextDay, asOfMs);
    const [ofFirst, ofSecond, ofLater] = [first, second, later].map((bundle) =>
      summarizeDay(bundle, timeZone),
    );
    expect(bundleKnownAt(second, SAMPLE_NOW_MS)).toEqual(first);
    expect(await known(SAMPLE_NOW_MS + 5_000)).toEqual([ofSecond, ofLater]);
    expect(await known(SAMPLE_NOW_MS + 4_999)).toEqual([ofSecond]);
    expect(await known(SAMPLE_NOW_MS + 999)).toEqual([ofFirst]);
    expect(await known(SAMPLE_NOW_MS - 1)).toEqual([]);
  });

  it('refuses an item that is not what it wrote', async () => {
    const item = {
      ...dayBundleKey('ten_bad', stationId, SAMPLE_DAY),
      day: SAMPLE_DAY,
      version: 1,
      rows: Uint8Array.of(7),
    };
    await table().client.send(new PutItemCommand({ TableName: table().tableName, Item: marshall(item) }));
    await expect(bundles().get('ten_bad', stationId, SAMPLE_DAY)).rejects.toMatchObject({
      code: 'corrupt_record',
    });
    await expect(bundles().readSummaries('ten_bad', stationId, SAMPLE_DAY, SAMPLE_DAY)).rejects.toMatchObject(
      { code: 'corrupt_record' },
    );
  });

  it('keeps stations by tenant, and their currency and time zone for good', async () => {
    const stations = stationStore(table());
    expect(await stations.get('ten_a', stationId)).toBeUndefined();
    await stations.put('ten_a', sampleStation);
    expect(await stations.get('ten_a', stationId)).toEqual(sampleStation);
    expect(await stations.get('ten_b', stationId)).toBeUndefined();
    const grown = { ...sampleStation, stage: 'service' as const, closedOn: '2026-12-31' };
    await stations.put('ten_a', grown);
    for (const change of [{ currency: 'EUR' }, { timeZone: 'Europe/Prague' }]) {
      await expect(stations.put('ten_a', { ...grown, ...change })).rejects.toMatchObject({
        code: 'version_conflict',
      });
    }
    expect(await stations.get('ten_a', stationId)).toEqual(grown);
    await table().client.send(
      new PutItemCommand({
        TableName: table().tableName,
        Item: marshall({ ...stationKey('ten_a', 'stn_bad'), station: { ...sampleStation, stage: 'hut' } }),
      }),
    );
    await expect(stations.get('ten_a', 'stn_bad')).rejects.toMatchObject({ code: 'corrupt_record' });
  });
});
