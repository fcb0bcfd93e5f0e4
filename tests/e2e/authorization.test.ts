import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Route, routes } from '../../functions/routes.ts';
import { localFunctions } from '../../infra/local/functions.ts';
import { createGateway, type RunningGateway } from '../../infra/local/gateway.ts';
import { type LocalKeys, openLocalKeys } from '../../infra/local/local-tokens.ts';
import { errorStatus } from '../../shared/http/error-status.ts';
import { problem } from '../../shared/http/problem.ts';
import { type RoleName, roleNames, roles } from '../../shared/http/roles.ts';
import type { RouteDefinition } from '../../shared/http/route.ts';
import { type Scope, scopeNames } from '../../shared/http/scopes.ts';
import { useTable } from '../support/engine.ts';
import { memoryPersonKeys } from '../support/memory-person-keys.ts';
import { neverScores } from '../support/never-scores.ts';
import { routeSamples } from '../support/route-samples.ts';
import { seedLending } from '../support/seed-lending.ts';
import { testWebhooks } from '../support/test-webhooks.ts';

const nowMs = Date.parse('2026-03-01T00:00:00Z');
const table = useTable();
let directory = '';
let keys: LocalKeys;
let gateway: RunningGateway;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cunxin-authorization-'));
  keys = await openLocalKeys(directory, nowMs);
  gateway = await createGateway({
    routes,
    functions: localFunctions({
      table: table(),
      scorer: neverScores,
      personKeys: memoryPersonKeys(),
      webhooks: testWebhooks(),
      nowMs: () => nowMs,
      log: () => {},
      // One application is made: its ids are those the samples read.
      newId: (prefix) => `${prefix}_1`,
      random: () => 0,
      sleep: async () => {},
    }),
    keys,
    documents: new Map(),
    nowMs: () => nowMs,
    newRequestId: randomUUID,
    log: () => {},
  }).listen(0);
  // The world the reads find. Every write is repeatable, so the tests below may make it again in any order.
  for (const route of inOrder) {
    await call(route, { tenantId: ownerOf(route), scopes: [route.scope] });
    if (route.operation === 'putProgram') await seedLending(table());
  }
});
afterAll(async () => {
  await gateway.close();
  await rm(directory, { recursive: true });
});

const samples: Readonly<Record<string, (typeof routeSamples)[keyof typeof routeSamples]>> = routeSamples;

interface Caller {
  readonly tenantId: string;
  readonly scopes: readonly Scope[];
  readonly person?: {
    readonly username: string;
    readonly roles: readonly RoleName[];
    readonly entrepreneurId?: string;
  };
}

async function call(route: RouteDefinition, caller: Caller | null) {
  const sample = samples[route.operation] ?? expect.fail(`no sample of ${route.operation}`);
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => sample.params[name] ?? '');
  const token = caller && (await keys.issue({ ...caller, nowMs }));
  const query = sample.query === undefined ? '' : `?${new URLSearchParams(sample.query)}`;
  const response = await fetch(gateway.url + path + query, {
    method: route.method,
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(sample.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...sample.headers,
    },
    ...(sample.body === undefined ? {} : { body: JSON.stringify(sample.body) }),
  });
  const text = await response.text();
  const isLines = response.headers.get('content-type') === 'application/x-ndjson';
  const json: unknown = isLines ? text.split('\n').filter(Boolean) : JSON.parse(text);
  return { status: response.status, json };
}

/** By its owner, with its scope. */
async function callAsOwner(operation: Route['operation']) {
  const route = byOperation.get(operation) ?? expect.fail(operation);
  return call(route, { tenantId: ownerOf(route), scopes: [route.scope] });
}

const byOperation = new Map<string, RouteDefinition>(routes.map((route) => [route.operation, route]));
const inOrder = Object.keys(routeSamples).map((name) => byOperation.get(name) ?? expect.fail(name));
const named = inOrder.map((route) => [route.operation, route] as const);
const ownerOf = (route: RouteDefinition) => samples[route.operation]?.owner ?? expect.fail(route.operation);

describe('the owner with the scope', () => {
  it.each(named)('is served by %s', async (_operation, route) => {
    const { status, json } = await call(route, { tenantId: ownerOf(route), scopes: [route.scope] });
    const { thenRefused } = samples[route.operation] ?? {};
    if (thenRefused === undefined) expect([status, json]).toEqual([route.successStatus, expect.anything()]);
    else expect([status, problem.parse(json).code]).toEqual([errorStatus[thenRefused], thenRefused]);
  });
});

describe('nobody', () => {
  it.each(named)('gets past 401 at %s without a token', async (_operation, route) => {
    const { status, json } = await call(route, null);
    expect([status, problem.parse(json).code]).toEqual([401, 'unauthenticated']);
  });
});

describe('the owner without the scope', () => {
  it.each(named)('gets 403 at %s, whatever else the token allows', async (_operation, route) => {
    const scopes = scopeNames.filter((scope) => scope !== route.scope);
    const { status, json } = await call(route, { tenantId: ownerOf(route), scopes });
    expect([status, problem.parse(json).code]).toEqual([403, 'forbidden']);
  });
});

/** They make an object of the caller's own. */
const upserts = new Set([
  'putCounty',
  'putStation',
  'putEntrepreneur',
  'putProgram',
  'createWebhookEndpoint',
  'createImport',
]);

/** Names no object: it lists what is the caller's own. */
const listsOwn = (route: RouteDefinition) => !/\{\w+Id\}/.test(route.path) && route.method === 'GET';

