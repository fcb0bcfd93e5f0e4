import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createGateway, type RunningGateway } from '../../infra/local/gateway.ts';
import { type LocalKeys, openLocalKeys } from '../../infra/local/local-tokens.ts';
import type { HttpFunction } from '../../shared/http/http-function.ts';
import type { HttpEvent } from '../../shared/http/principal.ts';
import { problem } from '../../shared/http/problem.ts';
import type { RequestRecord } from '../../shared/http/request-log.ts';
import type { RouteDefinition } from '../../shared/http/route.ts';

const nowMs = Date.parse('2026-03-01T00:00:00Z');
const routes = [
  {
    operation: 'putThing',
    method: 'PUT',
    path: '/v1/things/{thingId}/parts/{partId}',
    scope: 'stations:write',
    function: 'things',
    tag: 'Things',
    summary: 'Put a thing',
    contract: { body: z.unknown(), response: z.unknown() },
    successStatus: 200,
    errors: [],
  },
  {
    operation: 'listThings',
    method: 'GET',
    path: '/v1/things',
    scope: 'stations:read',
    function: 'things',
    tag: 'Things',
    summary: 'List things',
    contract: { response: z.unknown() },
    successStatus: 200,
    errors: [],
  },
] as const satisfies readonly RouteDefinition[];

let directory = '';
let keys: LocalKeys;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cunxin-gateway-'));
  keys = await openLocalKeys(directory, nowMs);
});
afterAll(() => rm(directory, { recursive: true }));

let running: RunningGateway | undefined;
const received: { event: HttpEvent; context: Context }[] = [];
const records: RequestRecord[] = [];
afterEach(async () => {
  await running?.close();
  running = undefined;
  received.length = 0;
  records.length = 0;
});

const echo: HttpFunction = async (event, context) => {
  received.push({ event, context });
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: '{"ok":true}' };
};

async function serve(things: HttpFunction = echo): Promise<string> {
  running = await createGateway({
    routes,
    functions: { things },
    keys,
    documents: new Map([['/healthz', async () => ({ status: 'ok' })]]),
    nowMs: () => nowMs,
    newRequestId: randomUUID,
    log: (record) => records.push(record),
  }).listen(0);
  return running.url;
}

const bearer = async (
  scopes: readonly ('stations:read' | 'stations:write')[] = ['stations:read', 'stations:write'],
) => ({
  authorization: `Bearer ${await keys.issue({ tenantId: 'ten_a', scopes, nowMs })}`,
});

