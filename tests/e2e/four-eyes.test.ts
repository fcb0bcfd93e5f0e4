import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { peopleDirectoryOf } from '../../infra/local/data-directory.ts';
import { openLocalPeople } from '../../infra/local/people.ts';
import { type LocalService, startLocal } from '../../infra/local/start.ts';
import type { RoleName } from '../../shared/http/roles.ts';
import { scopeNames } from '../../shared/http/scopes.ts';
import { neverScores } from '../support/never-scores.ts';
import { programTerms } from '../support/program-terms.ts';

const NOW_MS = Date.parse('2026-03-01T00:00:00Z');
const RETURN = 'http://localhost:5173/signed-in';
const PASSWORD = 'correct horse';
let dataDirectory = '';
let service: LocalService;

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'cunxin-four-eyes-'));
  service = await startLocal({
    dataDirectory,
    port: 0,
    inMemory: true,
    scorer: neverScores,
    nowMs: () => NOW_MS,
  });
});
afterAll(async () => {
  await service.stop();
  await rm(dataDirectory, { recursive: true });
});

async function call(token: string, method: string, path: string, body?: object) {
  const response = await fetch(`${service.url}/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'idempotency-key': 'four-eyes',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, json: z.record(z.string(), z.unknown()).parse(await response.json()) };
}

const systemOf = (tenantId: string) => service.keys.issue({ tenantId, scopes: scopeNames, nowMs: NOW_MS });

/** Somebody of the bank signs in at the login page; theirs is the token their application gets for the code. */
async function signIn(username: string, role: RoleName): Promise<{ token: string; subject: string }> {
  const subject = randomUUID();
  const people = openLocalPeople(peopleDirectoryOf(dataDirectory));
  await people.add({ username, subject, tenantId: 'ten_lender', roles: [role] }, PASSWORD);
  const verifier = randomBytes(32).toString('base64url');
  const post = (path: string, form: Record<string, string>) =>
    fetch(service.url + path, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
  const client = { client_id: 'people', redirect_uri: RETURN };
  const back = await post('/oauth2/authorize', {
    ...client,
    response_type: 'code',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    username,
    password: PASSWORD,
  });
  const code = new URL(back.headers.get('location') ?? expect.fail('not signed in')).searchParams.get('code');
  const answer = await post('/oauth2/token', {
    ...client,
    grant_type: 'authorization_code',
    code: code ?? expect.fail('no code'),
    code_verifier: verifier,
  });
  return { token: z.object({ access_token: z.string() }).parse(await answer.json()).access_token, subject };
}

/** An application that refuses to be decided by a machine, and so becomes a case of the lender's people. */
async function referredCase(): Promise<string> {
  const [operator, platform, incubator] = await Promise.all(
    ['ten_operator', 'ten_platform', 'ten_incubator'].map(systemOf),
  );
  const made = [
    await call(operator ?? '', 'PUT', '/programs/prg_1', {
      ...programTerms,
      policy: { ...programTerms.policy, fourEyesAbovePrincipalMinor: 1_000_000 },
    }),
    await call(platform ?? '', 'PUT', '/stations/stn_1', {
      countyId: 'cty_1',
      village: '李家村',
      openedOn: '2024-05-01',
      stage: 'partner',
    }),
    await call(platform ?? '', 'PUT', '/entrepreneurs/ent_1', {
      role: 'partner',
      stationIds: ['stn_1'],
      returnedToVillage: true,
    }),
    await call(incubator ?? '', 'POST', '/programs/prg_1/applications', {
      stationId: 'stn_1',
      entrepreneurId: 'ent_1',
      requestedPrincipalMinor: 2_000_000,
      requestedTermMonths: 12,
      purpose: 'stock',
      automatedDecision: 'refused',
    }),
  ];
  expect(made.map(({ status, json }) => [status, json.issues])).toEqual([
    [200, undefined],
    [200, undefined],
    [200, undefined],
    [201, undefined],
  ]);
  const listed = await call(await systemOf('ten_lender'), 'GET', '/programs/prg_1/reviews');
  const [found] = z
    .object({ reviews: z.array(z.object({ reviewId: z.string() })) })
    .parse(listed.json).reviews;
  return `/programs/prg_1/reviews/${found?.reviewId}`;
}

describe('two people of one lender who signed in', () => {
  it('are two pairs of eyes: nobody confirms what they proposed, a colleague does, and both are on record', async () => {
    const path = await referredCase();
    const [zhao, qian, auditor] = [
      await signIn('zhao.lei', 'credit_officer'),
      await signIn('qian.min', 'credit_officer'),
      await signIn('sun.yu', 'compliance_officer'),
    ];
    expect((await call(auditor.token, 'POST', `${path}/claim`, {})).status).toBe(403);
    expect((await call(zhao.token, 'POST', `${path}/claim`, {})).status).toBe(200);
    expect((await call(qian.token, 'POST', `${path}/claim`, {})).json.code).toBe('wrong_state');
    const proposed = await call(zhao.token, 'POST', `${path}/decision`, {
      outcome: 'approved',
      reasonCode: 'cash_flow_verified',
      assessment: {
        monthlyInflowMinor: 6_000_000,
        monthlyOutflowMinor: 2_000_000,
        monthlyFixedOutflowMinor: 500_000,
        observedMonths: 12,
        probabilityOfDefault: 0.02,
      },
    });
    expect(proposed.json).toMatchObject({ state: 'awaiting_second', proposal: { by: zhao.subject } });
    const agrees = { agrees: true };
    expect((await call(zhao.token, 'POST', `${path}/confirmation`, agrees)).json.code).toBe('wrong_state');
    expect((await call(auditor.token, 'POST', `${path}/confirmation`, agrees)).status).toBe(403);
    const closed = await call(qian.token, 'POST', `${path}/confirmation`, agrees);
    expect(closed.json).toMatchObject({
      state: 'closed',
      resolution: { outcome: 'approved', decidedBy: zhao.subject, confirmedBy: qian.subject },
    });
  });
});
