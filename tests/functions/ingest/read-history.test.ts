import { describe, expect, it } from 'vitest';
import { ingestTransactions } from '../../../functions/ingest/ingest-transactions.ts';
import { dataQuality, listTransactions } from '../../../functions/ingest/read-history.ts';
import type { Transaction } from '../../../shared/domain/transaction.ts';
import { dayBundleStore } from '../../../shared/store/day-bundles.ts';
import { CapacityMeter } from '../../../shared/store/dynamo.ts';
import { ingestCountsStore } from '../../../shared/store/ingest-counts.ts';
import { useTable } from '../../support/engine.ts';
import {
  SAMPLE_DAY,
  SAMPLE_NOW_MS,
  sampleStation,
  sampleTransaction,
} from '../../support/sample-transactions.ts';

const capacity = new CapacityMeter();
const table = useTable({ onConsumed: capacity.add });
const { stationId } = sampleStation;
const HOUR_MS = 3_600_000;

function station(tenantId: string) {
  let nowMs = SAMPLE_NOW_MS;
  const dependencies = {
    stations: { get: async (_: string, id: string) => (id === stationId ? sampleStation : undefined) },
    bundles: dayBundleStore(table()),
    counts: ingestCountsStore(table()),
    nowMs: () => nowMs,
    random: () => 0,
    sleep: async () => {},
  };
  return {
    dependencies,
    report: (transactions: readonly unknown[], atMs = SAMPLE_NOW_MS) => {
      nowMs = atMs;
      return ingestTransactions({ tenantId, stationId, transactions }, dependencies);
    },
    list: (query: { day?: string; limit?: number; cursor?: string; knownAt?: string } = {}) =>
      listTransactions({ tenantId, stationId, day: SAMPLE_DAY, limit: 25, ...query }, dependencies),
    quality: (query: { from?: string; to?: string } = {}) =>
      dataQuality({ tenantId, stationId, ...query }, dependencies),
  };
}

const sale = (index: number, change: Partial<Transaction> = {}) =>
  sampleTransaction({
    transactionId: `t-${String(index).padStart(3, '0')}`,
    // Three at each minute, so that pages end between equal instants.
    occurredAt: `${SAMPLE_DAY}T02:${String(Math.floor(index / 3)).padStart(2, '0')}:00Z`,
    amountMinor: index,
    ...change,
  });

describe('reading a day of transactions back', () => {
  it('gives every row once, in order, whatever the size of the pages', async () => {
    const { report, list } = station('ten_pages');
    const sent = Array.from({ length: 25 }, (_, index) => sale(index, { counterparty: `v${index}` }));
    await report([...sent].reverse());
    for (const limit of [1, 2, 7, 25, 100]) {
      const read: unknown[] = [];
      let cursor: string | undefined;
      do {
        const page = await list({ limit, ...(cursor === undefined ? {} : { cursor }) });
        expect(page.transactions.length).toBeLessThanOrEqual(limit);
        read.push(...page.transactions);
        cursor = page.cursor;
      } while (cursor !== undefined);
      const recordedAt = new Date(SAMPLE_NOW_MS).toISOString();
      expect(read).toEqual(
        sent.map((row) => ({ ...row, occurredAt: new Date(row.occurredAt).toISOString(), recordedAt })),
      );
    }
  });

  it('keeps its place when rows come in between pages', async () => {
    const { report, list } = station('ten_shift');
    await report([sale(3), sale(6), sale(9)]);
    const first = await list({ limit: 2 });
    await report([sale(0), sale(7)], SAMPLE_NOW_MS + 1);
    const { cursor = '' } = first;
    const second = await list({ limit: 2, cursor });
    expect(second.transactions.map(({ transactionId }) => transactionId)).toEqual(['t-007', 't-009']);
  });

  it('shows it as it was known at an instant, both rows of a correction included', async () => {
    const { report, list } = station('ten_known');
    await report([sale(5)]);
    await report([sale(6, { amountMinor: -5, reverses: 't-005' })], SAMPLE_NOW_MS + 60_000);
    const ids = async (knownAt?: string) =>
      (await list(knownAt === undefined ? {} : { knownAt })).transactions.map((row) => row.transactionId);
    expect(await ids()).toEqual(['t-005', 't-006']);
    expect(await ids(new Date(SAMPLE_NOW_MS + 59_999).toISOString())).toEqual(['t-005']);
    expect(await ids(new Date(SAMPLE_NOW_MS - 1).toISOString())).toEqual([]);
  });

  it('refuses a cursor it never gave, and a station it does not have', async () => {
    const { report, list, dependencies } = station('ten_refuse');
    await report([sale(1)]);
    for (const cursor of [
      'x',
      Buffer.from('1 a b').toString('base64url'),
      Buffer.from('-').toString('base64url'),
    ]) {
      await expect(list({ cursor })).rejects.toMatchObject({ code: 'invalid_request' });
    }
    const elsewhere = { tenantId: 'ten_refuse', stationId: 'stn_none', day: SAMPLE_DAY, limit: 1 };
    await expect(listTransactions(elsewhere, dependencies)).rejects.toMatchObject({ code: 'not_found' });
    expect((await list({ day: '2026-01-01' })).transactions).toEqual([]);
  });
});

