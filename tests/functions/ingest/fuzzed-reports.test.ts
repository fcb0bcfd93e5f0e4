import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHandler } from '../../../functions/ingest/handler.ts';
import { lambdaContext } from '../../../infra/local/api-gateway-event.ts';
import { importFolder } from '../../../infra/local/import-folder.ts';
import { summarizeDay } from '../../../shared/domain/summarize-day.ts';
import { dayBundleStore } from '../../../shared/store/day-bundles.ts';
import { stationStore } from '../../../shared/store/stations.ts';
import { useTable } from '../../support/engine.ts';
import { httpEvent } from '../../support/http-event.ts';
import { SAMPLE_NOW_MS, sampleStation, sampleTransaction } from '../../support/sample-transactions.ts';

/** 10,000 take two minutes: FUZZED_BODIES=10000. */
const BODIES = Number(process.env.FUZZED_BODIES ?? 400);
const table = useTable();

const odd = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '\u0000',
    '\ud800',
    '__proto__',
    '9'.repeat(400),
    -0,
    2 ** 53,
    1e308,
    [],
    {},
    null,
    '',
    true,
  ),
);
const sound = fc
  .record({ id: fc.nat(4_000), day: fc.integer({ min: 1, max: 9 }), amount: fc.nat(500) })
  .map(({ id, day, amount }) =>
    sampleTransaction({
      transactionId: `t-${id}`,
      occurredAt: `2026-03-0${day}T02:30:00Z`,
      amountMinor: amount,
    }),
  );
const fields = Object.keys(sampleTransaction());
const broken = fc
  .tuple(sound, fc.constantFrom(...fields, 'reverses', 'colour'), odd)
  .map(([transaction, field, value]) => ({ ...transaction, [field]: value }));
const transactions = fc.array(
  fc.oneof({ weight: 4, arbitrary: sound }, { weight: 3, arbitrary: broken }, odd),
  {
    maxLength: 8,
  },
);
const body = fc.oneof(
  { weight: 8, arbitrary: transactions.map((reported) => JSON.stringify({ transactions: reported })) },
  { weight: 2, arbitrary: odd.map((value) => JSON.stringify({ transactions: value })) },
  { weight: 1, arbitrary: odd.map((value) => JSON.stringify(value) ?? '') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
);

describe('fuzzed reports', () => {
  it('are never a fault, and leave exactly what was answered as accepted', { timeout: 600_000 }, async () => {
    await stationStore(table()).put('ten_fuzzed', sampleStation);
    const handler = createHandler({
      table: table(),
      nowMs: () => SAMPLE_NOW_MS,
      log: () => {},
      random: () => 0,
      sleep: async () => {},
      files: importFolder('/nowhere'),
      newId: (prefix) => `${prefix}_1`,
    });
    const accepted: string[] = [];
    const statuses = new Map<number | undefined, number>();
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const event = httpEvent({
          routeKey: 'POST /v1/stations/{stationId}/transactions',
          tenant: 'ten_fuzzed',
          scopes: ['transactions:write'],
          params: { stationId: sampleStation.stationId },
          body: text,
        });
        const { statusCode, body: answer = '' } = await handler(event, lambdaContext('ingest', 'req-1'));
        statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
        expect([200, 400]).toContain(statusCode);
        if (statusCode !== 200) return;
        for (const outcome of JSON.parse(answer).outcomes) {
          if (outcome.status === 'accepted') accepted.push(outcome.transactionId);
        }
      }),
      { numRuns: BODIES },
    );
    const bundles = dayBundleStore(table());
    const days = await bundles.readBundles('ten_fuzzed', sampleStation.stationId, '2020-01-01', '2030-01-01');
    const held = days.flatMap(({ bundle }) => bundle.rows.map(({ transactionId }) => transactionId));
    expect(held.sort()).toEqual(accepted.sort());
    const summaries = await bundles.readSummaries(
      'ten_fuzzed',
      sampleStation.stationId,
      '2020-01-01',
      '2030-01-01',
    );
    expect(summaries.map(({ summary }) => summary)).toEqual(
      days.map(({ bundle }) => summarizeDay(bundle, sampleStation.timeZone)),
    );
    expect(statuses.get(200)).toBeGreaterThan(BODIES / 4);
    expect(statuses.get(400)).toBeGreaterThan(0);
    if (BODIES >= 10_000)
      console.log(`${BODIES} bodies: ${JSON.stringify([...statuses])}, ${held.length} held`);
  });
});
