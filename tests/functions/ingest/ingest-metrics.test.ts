import { describe, expect, it } from 'vitest';
import {
  type IngestRecord,
  ingestMetricLine,
  ingestTotals,
} from '../../../functions/ingest/ingest-metrics.ts';
import { ingestTransactions } from '../../../functions/ingest/ingest-transactions.ts';
import { dayBundleStore } from '../../../shared/store/day-bundles.ts';
import { CapacityMeter } from '../../../shared/store/dynamo.ts';
import { useTable } from '../../support/engine.ts';
import { SAMPLE_NOW_MS, sampleStation, sampleTransaction } from '../../support/sample-transactions.ts';

const capacity = new CapacityMeter();
const table = useTable({ onConsumed: capacity.add });

async function recordOf(transactions: readonly unknown[]): Promise<IngestRecord> {
  const records: IngestRecord[] = [];
  await ingestTransactions(
    { tenantId: 'ten_metrics', stationId: sampleStation.stationId, transactions },
    {
      stations: { get: async () => sampleStation },
      bundles: dayBundleStore(table()),
      nowMs: () => SAMPLE_NOW_MS,
      random: () => 0,
      sleep: async () => {},
      meter: { writeUnits: () => capacity.writeUnits, log: (record) => records.push(record) },
    },
  );
  return records[0] ?? expect.fail('no record');
}

describe('what ingest says of itself', () => {
  const hoursBefore = (hours: number) => new Date(SAMPLE_NOW_MS - hours * 3_600_000).toISOString();

  it('counts outcomes, rejects by code, lateness of what is new, and write units', async () => {
    const sent = [
      sampleTransaction({ transactionId: 'a', occurredAt: hoursBefore(2) }),
      sampleTransaction({ transactionId: 'b', occurredAt: hoursBefore(1) }),
      sampleTransaction({ transactionId: 'a', occurredAt: hoursBefore(2) }),
      sampleTransaction({ transactionId: 'c', currency: 'EUR' }),
      {},
      null,
    ];
    const record = await recordOf(sent);
    expect(record).toEqual({
      accepted: 2,
      duplicates: 1,
      rejected: 3,
      rejectedByCode: { currency_mismatch: 1, invalid_transaction: 2 },
      latenessHoursMean: 1.5,
      latenessHoursMax: 2,
      writeUnits: 2,
    });
    expect(await recordOf(sent)).toMatchObject({
      accepted: 0,
      duplicates: 3,
      latenessHoursMax: null,
      writeUnits: 0,
    });

    const line = JSON.parse(ingestMetricLine(record, 'ingest', SAMPLE_NOW_MS));
    const [{ Namespace, Dimensions, Metrics }] = line._aws.CloudWatchMetrics;
    expect([Namespace, Dimensions, line.function]).toEqual(['Cunxin', [['function']], 'ingest']);
    // The format: every metric it names is a number on the line itself.
    for (const { Name } of Metrics) expect(typeof line[Name]).toBe('number');
    expect(line).toMatchObject({
      rejected_currency_mismatch: 1,
      rejected_invalid_transaction: 2,
      writeUnits: 2,
    });
    expect(JSON.stringify(line)).not.toContain('stn_');

    const totals = ingestTotals();
    totals.add(record);
    totals.add(record);
    expect(totals.line()).toBe(
      'ingest  4 accepted, 2 duplicates, 6 rejected (2 currency_mismatch, 4 invalid_transaction), ' +
        'late by up to 2.0 h, 1000.0 write units per 1,000',
    );
  });
});
