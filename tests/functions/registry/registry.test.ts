import { beforeEach, describe, expect, it } from 'vitest';
import { createHandler } from '../../../functions/registry/handler.ts';
import { lambdaContext } from '../../../infra/local/api-gateway-event.ts';
import { scopeNames } from '../../../shared/http/scopes.ts';
import { useTable } from '../../support/engine.ts';
import { httpEvent, type TestRequest } from '../../support/http-event.ts';
import { programTerms } from '../../support/program-terms.ts';

const table = useTable();
let nowMs = Date.parse('2026-03-01T00:00:00Z');
beforeEach(() => {
  nowMs = Date.parse('2026-03-01T00:00:00Z');
});

async function call(
  tenant: string,
  routeKey: string,
  request: Omit<TestRequest, 'routeKey' | 'tenant'> = {},
) {
  const handler = createHandler({ table: table(), nowMs: () => nowMs, log: () => {} });
  const event = httpEvent({ routeKey, tenant, scopes: scopeNames, ...request });
  const response = await handler(event, lambdaContext('registry', 'req-1'));
  return { status: response.statusCode, json: JSON.parse(response.body ?? 'null') };
}

const station = { countyId: 'cty_1', village: '李家村', openedOn: '2024-05-01', stage: 'partner' };
const entrepreneur = { role: 'partner', stationIds: ['stn_1'], returnedToVillage: true };

describe('a station', () => {
  const PUT = 'PUT /v1/stations/{stationId}';
  const GET = 'GET /v1/stations/{stationId}';

  it('is read back as it was put, with the defaults filled in', async () => {
    const params = { stationId: 'stn_a' };
    const put = await call('ten_platform', PUT, { params, body: station });
    const whole = { stationId: 'stn_a', ...station, currency: 'CNY', timeZone: 'Asia/Shanghai' };
    expect(put).toEqual({ status: 200, json: whole });
    expect(await call('ten_platform', GET, { params })).toEqual({ status: 200, json: whole });
  });

  it('changes its stage, never its currency or time zone', async () => {
    const params = { stationId: 'stn_b' };
    await call('ten_platform', PUT, { params, body: station });
    const changed = await call('ten_platform', PUT, { params, body: { ...station, stage: 'service' } });
    expect(changed.json.stage).toBe('service');
    const moved = await call('ten_platform', PUT, { params, body: { ...station, timeZone: 'UTC' } });
    expect([moved.status, moved.json.code]).toEqual([409, 'version_conflict']);
    expect((await call('ten_platform', GET, { params })).json.timeZone).toBe('Asia/Shanghai');
  });

  it('of another tenant does not exist, and its id is free to use', async () => {
    const params = { stationId: 'stn_c' };
    await call('ten_platform', PUT, { params, body: station });
    expect((await call('ten_other', GET, { params })).status).toBe(404);
    await call('ten_other', PUT, { params, body: { ...station, village: '别的村' } });
    expect((await call('ten_platform', GET, { params })).json.village).toBe('李家村');
  });
});

describe('a county', () => {
  it('is its operator’s alone', async () => {
    const params = { countyId: 'cty_1' };
    const body = { name: '遂昌', leadingGroupHead: 'party_secretary' };
    const put = await call('ten_operator', 'PUT /v1/counties/{countyId}', { params, body });
    expect(put).toEqual({ status: 200, json: { countyId: 'cty_1', ...body } });
    expect((await call('ten_operator', 'GET /v1/counties/{countyId}', { params })).json).toEqual(put.json);
    expect((await call('ten_other', 'GET /v1/counties/{countyId}', { params })).status).toBe(404);
  });
});

