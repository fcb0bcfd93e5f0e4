import { describe, expect, inject, it } from 'vitest';
import {
  type IngestDependencies,
  ingestTransactions,
} from '../../../functions/ingest/ingest-transactions.ts';
import { addDays } from '../../../shared/domain/calendar.ts';
import type { Transaction } from '../../../shared/domain/transaction.ts';
import { dayBundleStore } from '../../../shared/store/day-bundles.ts';
import { CapacityMeter, openTable } from '../../../shared/store/dynamo.ts';
import { stationStore } from '../../../shared/store/stations.ts';
import { encodeSummary } from '../../../shared/store/summary-codec.ts';
import { contractEngines, useTable, useTableOn } from '../../support/engine.ts';
import {
  SAMPLE_DAY,
  SAMPLE_NOW_MS,
  sampleStation,
  sampleTransaction,
} from '../../support/sample-transactions.ts';

const { stationId } = sampleStation;
const table = useTable();

/** The real store under a tenant of its own; the clock stands, waiting is but a turn of the event loop. */
async function ingestion(tenantId: string, change: Partial<IngestDependencies> = {}) {
  const stations = stationStore(table());
  await stations.put(tenantId, sampleStation);
  const bundles = dayBundleStore(table());
  const dependencies: IngestDependencies = {
    stations,
    bundles,
    nowMs: () => SAMPLE_NOW_MS,
    random: () => 0.5,
    sleep: () => new Promise((done) => setImmediate(done)),
    ...change,
  };
  return {
    report: (...transactions: unknown[]) =>
      ingestTransactions({ tenantId, stationId, transactions }, dependencies),
    history: () => bundles.readBundles(tenantId, stationId, '2024-01-01', '2026-12-31'),
    summaryBytes: async () =>
      (await bundles.readSummaries(tenantId, stationId, '2024-01-01', '2026-12-31')).map(({ summary }) =>
        Buffer.from(encodeSummary(summary)).toString('hex'),
      ),
  };
}

const statuses = (outcomes: readonly { status: string }[]) => outcomes.map(({ status }) => status);

/** A month of a station, eight a day, some reversed, in a fixed disorder. */
function monthOfTransactions(): Transaction[] {
  const reported = Array.from({ length: 240 }, (_, index): Transaction => {
    const day = addDays('2026-02-01', Math.floor(index / 8));
    const undoes = index % 24 === 23;
    const undone = index % 24 === 20;
    return sampleTransaction({
      transactionId: undoes ? `undo-${index}` : `t-${index}`,
      kind: undoes || undone ? 'produce_sale' : index % 3 === 0 ? 'parcel' : 'purchase_order',
      occurredAt: `${day}T0${index % 8}:15:00Z`,
      amountMinor: undoes ? -4_000 : undone ? 4_000 : 100 + index,
      counterparty: `v${index % 17}`,
      ...(undoes ? { reverses: `t-${index - 3}` } : {}),
    });
  });
  return shuffled(reported, 11);
}