/** fetch normalises paths; this sends them as they are. */
function rawStatus(
  url: string,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, method, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('the gateway', () => {
  it('hands a function the event API Gateway would', async () => {
    const url = await serve();
    const response = await fetch(`${url}/v1/things/a%20b/parts/%E6%9D%91?x=1&y=a+b&x=2`, {
      method: 'PUT',
      headers: { ...(await bearer()), 'Content-Type': 'application/json', 'X-Upper': 'Kept' },
      body: '{"name":"村"}',
    });
    expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
    expect(received).toHaveLength(1);
    const [{ event, context } = expect.fail('no event')] = received;
    expect(event).toMatchObject({
      version: '2.0',
      routeKey: 'PUT /v1/things/{thingId}/parts/{partId}',
      rawPath: '/v1/things/a%20b/parts/%E6%9D%91',
      rawQueryString: 'x=1&y=a+b&x=2',
      pathParameters: { thingId: 'a b', partId: '村' },
      queryStringParameters: { x: '1,2', y: 'a b' },
      headers: { 'content-type': 'application/json', 'x-upper': 'Kept' },
      body: '{"name":"村"}',
      isBase64Encoded: false,
      requestContext: {
        routeKey: 'PUT /v1/things/{thingId}/parts/{partId}',
        http: { method: 'PUT' },
        authorizer: {
          jwt: {
            claims: {
              tenant: 'ten_a',
              scope: 'cunxin/stations:read cunxin/stations:write',
              exp: String(nowMs / 1_000 + 3_600),
            },
          },
        },
      },
    });
    expect(context.awsRequestId).toBe(event.requestContext.requestId);
  });

  it('hands on bytes that are no text in base64', async () => {
    const url = await serve();
    const body = Uint8Array.from([0xff, 0x00, 0xfe]);
    for (const type of ['application/json', 'application/octet-stream']) {
      await fetch(`${url}/v1/things/a/parts/b`, {
        method: 'PUT',
        headers: { ...(await bearer()), 'content-type': type },
        body,
      });
    }
    const bodies = received.map(({ event }) => [event.body, event.isBase64Encoded]);
    expect(bodies).toEqual([
      ['/wD+', true],
      ['/wD+', true],
    ]);
  });

  it('answers 401 without a valid token and 403 without the scope, and calls no function', async () => {
    const url = await serve();
    const expired = await keys.issue({
      tenantId: 'ten_a',
      scopes: ['stations:read'],
      nowMs: nowMs - 7_200_000,
    });
    const { authorization: reading } = await bearer(['stations:read']);
    const { authorization: writing } = await bearer(['stations:write']);
    const rows: readonly [authorization: string | undefined, status: number, code: string][] = [
      [undefined, 401, 'unauthenticated'],
      ['', 401, 'unauthenticated'],
      ['Basic abc', 401, 'unauthenticated'],
      ['Bearer abc', 401, 'unauthenticated'],
      [`Bearer ${expired}`, 401, 'unauthenticated'],
      [`${reading}x`, 401, 'unauthenticated'],
      [writing, 403, 'forbidden'],
      [reading, 200, ''],
    ];
    for (const [authorization, status, code] of rows) {
      const response = await fetch(`${url}/v1/things`, {
        headers: authorization === undefined ? {} : { authorization },
      });
      expect(response.status).toBe(status);
      if (status === 200) continue;
      expect(problem.parse(await response.json()).code).toBe(code);
      expect(response.headers.get('www-authenticate')).toBe(status === 401 ? 'Bearer' : null);
    }
    expect(received).toHaveLength(1);
    expect(records.map((record) => record.errorCode)).toEqual([
      ...Array.from({ length: 6 }, () => 'unauthenticated'),
      'forbidden',
    ]);
  });

  it.each([
    ['GET', '/'],
    ['GET', '/v1'],
    ['GET', '/v1/things/'],
    ['POST', '/v1/things'],
    ['HEAD', '/v1/things'],
    ['GET', '//v1/things'],
    ['PUT', '/v1/things//parts/b'],
    ['PUT', '/v1/things/a/parts/b/c'],
    ['GET', '/v1/things/../things'],
    ['GET', '/constructor'],
    ['GET', 'http://elsewhere/v1/things'],
  ])('%s %s is no route, whoever asks', async (method, path) => {
    const url = await serve();
    expect(await rawStatus(url, method, path, await bearer())).toBe(404);
    expect(received).toHaveLength(0);
  });

  it('refuses a path that is not percent-encoded UTF-8', async () => {
    const url = await serve();
    expect(await rawStatus(url, 'PUT', '/v1/things/%ff/parts/b', await bearer())).toBe(400);
    expect(await rawStatus(url, 'PUT', '/v1/things/%/parts/b', await bearer())).toBe(400);
  });

  it('refuses a body beyond what API Gateway lets through', async () => {
    const url = await serve();
    const response = await fetch(`${url}/v1/things/a/parts/b`, {
      method: 'PUT',
      headers: await bearer(),
      body: Buffer.alloc(10 * 1024 * 1024 + 1),
    });
    expect([response.status, problem.parse(await response.json()).code]).toEqual([413, 'payload_too_large']);
  });

  it('answers an opaque 500 when a function breaks, and keeps serving', async () => {
    let calls = 0;
    const url = await serve(async () => {
      calls += 1;
      if (calls === 1) throw new Error('secret');
      return { statusCode: 200, body: '{}' };
    });
    const broken = await fetch(`${url}/v1/things`, { headers: await bearer() });
    const text = await broken.text();
    expect(broken.status).toBe(500);
    expect(problem.parse(JSON.parse(text)).code).toBe('internal_error');
    expect(text).not.toContain('secret');
    expect((await fetch(`${url}/v1/things`, { headers: await bearer() })).status).toBe(200);
  });

  it('shows its documents to anybody', async () => {
    const url = await serve();
    const response = await fetch(`${url}/healthz`);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  });

  it('lets a request in flight finish before it closes, and takes no other', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let entered = () => {};
    const inFlight = new Promise<void>((resolve) => {
      entered = resolve;
    });
    const url = await serve(async () => {
      entered();
      await held;
      return { statusCode: 200, body: '{}' };
    });
    const response = fetch(`${url}/v1/things`, { headers: await bearer() });
    await inFlight;
    const closed = running?.close();
    running = undefined;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    release();
    expect((await response).status).toBe(200);
    await closed;
  });
});
