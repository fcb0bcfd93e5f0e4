import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoProgram, INCUBATOR, LENDER, OPERATOR, PLATFORM } from '../../infra/local/demo/demo-county.ts';
import { type ReplayResult, replayDecisions } from '../../infra/local/replay/replay-decisions.ts';
import { type LocalService, startLocal } from '../../infra/local/start.ts';
import { type SimulatedStation, simulateCounty } from '../../models/simulator/simulate-county.ts';
import { decisionBytes, replay } from '../../shared/domain/decide.ts';
import { type Decision, decision } from '../../shared/domain/decision.ts';
import { featureListHash, features } from '../../shared/features/feature-list.ts';
import type { Scope } from '../../shared/http/scopes.ts';
import { loadChampion } from '../../shared/scoring/load-scorer.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import { programStore } from '../../shared/store/programs.ts';

const TODAY = '2026-06-15';
const NOW_MS = Date.parse(`${TODAY}T02:00:00Z`);
const HISTORY_DAYS = 240;
const registryFile = new URL('../../models/registry.json', import.meta.url).pathname;

describe('from a station’s history to a decision, through the API', () => {
  let service: LocalService;
  let dataDirectory: string;
  let simulated: SimulatedStation;

  const tokens = new Map<string, Promise<string>>();
  async function call(
    tenantId: string,
    scope: Scope,
    method: string,
    path: string,
    body?: unknown,
    key?: string,
  ) {
    const name = `${tenantId} ${scope}`;
    const issued = tokens.get(name) ?? service.keys.issue({ tenantId, scopes: [scope], nowMs: NOW_MS });
    tokens.set(name, issued);
    const response = await fetch(service.url + path, {
      method,
      headers: {
        authorization: `Bearer ${await issued}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: (await response.json()) as unknown };
  }

  const request = (change: Record<string, unknown> = {}) => ({
    stationId: simulated.station.stationId,
    entrepreneurId: simulated.entrepreneur.entrepreneurId,
    requestedPrincipalMinor: 1_000_000,
    requestedTermMonths: 12,
    purpose: 'stock',
    ...change,
  });
  const applicationsPath = (programId: string) => `/v1/programs/${programId}/applications`;
  const submit = (programId: string, key: string, change: Record<string, unknown> = {}) =>
    call(INCUBATOR, 'applications:write', 'POST', applicationsPath(programId), request(change), key);
  const openProgram = async (programId: string) => {
    const { programId: _, ...terms } = demoProgram(simulated.county.countyId, '2026-01-01', '2026-12-31');
    const { status } = await call(OPERATOR, 'programs:write', 'PUT', `/v1/programs/${programId}`, terms);
    expect(status).toBe(200);
  };
  const listOf = async (programId: string) => {
    const { body } = await call(
      LENDER,
      'decisions:read',
      'GET',
      `/v1/programs/${programId}/decisions?limit=100`,
    );
    return (body as { decisions: { decisionId: string }[] }).decisions;
  };

  beforeAll(async () => {
    dataDirectory = await mkdtemp(join(tmpdir(), 'cunxin-e2e-'));
    service = await startLocal({ dataDirectory, port: 0, inMemory: true, nowMs: () => NOW_MS });
    const county = simulateCounty({
      seed: 11,
      countyIndex: 0,
      stations: 20,
      startDay: '2025-10-18',
      days: HISTORY_DAYS,
      applicationShare: 0,
    });
    const open = county.find(
      ({ station }) =>
        station.closedOn === undefined && station.openedOn < '2025-10-01' && station.stage !== 'agent',
    );
    if (open === undefined) throw new Error('no station of the simulated county is open');
    simulated = open;
    const { stationId, ...station } = simulated.station;
    const { entrepreneurId, ...person } = simulated.entrepreneur;
    const stationPath = `/v1/stations/${stationId}`;
    const personPath = `/v1/entrepreneurs/${entrepreneurId}`;
    await call(PLATFORM, 'stations:write', 'PUT', stationPath, station);
    await call(PLATFORM, 'entrepreneurs:write', 'PUT', personPath, person);
    await call(
      PLATFORM,
      'consents:write',
      'POST',
      `${personPath}/consents`,
      { purpose: 'credit_decision', recipientTenantId: LENDER, expiresAt: '2027-01-01T00:00:00Z' },
      'consent',
    );
    const transactions = [...simulated.transactions()];
    for (let start = 0; start < transactions.length; start += 1_000) {
      const batch = transactions.slice(start, start + 1_000);
      const { body } = await call(PLATFORM, 'transactions:write', 'POST', `${stationPath}/transactions`, {
        transactions: batch,
      });
      expect(body).toMatchObject({ accepted: batch.length, duplicates: 0, rejected: 0 });
    }
  });
  afterAll(async () => {
    await service?.stop();
    await rm(dataDirectory, { recursive: true, force: true });
  });

  it('scores the applicant, explains every point, and answers every party alike', async () => {
    await openProgram('prg_whole');
    const submitted = await submit('prg_whole', 'whole');
    expect(submitted.status).toBe(201);
    const made = decision.parse(submitted.body);
    const { score, history } = made.input;
    expect(history?.transactionCount).toBe([...simulated.transactions()].length);
    if (score === null) throw new Error('not scored');
    const points = score.terms.reduce((sum, term) => sum + term.points, score.basePoints);
    expect(
      Math.abs(Math.min(950, Math.max(350, Math.round(points))) - score.creditScore),
    ).toBeLessThanOrEqual(1);
    for (const party of [LENDER, INCUBATOR, PLATFORM, OPERATOR]) {
      const path = `/v1/programs/prg_whole/decisions/${made.decisionId}`;
      expect((await call(party, 'decisions:read', 'GET', path)).body).toEqual(made);
    }
    const path = `${applicationsPath('prg_whole')}/${made.input.application.applicationId}`;
    expect((await call(LENDER, 'applications:read', 'GET', path)).body).toEqual(made.input.application);
    expect((await call('ten_stranger', 'applications:read', 'GET', path)).status).toBe(404);
  });

  it('replays a stored decision byte for byte', async () => {
    await openProgram('prg_replay');
    const made = decision.parse((await submit('prg_replay', 'replay')).body);
    const scorer = await loadChampion(registryFile, { hash: featureListHash, features });
    expect(decisionBytes(replay(made, { model: scorer.model, explanations: features }))).toBe(
      decisionBytes(made),
    );
    await scorer.release();
  });

  it('answers a repeated request with the first decision, and 422 to another request under its key', async () => {
    await openProgram('prg_repeat');
    const first = await submit('prg_repeat', 'repeat');
    const again = await submit('prg_repeat', 'repeat');
    expect(again.body).toEqual(first.body);
    expect([first, again].map(({ headers }) => headers.get('idempotent-replayed'))).toEqual([
      'false',
      'true',
    ]);
    const other = await submit('prg_repeat', 'repeat', { requestedPrincipalMinor: 2_000_000 });
    expect(other).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await listOf('prg_repeat')).toHaveLength(1);
  });

  it('makes one application of fifty submitted at once', async () => {
    await openProgram('prg_fifty');
    const answers = await Promise.all(Array.from({ length: 50 }, () => submit('prg_fifty', 'fifty')));
    const decided = answers
      .filter(({ status }) => status === 201)
      .map(({ body }) => (body as Decision).decisionId);
    expect(answers.map(({ status }) => status).filter((status) => ![201, 409].includes(status))).toEqual([]);
    expect(new Set(decided).size).toBe(1);
    const listed = await listOf('prg_fifty');
    expect(listed.map(({ decisionId }) => decisionId)).toEqual([...new Set(decided)]);
    const made = decision.parse((await submit('prg_fifty', 'fifty')).body);
    const capital = await programStore(service.table).getCapital(LENDER, 'prg_fifty');
    expect(capital?.reservedMinor).toBe(made.limitMinor);
  });

  it('scores nothing when the applicant refuses a machine’s decision', async () => {
    await openProgram('prg_refused');
    const made = decision.parse(
      (await submit('prg_refused', 'refused', { automatedDecision: 'refused' })).body,
    );
    expect(made).toMatchObject({ outcome: 'referred', automated: false });
    expect(made.input).toMatchObject({ score: null, features: null, history: null });
    expect(made.reasons.map(({ code }) => code)).toEqual(['automated_decision_refused']);
  });

  it('reads nothing without consent', async () => {
    await openProgram('prg_silent');
    const made = decision.parse(
      (await submit('prg_silent', 'silent', { entrepreneurId: 'ent_stranger' })).body,
    );
    expect(made.outcome).toBe('declined');
    expect(made.input).toMatchObject({ consentId: null, score: null, features: null, history: null });
    expect(made.reasons.map(({ code }) => code)).toEqual(['consent_missing']);
  });

  it('replays every decision this suite made, scores and all, to the byte', async () => {
    const programs = programStore(service.table);
    const scorer = await loadChampion(registryFile, { hash: featureListHash, features });
    const scorerOf = async (version: string) => (version === scorer.model.modelVersion ? scorer : undefined);
    const dependencies = { programs, decisions: decisionStore(service.table), scorerOf };
    const results: ReplayResult[] = [];
    for (const { programId } of await programs.listGrants(OPERATOR)) {
      for await (const result of replayDecisions({ tenantId: LENDER, programId }, dependencies)) {
        results.push(result);
      }
    }
    await scorer.release();
    expect(results.length).toBeGreaterThanOrEqual(6);
    expect(results.filter(({ kind }) => kind !== 'identical')).toEqual([]);
  });
});
