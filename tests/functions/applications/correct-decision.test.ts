import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createHandler as createApplications } from '../../../functions/applications/handler.ts';
import { createHandler as createReviews } from '../../../functions/reviews/handler.ts';
import { lambdaContext } from '../../../infra/local/api-gateway-event.ts';
import { scopeNames } from '../../../shared/http/scopes.ts';
import { entrepreneurStore } from '../../../shared/store/entrepreneurs.ts';
import { programStore } from '../../../shared/store/programs.ts';
import { stationStore } from '../../../shared/store/stations.ts';
import { useTable } from '../../support/engine.ts';
import { httpEvent, type TestRequest } from '../../support/http-event.ts';
import { memoryPersonKeys } from '../../support/memory-person-keys.ts';
import { neverScores } from '../../support/never-scores.ts';
import { INCUBATOR, LENDER, OPERATOR, PLATFORM, sampleProgram } from '../../support/sample-lending.ts';

const table = useTable();
const nowMs = () => Date.parse('2026-06-01T02:00:00.000Z');
const SUBMIT = 'POST /v1/programs/{programId}/applications';
const CORRECT = 'POST /v1/programs/{programId}/decisions/{decisionId}/corrections';
const CONTEST = 'POST /v1/programs/{programId}/decisions/{decisionId}/contests';

async function call(routeKey: string, request: Omit<TestRequest, 'routeKey'>) {
  const common = { table: table(), nowMs, log: () => {} };
  const handler =
    routeKey === CONTEST
      ? createReviews({ ...common, personKeys: memoryPersonKeys() })
      : createApplications({
          ...common,
          scorer: neverScores,
          newId: (prefix) => `${prefix}_${randomUUID()}`,
          random: Math.random,
          sleep: async () => {},
        });
  const event = httpEvent({
    tenant: INCUBATOR,
    scopes: scopeNames,
    ...request,
    routeKey,
    requestId: randomUUID(),
  });
  const response = await handler(event, lambdaContext('applications', 'req-1'));
  return { status: response.statusCode, json: JSON.parse(response.body ?? 'null') };
}

const person = { role: 'partner' as const, stationIds: ['stn_1'], training: [], returnedToVillage: true };

beforeAll(async () => {
  await programStore(table()).put(OPERATOR, sampleProgram({ programId: 'prg_c', countyId: 'cty_c' }));
  await stationStore(table()).put(PLATFORM, {
    stationId: 'stn_1',
    countyId: 'cty_c',
    village: '余村',
    openedOn: '2024-03-01',
    stage: 'partner',
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
  });
});

/** Declined for want of a consent, which is then given: the fact that was wrong is put right. */
async function declinedThenMended(entrepreneurId: string) {
  await entrepreneurStore(table()).put(PLATFORM, { entrepreneurId, ...person });
  const declined = await call(SUBMIT, {
    params: { programId: 'prg_c' },
    headers: { 'idempotency-key': entrepreneurId },
    body: {
      stationId: 'stn_1',
      entrepreneurId,
      requestedPrincipalMinor: 2_000_000,
      requestedTermMonths: 12,
      purpose: 'stock',
    },
  });
  expect(declined.json.reasons.map((reason: { code: string }) => reason.code)).toEqual(['consent_missing']);
  await entrepreneurStore(table()).putConsent(PLATFORM, {
    consentId: 'cns_1',
    entrepreneurId,
    purpose: 'credit_decision',
    recipientTenantId: LENDER,
    grantedAt: '2026-05-01T00:00:00Z',
    expiresAt: '2027-05-01T00:00:00Z',
  });
  return declined.json;
}

const correct = (decisionId: string, key: string, caller: Partial<TestRequest> = {}) =>
  call(CORRECT, {
    params: { programId: 'prg_c', decisionId },
    headers: { 'idempotency-key': key },
    body: { corrected: ['consent'] },
    ...caller,
  });
const contest = (decisionId: string) =>
  call(CONTEST, { params: { programId: 'prg_c', decisionId }, body: { ground: 'wrong_fact' } });

describe('a decline on a wrong fact', () => {
  it('is decided again once the fact is put right, and both decisions stay, linked', async () => {
    const old = await declinedThenMended('ent_1');
    const { status, json: anew } = await correct(old.decisionId, 'c1', {
      tenant: PLATFORM,
      entrepreneur: 'ent_1',
    });
    expect(status).toBe(201);
    expect(anew.input.application.correctsDecisionId).toBe(old.decisionId);
    expect(anew.input.consentId).toBe('cns_1');
    // The consent lets the history be read; this station has none.
    expect(anew.reasons.map((reason: { code: string }) => reason.code)).toEqual(['history_too_short']);
    const {
      decisionId: _old,
      correctsDecisionId: _link,
      applicationId: _app,
      ...asked
    } = anew.input.application;
    expect(old.input.application).toMatchObject(asked);
    expect((await correct(old.decisionId, 'another-key')).json).toEqual(anew);
  });

  it('is decided again once, however often and at once it is asked', async () => {
    const old = await declinedThenMended('ent_2');
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, number) => correct(old.decisionId, `key-${number % 3}`)),
    );
    const made = answers.filter(({ status }) => status === 201).map(({ json }) => json.decisionId);
    expect(new Set(made).size).toBe(1);
    expect(
      answers.map(({ status }) => status ?? 0).filter((status) => ![201, 409, 429].includes(status)),
    ).toEqual([]);
    expect((await correct(old.decisionId, 'later')).json.decisionId).toBe(made[0]);
  });

  it('is contested or corrected, not both; the new decision can be contested in turn', async () => {
    const corrected = await declinedThenMended('ent_3');
    const anew = await correct(corrected.decisionId, 'c3');
    expect((await contest(corrected.decisionId)).json.code).toBe('wrong_state');
    expect((await contest(anew.json.decisionId)).status).toBe(201);

    const contested = await declinedThenMended('ent_4');
    expect((await contest(contested.decisionId)).status).toBe(201);
    expect((await correct(contested.decisionId, 'c4')).json.code).toBe('wrong_state');
  });

  it('is nobody else’s to correct', async () => {
    const old = await declinedThenMended('ent_5');
    const stranger = { tenant: PLATFORM, entrepreneur: 'ent_1' };
    expect((await correct(old.decisionId, 'c5', stranger)).status).toBe(404);
    expect((await correct(old.decisionId, 'c5', { tenant: 'ten_stranger' })).status).toBe(404);
  });
});
