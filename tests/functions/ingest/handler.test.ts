import { describe, expect, it } from 'vitest';
import { createHandler } from '../../../functions/ingest/handler.ts';
import { lambdaContext } from '../../../infra/local/api-gateway-event.ts';
import { importFolder } from '../../../infra/local/import-folder.ts';
import { stationStore } from '../../../shared/store/stations.ts';
import { useTable } from '../../support/engine.ts';
import { httpEvent } from '../../support/http-event.ts';
import { SAMPLE_NOW_MS, sampleStation, sampleTransaction } from '../../support/sample-transactions.ts';

const table = useTable();

async function report(body: unknown, stationId = sampleStation.stationId) {
  await stationStore(table()).put('ten_platform', sampleStation);
  const handler = createHandler({
    table: table(),
    nowMs: () => SAMPLE_NOW_MS,
    log: () => {},
    random: () => 0,
    sleep: async () => {},
    files: importFolder('/nowhere'),
    newId: (prefix) => `${prefix}_1`,
  });
  const event = httpEvent({
    routeKey: 'POST /v1/stations/{stationId}/transactions',
    tenant: 'ten_platform',
    scopes: ['transactions:write'],
    params: { stationId },
    body,
  });
  const response = await handler(event, lambdaContext('ingest', 'req-1'));
  return { status: response.statusCode, json: JSON.parse(response.body ?? 'null') };
}

describe('POST /v1/stations/{stationId}/transactions', () => {
  it('answers 200 with counts and one outcome for each transaction, whatever became of it', async () => {
    const transactions = [sampleTransaction(), sampleTransaction(), { transactionId: 'x' }, null];
    const { status, json } = await report({ transactions });
    expect(status).toBe(200);
    expect(json).toMatchObject({ accepted: 1, duplicates: 1, rejected: 2 });
    expect(json.outcomes.map((outcome: { status: string }) => outcome.status)).toEqual([
      'accepted',
      'duplicate',
      'rejected',
      'rejected',
    ]);
  });

  it.each([
    [{}],
    [{ transactions: [] }],
    [{ transactions: sampleTransaction() }],
    [{ transactions: Array.from({ length: 1_001 }, () => null) }],
    [{ transactions: [sampleTransaction()], more: 1 }],
  ])('refuses a body that is no list of 1 to 1,000, case %#', async (body) => {
    const { status, json } = await report(body);
    expect([status, json.code]).toEqual([400, 'invalid_request']);
  });

  it('answers 404 for a station it does not have', async () => {
    const { status, json } = await report({ transactions: [sampleTransaction()] }, 'stn_nowhere');
    expect([status, json.code]).toEqual([404, 'not_found']);
  });
});