describe('another tenant with every scope', () => {
  const stranger = { tenantId: 'ten_stranger', scopes: scopeNames };

  it.each(named.filter(([, route]) => listsOwn(route)))('is shown an empty %s', async (_operation, route) => {
    const { status, json } = await call(route, stranger);
    expect(status).toBe(200);
    expect([json, ...Object.values(json as object)].filter(Array.isArray).flat()).toEqual([]);
  });

  it.each(
    named.filter(([operation, route]) => !upserts.has(operation) && !listsOwn(route)),
  )('finds nothing at %s', async (_operation, route) => {
    const { status, json } = await call(route, stranger);
    expect([status, problem.parse(json).code]).toEqual([404, 'not_found']);
  });

  it.each([
    ['putCounty', 'getCounty'],
    ['putStation', 'getStation'],
    ['putEntrepreneur', 'getEntrepreneur'],
  ] as const)('may %s an object of its own by the same id, and the owner’s stays', async (put, get) => {
    const read = byOperation.get(get) ?? expect.fail(get);
    const write = byOperation.get(put) ?? expect.fail(put);
    const owner = { tenantId: ownerOf(read), scopes: scopeNames };
    const before = await call(read, owner);
    expect((await call(write, { ...stranger, tenantId: 'ten_namesake' })).status).toBe(200);
    expect(await call(read, owner)).toEqual(before);
  });
});

describe('a program, to who is no party of it', () => {
  it('cannot be taken over by its id', async () => {
    const before = await callAsOwner('getProgram');
    const put = byOperation.get('putProgram') ?? expect.fail('putProgram');
    const { status, json } = await call(put, { tenantId: 'ten_stranger', scopes: scopeNames });
    expect([status, problem.parse(json).code]).toEqual([409, 'version_conflict']);
    expect(await callAsOwner('getProgram')).toEqual(before);
  });
});

describe('an applicant’s own token', () => {
  // Registered by the platform, so its token is of that tenant.
  const applicant = (entrepreneurId: string) => ({
    tenantId: 'ten_platform',
    scopes: scopeNames,
    person: { username: 'li.mei', roles: ['applicant'] as const, entrepreneurId },
  });

  it.each(
    named.filter(([, route]) => route.applicants === undefined),
  )('gets 403 at %s, which is not for applicants', async (_operation, route) => {
    const { status, json } = await call(route, applicant('ent_1'));
    expect([status, problem.parse(json).code]).toEqual([403, 'forbidden']);
  });

  it.each(
    named.filter(([, route]) => route.applicants === 'own'),
  )('finds nothing of another person at %s', async (_operation, route) => {
    const { status, json } = await call(route, applicant('ent_2'));
    expect([status, problem.parse(json).code]).toEqual([404, 'not_found']);
  });

  it.each(
    named.filter(([, route]) => route.applicants === 'own'),
  )('is served its own by %s', async (_operation, route) => {
    const { applicant: own = 'ent_1', thenRefused } = samples[route.operation] ?? {};
    const { status } = await call(route, applicant(own));
    expect(status).toBe(thenRefused === undefined ? route.successStatus : errorStatus[thenRefused]);
  });
});

describe('the people of every role, with the scopes of their role', () => {
  const personOf = (role: RoleName, tenantId: string, entrepreneurId: string): Caller => ({
    tenantId,
    scopes: roles[role].scopes,
    person: { username: 'li.mei', roles: [role], ...(role === 'applicant' ? { entrepreneurId } : {}) },
  });
  const mayCall = (role: RoleName, route: RouteDefinition) =>
    roles[role].scopes.some((scope) => scope === route.scope) &&
    (role !== 'applicant' || route.applicants !== undefined);

  it.each(named)('are served by %s in the tenant it belongs to, or get 403', async (operation, route) => {
    const { thenRefused, applicant = 'ent_1' } = samples[operation] ?? {};
    const served = thenRefused === undefined ? route.successStatus : errorStatus[thenRefused];
    for (const role of roleNames) {
      const tenantId = role === 'applicant' ? 'ten_platform' : ownerOf(route);
      // What another role just removed is there again.
      if (operation === 'removeWebhookEndpoint') await callAsOwner('createWebhookEndpoint');
      const { status } = await call(route, personOf(role, tenantId, applicant));
      expect([role, status]).toEqual([role, mayCall(role, route) ? served : 403]);
    }
  });

  it.each(
    named.filter(([operation]) => !upserts.has(operation)),
  )('find nothing of another tenant at %s, or get 403', async (operation, route) => {
    for (const role of roleNames) {
      const { status } = await call(
        route,
        personOf(role, 'ten_stranger', samples[operation]?.applicant ?? 'ent_1'),
      );
      const found = listsOwn(route) ? 200 : 404;
      expect([role, status]).toEqual([role, mayCall(role, route) ? found : 403]);
    }
  });
});

describe('the parties of a program', () => {
  const reads = ['getProgram', 'getApplication', 'listDecisions', 'getDecision'];
  it.each([
    'ten_lender',
    'ten_incubator',
    'ten_platform',
    'ten_operator',
  ])('%s reads it alike', async (tenantId) => {
    for (const name of reads) {
      const route = byOperation.get(name) ?? expect.fail(name);
      const { status, json } = await call(route, { tenantId, scopes: [route.scope] });
      const asLender = await call(route, { tenantId: 'ten_lender', scopes: [route.scope] });
      expect([status, json]).toEqual([200, asLender.json]);
    }
  });
});