describe('data quality', () => {
  it('says how fresh, whole and timely a history is, and what was sent in vain', async () => {
    const { report, quality } = station('ten_quality');
    const day = (date: string, index: number) => sale(index, { occurredAt: `${date}T02:00:00Z` });
    // Seen from 2026-03-10 12:00 in Shanghai: one on time by two hours, others late by days.
    await report([day('2026-03-10', 1), day('2026-03-06', 2), day('2026-03-01', 3)]);
    await report([sale(4, { occurredAt: '2026-03-06T03:00:00Z', amountMinor: -2, reverses: 't-002' })]);
    await report([day('2026-03-10', 1), day('2026-03-10', 1), null, sale(5, { currency: 'EUR' })]);
    expect(await quality({ from: '2026-03-01', to: '2026-03-10' })).toEqual({
      from: '2026-03-01',
      to: '2026-03-10',
      freshness: {
        lastDay: '2026-03-10',
        daysSinceLastDay: 0,
        recordedUntil: new Date(SAMPLE_NOW_MS).toISOString(),
      },
      activity: {
        days: 10,
        daysWithTransactions: 2,
        gaps: [{ from: '2026-03-02', to: '2026-03-09', days: 8 }],
      },
      transactions: {
        standing: 2,
        reversed: 1,
        late: 3,
        latenessHoursMedian: 98,
        latenessHoursMax: 218,
      },
      reports: {
        duplicates: 2,
        rejected: 2,
        rejectedByCode: { invalid_transaction: 1, currency_mismatch: 1 },
      },
    });
  });

  it('speaks of a station that never reported, and of no day it was closed', async () => {
    const { quality } = station('ten_silent');
    const silent = await quality();
    expect(silent).toMatchObject({
      from: '2025-12-09',
      to: '2026-03-10',
      freshness: { lastDay: null, daysSinceLastDay: null, recordedUntil: null },
      activity: { days: 92, daysWithTransactions: 0, gaps: [{ days: 92 }] },
      transactions: { standing: 0, latenessHoursMedian: null },
    });
    expect((await quality({ from: '2023-12-01', to: '2024-01-05' })).activity.days).toBe(5);
    for (const period of [
      { from: '2026-03-02', to: '2026-03-01' },
      { from: '2025-01-01', to: '2026-03-01' },
    ]) {
      await expect(quality(period)).rejects.toMatchObject({ code: 'invalid_request' });
    }
  });

  it('costs a clean report nothing, and one with duplicates a write unit', async () => {
    const { report } = station('ten_cost');
    capacity.reset();
    await report([sale(1)]);
    expect(capacity.writeUnits).toBe(2);
    capacity.reset();
    await report([sale(1), sale(1)], SAMPLE_NOW_MS + HOUR_MS);
    expect(capacity.writeUnits).toBe(1);
  });

  it('answers a report although its counts cannot be kept', async () => {
    const { dependencies } = station('ten_uncounted');
    const outcomes = await ingestTransactions(
      { tenantId: 'ten_uncounted', stationId, transactions: [sale(1), null] },
      { ...dependencies, counts: { add: () => Promise.reject(new Error('throttled')) } },
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['accepted', 'rejected']);
  });
});
