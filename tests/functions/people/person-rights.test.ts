import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { FunctionName, Route } from '../../../functions/routes.ts';
import { routes } from '../../../functions/routes.ts';
import { lambdaContext } from '../../../infra/local/api-gateway-event.ts';
import { filePersonKeys } from '../../../infra/local/file-person-keys.ts';
import { localFunctions } from '../../../infra/local/functions.ts';
import type { RequestRecord } from '../../../shared/http/request-log.ts';
import { routeKeyOf } from '../../../shared/http/route.ts';
import { scopeNames } from '../../../shared/http/scopes.ts';
import { decisionStore } from '../../../shared/store/decisions.ts';
import { inputHash } from '../../../shared/store/idempotency.ts';
import { useTable } from '../../support/engine.ts';
import { httpEvent, type TestRequest } from '../../support/http-event.ts';
import { neverScores } from '../../support/never-scores.ts';
import { routeSamples } from '../../support/route-samples.ts';
import { sampleApplication, sampleDecision, sampleProgram } from '../../support/sample-lending.ts';
import { testWebhooks } from '../../support/test-webhooks.ts';

const table = useTable();
const logged: RequestRecord[] = [];
let directory = '';
let functions: ReturnType<typeof localFunctions>;
let nowMs = 0;
beforeEach(() => {
  nowMs = Date.parse('2026-03-01T00:00:00Z');
});

beforeAll(async () => {
  nowMs = Date.parse('2026-03-01T00:00:00Z');
  directory = await mkdtemp(join(tmpdir(), 'cunxin-persons-'));
  functions = localFunctions({
    table: table(),
    scorer: neverScores,
    personKeys: await filePersonKeys(directory),
    webhooks: testWebhooks(),
    nowMs: () => nowMs,
    log: (record) => logged.push(record),
    newId: (prefix) => `${prefix}_${randomUUID()}`,
    random: () => 0,
    sleep: async () => {},
  });
  for (const operation of ['putStation', 'putProgram'] as const) {
    const { owner, params, body } = routeSamples[operation];
    await call(operation, { tenant: owner, params, body });
  }
});
afterAll(() => rm(directory, { recursive: true }));

async function call(operation: Route['operation'], request: Omit<TestRequest, 'routeKey'>) {
  const route = routes.find((found) => found.operation === operation) ?? expect.fail(operation);
  const event = httpEvent({
    scopes: scopeNames,
    tenant: 'ten_platform',
    ...request,
    routeKey: routeKeyOf(route),
  });
  const response = await functions[route.function as FunctionName](event, lambdaContext('test', 'req-1'));
  return {
    status: response.statusCode,
    text: response.body ?? '',
    json: JSON.parse(response.body ?? 'null'),
  };
}

const planted = {
  name: '欧阳村小二',
  phone: '139 5712 3456',
  documentKind: 'resident_identity_card',
  documentNumber: '33052319881224001X',
};

async function register(entrepreneurId: string) {
  const params = { entrepreneurId };
  await call('putEntrepreneur', { params, body: routeSamples.putEntrepreneur.body });
  const consent = await call('recordConsent', {
    params,
    headers: { 'idempotency-key': 'consent-1' },
    body: routeSamples.recordConsent.body,
  });
  await call('putPerson', { params, body: planted });
  return { params, consentId: String(consent.json.consentId) };
}

const apply = (entrepreneurId: string, key: string, automatedDecision = 'refused') =>
  call('submitApplication', {
    tenant: 'ten_incubator',
    params: { programId: 'prg_1' },
    headers: { 'idempotency-key': key },
    body: {
      ...z.looseObject({}).parse(routeSamples.submitApplication.body),
      entrepreneurId,
      automatedDecision,
    },
  });