describe('consents', () => {
  const POST = 'POST /v1/entrepreneurs/{entrepreneurId}/consents';
  const GET = 'GET /v1/entrepreneurs/{entrepreneurId}/consents';
  const given = {
    purpose: 'credit_decision',
    recipientTenantId: 'ten_lender',
    expiresAt: '2027-03-01T00:00:00Z',
  };
  const put = (entrepreneurId: string) =>
    call('ten_platform', 'PUT /v1/entrepreneurs/{entrepreneurId}', {
      params: { entrepreneurId },
      body: entrepreneur,
    });
  const give = (entrepreneurId: string, key: string, body: object = given) =>
    call('ten_platform', POST, { params: { entrepreneurId }, headers: { 'idempotency-key': key }, body });
  const list = (entrepreneurId: string, query: Record<string, string> = {}) =>
    call('ten_platform', GET, { params: { entrepreneurId }, query });

  it('are recorded with the hour they were given', async () => {
    await put('ent_a');
    const { status, json } = await give('ent_a', 'k1');
    expect(status).toBe(201);
    expect(json).toEqual({
      ...given,
      consentId: expect.stringMatching(/^cns_[0-9a-f]{32}$/),
      entrepreneurId: 'ent_a',
      grantedAt: '2026-03-01T00:00:00.000Z',
    });
    expect((await list('ent_a')).json).toEqual({ consents: [json] });
  });

  it('sent again, even fifty at once and later, are one consent', async () => {
    await put('ent_b');
    const first = await give('ent_b', 'k1');
    nowMs += 60_000;
    const repeats = await Promise.all(Array.from({ length: 50 }, () => give('ent_b', 'k1')));
    for (const repeat of repeats) expect(repeat).toEqual(first);
    expect((await list('ent_b')).json.consents).toHaveLength(1);
    // The answer to a repeat does not change when the consent has run out meanwhile.
    nowMs = Date.parse('2028-01-01T00:00:00Z');
    expect(await give('ent_b', 'k1')).toEqual(first);
  });

  it('with the same key and other terms are refused', async () => {
    await put('ent_c');
    await give('ent_c', 'k1');
    const { status, json } = await give('ent_c', 'k1', { ...given, recipientTenantId: 'ten_other' });
    expect([status, json.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it('that have run out, or are of nobody, are refused', async () => {
    await put('ent_d');
    const past = await give('ent_d', 'k1', { ...given, expiresAt: '2026-03-01T00:00:00Z' });
    expect([past.status, past.json.issues[0].field]).toEqual([400, 'expiresAt']);
    expect((await give('ent_nobody', 'k1')).status).toBe(404);
    expect((await list('ent_nobody')).status).toBe(404);
  });

  it('are listed page by page, each once', async () => {
    await put('ent_e');
    for (let index = 0; index < 7; index += 1) await give('ent_e', `k${index}`);
    const seen: string[] = [];
    let query: Record<string, string> = { limit: '3' };
    for (let page = 0; page < 3; page += 1) {
      const { json } = await list('ent_e', query);
      seen.push(...json.consents.map((consent: { consentId: string }) => consent.consentId));
      query = { limit: '3', ...(json.nextCursor === undefined ? {} : { cursor: json.nextCursor }) };
    }
    expect(query).toEqual({ limit: '3' });
    expect(new Set(seen).size).toBe(7);
    expect(seen).toHaveLength(7);
  });
});

describe('a program', () => {
  const PUT = 'PUT /v1/programs/{programId}';
  const GET = 'GET /v1/programs/{programId}';

  it('is read by each of its parties, and exists for nobody else', async () => {
    const params = { programId: 'prg_a' };
    const put = await call('ten_operator', PUT, { params, body: programTerms });
    expect(put.status).toBe(200);
    for (const party of ['ten_operator', 'ten_lender', 'ten_incubator', 'ten_platform']) {
      expect(await call(party, GET, { params })).toEqual({ status: 200, json: put.json });
    }
    expect((await call('ten_other', GET, { params })).status).toBe(404);
  });

  it('changes its terms, never its parties', async () => {
    const params = { programId: 'prg_b' };
    await call('ten_operator', PUT, { params, body: programTerms });
    const renamed = await call('ten_operator', PUT, { params, body: { ...programTerms, name: '二期' } });
    expect(renamed.json.name).toBe('二期');
    const handed = await call('ten_operator', PUT, {
      params,
      body: { ...programTerms, incubatorTenantId: 'ten_x' },
    });
    expect([handed.status, handed.json.code]).toEqual([409, 'version_conflict']);
    expect((await call('ten_x', GET, { params })).status).toBe(404);
  });

  it('cannot be joined or probed by another operator who knows its parties', async () => {
    const params = { programId: 'prg_d' };
    await call('ten_operator', PUT, { params, body: programTerms });
    for (const body of [programTerms, { ...programTerms, capitalMinor: 0 }]) {
      const taken = await call('ten_intruder', PUT, { params, body });
      expect([taken.status, taken.json.code, taken.json.issues]).toEqual([
        409,
        'version_conflict',
        undefined,
      ]);
    }
    expect((await call('ten_intruder', GET, { params })).status).toBe(404);
  });

  it('that closes before it opens, or refers below its minimum, is refused by field', async () => {
    const params = { programId: 'prg_c' };
    const closed = await call('ten_operator', PUT, {
      params,
      body: { ...programTerms, closesOn: '2020-01-01' },
    });
    expect([closed.status, closed.json.issues[0].field]).toEqual([400, 'closesOn']);
    const policy = { ...programTerms.policy, referBelowCreditScore: 360 };
    const crossed = await call('ten_operator', PUT, { params, body: { ...programTerms, policy } });
    expect([crossed.status, crossed.json.issues[0].field]).toEqual([400, 'policy.referBelowCreditScore']);
  });
});