function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  return items
    .map((item, index) => ({
      item,
      key: Math.imul(index + 1, 0x9e3779b1 ^ Math.imul(seed, 0x85ebca6b)) >>> 0,
    }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

describe('taking in what a station reports', () => {
  it('answers each transaction by itself, in the order of the request', async () => {
    const { report, history } = await ingestion('ten_each');
    const outcomes = await report(
      sampleTransaction({ transactionId: 'b', occurredAt: '2026-03-03T02:00:00Z' }),
      { transactionId: 'bad', kind: 'parcel' },
      sampleTransaction({ transactionId: 'a' }),
      sampleTransaction({ transactionId: 'a' }),
      sampleTransaction({ transactionId: 'a', amountMinor: 1 }),
      'not a transaction',
      sampleTransaction({ transactionId: 'e', currency: 'EUR' }),
    );
    expect(outcomes).toMatchObject([
      { status: 'accepted', transactionId: 'b' },
      { status: 'rejected', code: 'invalid_transaction', field: 'occurredAt', transactionId: 'bad' },
      { status: 'accepted', transactionId: 'a' },
      { status: 'duplicate', transactionId: 'a' },
      { status: 'rejected', code: 'conflicting_transaction', transactionId: 'a' },
      { status: 'rejected', code: 'invalid_transaction', field: '' },
      { status: 'rejected', code: 'currency_mismatch', field: 'currency', transactionId: 'e' },
    ]);
    expect((await history()).map(({ bundle }) => [bundle.day, bundle.rows.length])).toEqual([
      [SAMPLE_DAY, 1],
      ['2026-03-03', 1],
    ]);
  });

  it('books a transaction on the business day of the station, not of UTC', async () => {
    const { report, history } = await ingestion('ten_zone');
    await report(
      sampleTransaction({ transactionId: 'late', occurredAt: '2026-03-02T15:59:59.999Z' }),
      sampleTransaction({ transactionId: 'next', occurredAt: '2026-03-02T16:00:00Z' }),
    );
    expect((await history()).map(({ bundle }) => bundle.day)).toEqual(['2026-03-02', '2026-03-03']);
  });

  it('comes to byte-identical summaries from one clean report and from a thrice-sent, shuffled, split one', async () => {
    const clean = await ingestion('ten_clean');
    const messy = await ingestion('ten_messy');
    const month = monthOfTransactions();
    await clean.report(...month);
    const thrice = [month, shuffled(month, 2), shuffled(month, 3)].flat();
    for (let from = 0; from < thrice.length; from += 53) await messy.report(...thrice.slice(from, from + 53));
    const [expected, got] = await Promise.all([clean.summaryBytes(), messy.summaryBytes()]);
    expect(expected).toHaveLength(30);
    expect(got).toEqual(expected);
    const rowCount = (await messy.history()).reduce((sum, { bundle }) => sum + bundle.rows.length, 0);
    expect(rowCount).toBe(month.length);
  });

  it('changes nothing when it is killed between the write and the answer, and sent again', async () => {
    const store = dayBundleStore(table());
    const killed = await ingestion('ten_killed', {
      bundles: {
        ...store,
        writeParts: async (...write) => {
          await store.writeParts(...write);
          throw new Error('killed');
        },
      },
    });
    const month = monthOfTransactions();
    await expect(killed.report(...month)).rejects.toThrow('killed');
    const again = await ingestion('ten_killed');
    const before = await again.history();
    expect(statuses(await again.report(...month))).toEqual(month.map(() => 'duplicate'));
    expect(await again.history()).toEqual(before);
    expect(before.every(({ version }) => version === 1)).toBe(true);
  });

  it('writes nothing when all it is sent is already there', async () => {
    const { report } = await ingestion('ten_quiet');
    await report(sampleTransaction());
    const refusing = await ingestion('ten_quiet', {
      bundles: {
        ...dayBundleStore(table()),
        writeParts: () => Promise.reject(new Error('must not write')),
      },
    });
    expect(statuses(await refusing.report(sampleTransaction()))).toEqual(['duplicate']);
  });

  it('lets writers who meet on one day all through, each transaction once', async () => {
    let nowMs = SAMPLE_NOW_MS;
    const { report, history } = await ingestion('ten_crowd', {
      nowMs: () => {
        nowMs += 1;
        return nowMs;
      },
    });
    const writers = Array.from({ length: 8 }, (_, writer) =>
      Array.from({ length: 6 }, (_, index) =>
        sampleTransaction({ transactionId: `t-${writer * 3 + index}` }),
      ),
    );
    const outcomes = (await Promise.all(writers.map((transactions) => report(...transactions)))).flat();
    const distinct = new Set(writers.flat().map(({ transactionId }) => transactionId));
    expect(statuses(outcomes).filter((status) => status === 'accepted')).toHaveLength(distinct.size);
    expect(statuses(outcomes).filter((status) => status === 'duplicate')).toHaveLength(48 - distinct.size);
    const [day, ...others] = await history();
    expect(others).toEqual([]);
    expect(new Set(day?.bundle.rows.map(({ transactionId }) => transactionId))).toEqual(distinct);
  });

  it('gives a day up after bounded, growing waits, and keeps the days it could write', async () => {
    const store = dayBundleStore(table());
    const waitsMs: number[] = [];
    const crowded = await ingestion('ten_hot', {
      bundles: {
        ...store,
        writeParts: (tenant, station, held, ...rest) =>
          held.day === SAMPLE_DAY
            ? Promise.resolve('conflict')
            : store.writeParts(tenant, station, held, ...rest),
      },
      random: () => 1,
      sleep: async (ms) => {
        waitsMs.push(ms);
      },
    });
    const sent = [
      sampleTransaction(),
      sampleTransaction({ transactionId: 't-2', occurredAt: '2026-03-03T02:00:00Z' }),
    ];
    await expect(crowded.report(...sent)).rejects.toMatchObject({
      code: 'too_many_requests',
      retryAfterSeconds: 2,
    });
    expect(waitsMs).toEqual([16, 32, 64, 128, 256, 500, 500, 500, 500]);
    const calm = await ingestion('ten_hot');
    expect((await calm.history()).map(({ bundle }) => bundle.day)).toEqual(['2026-03-03']);
    expect(statuses(await calm.report(...sent))).toEqual(['accepted', 'duplicate']);
  });

  it('does not know a station of another tenant', async () => {
    await ingestion('ten_owner');
    const { stations, bundles } = { stations: stationStore(table()), bundles: dayBundleStore(table()) };
    const dependencies = {
      stations,
      bundles,
      nowMs: () => SAMPLE_NOW_MS,
      random: () => 0,
      sleep: async () => {},
    };
    const input = { tenantId: 'ten_stranger', stationId, transactions: [sampleTransaction()] };
    await expect(ingestTransactions(input, dependencies)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('reads a month of days in one call, and far days apart', async () => {
    const reads: string[] = [];
    const store = dayBundleStore(table());
    const { report } = await ingestion('ten_runs', {
      bundles: {
        ...store,
        readDays: (tenant, station, from, to) => {
          reads.push(`${from}..${to}`);
          return store.readDays(tenant, station, from, to);
        },
      },
    });
    await report(...monthOfTransactions());
    expect(reads).toEqual(['2026-02-01..2026-03-02']);
    const apart = ['2026-01-01', '2026-01-09', '2026-01-11', '2026-02-01'];
    const sent = apart.map((day) =>
      sampleTransaction({ transactionId: day, occurredAt: `${day}T01:00:00Z` }),
    );
    expect(statuses(await report(...sent))).toEqual(apart.map(() => 'accepted'));
    expect(reads.slice(1)).toEqual([
      '2026-01-01..2026-01-01',
      '2026-01-09..2026-01-11',
      '2026-02-01..2026-02-01',
    ]);
  });

  it('never writes more than sixteen days at once', async () => {
    let [now, most] = [0, 0];
    const store = dayBundleStore(table());
    const { report } = await ingestion('ten_wide', {
      bundles: {
        ...store,
        writeParts: async (...write) => {
          now += 1;
          most = Math.max(most, now);
          const outcome = await store.writeParts(...write);
          now -= 1;
          return outcome;
        },
      },
    });
    const days = Array.from({ length: 40 }, (_, index) =>
      sampleTransaction({
        transactionId: `t-${index}`,
        occurredAt: `${addDays('2026-01-10', index)}T02:00:00Z`,
      }),
    );
    expect(statuses(await report(...days))).toEqual(days.map(() => 'accepted'));
    expect(most).toBeLessThanOrEqual(16);
    expect(most).toBeGreaterThan(1);
  });
});

describe.each(contractEngines)('what ingest costs on %s', (engine) => {
  const meter = new CapacityMeter();
  const metered = useTableOn(engine, { onConsumed: meter.add });

  it('is at most 110 write units per 1,000 transactions at 30 a day, index included', async () => {
    const stations = stationStore(metered());
    await stations.put('ten_cost', sampleStation);
    const dependencies = {
      stations,
      bundles: dayBundleStore(metered()),
      nowMs: () => SAMPLE_NOW_MS,
      random: () => 0,
      sleep: async () => {},
    };
    const transactions = Array.from({ length: 990 }, (_, index) => {
      const hex = (Math.imul(index + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
      return sampleTransaction({
        transactionId: `${hex}-1a2b-4c3d-8e4f-${hex}${hex.slice(0, 4)}`,
        occurredAt: `${addDays('2026-01-05', Math.floor(index / 30))}T0${index % 10}:${10 + (index % 47)}:${10 + (index % 43)}Z`,
        amountMinor: 100 + (Math.imul(index, 7_919) % 50_000),
        counterparty: `v${String(index % 300).padStart(5, '0')}`,
        balanceAfterMinor: 2_000_000 + (Math.imul(index, 104_729) % 900_000),
      });
    });
    meter.reset();
    const outcomes = await ingestTransactions(
      { tenantId: 'ten_cost', stationId, transactions },
      dependencies,
    );
    expect(statuses(outcomes)).toEqual(transactions.map(() => 'accepted'));
    const per1000 = (units: number) => (units / transactions.length) * 1_000;
    expect(per1000(meter.writeUnits)).toBeLessThanOrEqual(110);
    expect(per1000(meter.indexWriteUnits)).toBeLessThanOrEqual(34);
  });
});

describe('a write whose answer is lost on the wire', () => {
  it('is tried again by the client, meets itself, and is accepted once', async () => {
    const lossy = openTable({ endpoint: inject('engineEndpoint'), tableName: table().tableName });
    let lost = 0;
    lossy.client.middlewareStack.add(
      (next, context) => async (args) => {
        const answer = await next(args);
        if (context.commandName !== 'PutItemCommand' || lost > 0) return answer;
        lost += 1;
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      },
      { step: 'deserialize', name: 'loseAnswer', priority: 'high' },
    );
    const { report, history } = await ingestion('ten_lossy', { bundles: dayBundleStore(lossy) });
    expect(statuses(await report(sampleTransaction()))).toEqual(['accepted']);
    expect(lost).toBe(1);
    expect((await history()).map(({ version }) => version)).toEqual([1]);
    lossy.client.destroy();
  });
});