/** Everything the table holds, as bytes that a plain text in any attribute or key would be found in. */
async function everyItem(): Promise<string> {
  const { Items = [], LastEvaluatedKey } = await table().client.send(
    new ScanCommand({ TableName: table().tableName }),
  );
  expect(LastEvaluatedKey).toBeUndefined();
  return JSON.stringify(Items, (_name, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
  );
}

describe('a consent', () => {
  it('withdrawn, is not read under any more, and stays withdrawn', async () => {
    const { params, consentId } = await register('ent_withdraws');
    const before = await apply('ent_withdraws', 'before', 'accepted');
    expect(before.json.reasons.map((reason: { code: string }) => reason.code)).toEqual(['history_too_short']);
    nowMs += 1_000;
    const withdrawal = { params: { ...params, consentId }, body: {} };
    const withdrawn = await call('withdrawConsent', withdrawal);
    expect([withdrawn.status, withdrawn.json.withdrawnAt]).toEqual([200, '2026-03-01T00:00:01.000Z']);
    nowMs += 1_000;
    expect((await call('withdrawConsent', withdrawal)).json).toEqual(withdrawn.json);
    const after = await apply('ent_withdraws', 'after', 'accepted');
    expect(after.json.reasons.map((reason: { code: string }) => reason.code)).toEqual(['consent_missing']);
    expect(after.json.input.history).toBeNull();
  });

  it('that was never given cannot be withdrawn', async () => {
    const { params } = await register('ent_never');
    const unknown = await call('withdrawConsent', { params: { ...params, consentId: 'cns_0' }, body: {} });
    expect(unknown.status).toBe(404);
  });
});

describe('a person', () => {
  it('is read back as recorded, corrected in place, and nobody else’s', async () => {
    const { params } = await register('ent_reads');
    expect((await call('getPerson', { params })).json).toEqual(planted);
    const corrected = { ...planted, phone: '13800000001' };
    expect((await call('putPerson', { params, body: corrected })).status).toBe(200);
    expect((await call('getPerson', { params })).json).toEqual(corrected);
    expect((await call('getPerson', { params, tenant: 'ten_lender' })).status).toBe(404);
    expect((await call('putPerson', { params, tenant: 'ten_lender', body: planted })).status).toBe(404);
  });

  it('exports all that is kept: who they are, what they permitted, what was decided', async () => {
    const { params } = await register('ent_exports');
    const decision = await apply('ent_exports', 'exported');
    const { status, json } = await call('exportPerson', { params });
    expect(status).toBe(200);
    expect(json.person).toEqual(planted);
    expect(json.entrepreneur.entrepreneurId).toBe('ent_exports');
    expect(json.consents).toHaveLength(1);
    expect(json.decisions).toEqual([decision.json]);
  });

  it('leaves no trace in the clear, before the erasure or after', async () => {
    const { params } = await register('ent_planted');
    const decision = await apply('ent_planted', 'planted');
    await call('getPerson', { params });
    const traces = [planted.name, planted.phone, planted.documentNumber, planted.phone.replaceAll(' ', '')];
    const spellings = traces.flatMap((text) => [
      text,
      Buffer.from(text).toString('latin1'),
      Buffer.from(text).toString('base64').replace(/=+$/, ''),
      Buffer.from(text).toString('hex'),
    ]);
    const search = async () => {
      const kept = (await everyItem()) + JSON.stringify(logged) + (await readdir(directory)).join();
      expect(kept).toContain('ent_planted');
      return spellings.filter((text) => kept.includes(text));
    };
    expect(await search()).toEqual([]);

    const erased = await call('erasePerson', { params, body: { reason: 'asked_by_person' } });
    expect([erased.status, erased.json]).toEqual([
      200,
      { entrepreneurId: 'ent_planted', erasedAt: '2026-03-01T00:00:00.000Z' },
    ]);
    expect(await search()).toEqual([]);
    expect((await call('getPerson', { params })).status).toBe(404);
    const exported = await call('exportPerson', { params });
    expect(exported.json.person).toBeNull();
    expect(spellings.filter((text) => exported.text.includes(text))).toEqual([]);
    expect(exported.json.consents[0].withdrawnAt).toBe(erased.json.erasedAt);

    // What was decided stays whole, for the lender and for whoever checks it.
    const { decisionId } = decision.json;
    const read = await call('getDecision', {
      tenant: 'ten_lender',
      params: { programId: 'prg_1', decisionId },
    });
    expect(read.json).toEqual(decision.json);
    nowMs += 1_000;
    const again = await call('erasePerson', { params, body: { reason: 'asked_by_person' } });
    expect(again.json).toEqual(erased.json);
  });

  it('is unreadable from any backup once erased: the key was never in the table', async () => {
    const { params } = await register('ent_backup');
    const before = await Promise.all(
      (await readdir(directory)).map(async (name) => [name, await readFile(join(directory, name))] as const),
    );
    const table_ = await everyItem();
    for (const [, key] of before) expect(table_).not.toContain(Buffer.from(key).toString('latin1'));
    await call('erasePerson', { params, body: { reason: 'asked_by_person' } });
    expect(await readdir(directory)).toHaveLength(before.length - 1);
  });

  it('cannot be erased while a lender’s exposure stands', async () => {
    const { params } = await register('ent_owes');
    const application = sampleApplication({
      programId: 'prg_1',
      applicationId: 'app_owes',
      decisionId: 'dec_owes',
      entrepreneurId: 'ent_owes',
    });
    const sample = sampleDecision(application, { limitMinor: 1_000_000 });
    const parties = { lenderTenantId: 'ten_lender', platformTenantId: 'ten_platform' };
    await decisionStore(table()).commit({
      application,
      decision: {
        ...sample,
        lenderTenantId: 'ten_lender',
        input: { ...sample.input, program: sampleProgram({ programId: 'prg_1', ...parties }) },
      },
      request: { tenantId: 'ten_incubator', operation: 'test', key: 'owes', inputHash: inputHash('owes') },
      nowMs,
    });
    const refused = await call('erasePerson', { params, body: { reason: 'asked_by_person' } });
    expect([refused.status, refused.json.code]).toEqual([409, 'wrong_state']);
    expect((await call('getPerson', { params })).json).toEqual(planted);
  });
});
