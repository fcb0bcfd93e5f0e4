import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { lambdaContext } from '../../infra/local/api-gateway-event.ts';
import { DomainError, domainErrorCodes } from '../../shared/domain/errors.ts';
import { idempotencyKey } from '../../shared/domain/idempotency.ts';
import { errorStatus } from '../../shared/http/error-status.ts';
import { httpFunction } from '../../shared/http/http-function.ts';
import { pageQuery } from '../../shared/http/paging.ts';
import { BODY_BYTES_MAX } from '../../shared/http/parse-request.ts';
import { problem } from '../../shared/http/problem.ts';
import { cloudWatchLine, type RequestRecord } from '../../shared/http/request-log.ts';
import type { HandlersOf, RouteDefinition } from '../../shared/http/route.ts';
import { httpEvent, type TestRequest } from '../support/http-event.ts';

const note = z.strictObject({ text: z.string().max(200), count: z.int() });
const routes = [
  {
    operation: 'putNote',
    method: 'PUT',
    path: '/v1/notes/{noteId}',
    scope: 'stations:write',
    function: 'notes',
    tag: 'Notes',
    summary: 'Put a note',
    contract: {
      params: z.strictObject({ noteId: z.string().regex(/^n\d+$/) }),
      headers: z.object({ 'idempotency-key': idempotencyKey }),
      body: note,
      response: note.extend({ noteId: z.string(), tenantId: z.string() }),
    },
    successStatus: 201,
    errors: [],
  },
  {
    operation: 'listNotes',
    method: 'GET',
    path: '/v1/notes',
    scope: 'stations:read',
    function: 'notes',
    tag: 'Notes',
    summary: 'List notes',
    contract: { query: pageQuery, response: z.strictObject({ limit: z.int() }) },
    successStatus: 200,
    errors: [],
  },
] as const satisfies readonly RouteDefinition[];

const PUT = 'PUT /v1/notes/{noteId}';
const LIST = 'GET /v1/notes';
const good: TestRequest = {
  routeKey: PUT,
  scopes: ['stations:write'],
  params: { noteId: 'n1' },
  headers: { 'idempotency-key': 'k1' },
  body: { text: 'hello', count: 1 },
};

/** A function over the two routes; `thrown` or `answered` replaces what putNote does. */
function notes(behaviour: { thrown?: unknown; answered?: unknown } = {}) {
  const records: RequestRecord[] = [];
  let clockMs = 1_000;
  const handlers: HandlersOf<(typeof routes)[number]> = {
    putNote: async ({ params, body, principal }) => {
      if ('thrown' in behaviour) throw behaviour.thrown;
      const whole = { ...params, ...body, tenantId: principal.tenantId };
      return { body: 'answered' in behaviour ? z.custom<typeof whole>().parse(behaviour.answered) : whole };
    },
    listNotes: async ({ query }) => ({ body: { limit: query.limit } }),
  };
  const handler = httpFunction({
    functionName: 'notes',
    routes,
    nowMs: () => {
      clockMs += 5;
      return clockMs;
    },
    log: (record) => records.push(record),
    handlers,
  });
  const call = async (request: TestRequest) => {
    const response = await handler(httpEvent(request), lambdaContext('notes', 'req-1'));
    return { ...response, json: JSON.parse(response.body ?? 'null') };
  };
  return { call, records };
}

describe('a request that is sound', () => {
  it('is answered with its route’s status and the parsed response, and logged without its content', async () => {
    const { call, records } = notes();
    const { statusCode, headers, json } = await call(good);
    expect(statusCode).toBe(201);
    expect(json).toEqual({ noteId: 'n1', text: 'hello', count: 1, tenantId: 'ten_a' });
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-request-id': 'req-1' });
    expect(records).toEqual([
      {
        level: 'info',
        function: 'notes',
        operation: 'putNote',
        requestId: 'req-1',
        tenantId: 'ten_a',
        status: 201,
        durationMs: 5,
        errorCode: null,
        fault: null,
      },
    ]);
  });

  it('may come in base64, as API Gateway sends what it does not know to be text', async () => {
    expect((await notes().call({ ...good, base64: true })).statusCode).toBe(201);
  });

  it('takes the default page size when the query names none', async () => {
    const { json } = await notes().call({ routeKey: LIST, scopes: ['stations:read'] });
    expect(json).toEqual({ limit: 25 });
  });
});

describe('a request that is refused', () => {
  const long = 'x'.repeat(BODY_BYTES_MAX);
  const rows: readonly [
    what: string,
    change: Partial<TestRequest>,
    status: number,
    code: string,
    fields: string,
  ][] = [
    ['no such operation', { routeKey: 'GET /v1/elsewhere' }, 404, 'not_found', ''],
    ['a token of no tenant', { tenant: 'nobody' }, 403, 'forbidden', ''],
    ['no scope', { scopes: [] }, 403, 'forbidden', ''],
    ['another scope', { scopes: ['stations:read'] }, 403, 'forbidden', ''],
    ['no media type', { headers: { 'content-type': '' } }, 415, 'unsupported_media_type', ''],
    ['a form', { headers: { 'content-type': 'text/plain' } }, 415, 'unsupported_media_type', ''],
    [
      'another charset',
      { headers: { 'content-type': 'application/json; charset=gbk' } },
      415,
      'unsupported_media_type',
      '',
    ],
    ['a body one byte too long', { body: `${long}x` }, 413, 'payload_too_large', ''],
    ['the longest body, not JSON', { body: long }, 400, 'invalid_request', ''],
    ['no body', { body: '', headers: { 'content-type': 'application/json' } }, 400, 'invalid_request', ''],
    ['half a document', { body: '{"text":' }, 400, 'invalid_request', ''],
    ['NaN', { body: '{"text":"a","count":NaN}' }, 400, 'invalid_request', ''],
    ['a number beyond double', { body: '{"text":"a","count":1e999}' }, 400, 'invalid_request', 'count'],
    ['half a surrogate pair', { body: '{"text":"\\ud800","count":1}' }, 400, 'invalid_request', ''],
    ['a megabyte of brackets', { body: '['.repeat(1_000_000) }, 400, 'invalid_request', ''],
    [
      'deep but whole JSON',
      { body: `${'['.repeat(400_000)}${']'.repeat(400_000)}` },
      400,
      'invalid_request',
      '',
    ],
    ['an unknown field', { body: { text: 'a', count: 1, extra: 1 } }, 400, 'invalid_request', 'extra'],
    [
      'a prototype',
      { body: '{"text":"a","count":1,"__proto__":{"x":1}}' },
      400,
      'invalid_request',
      '__proto__',
    ],
    ['a wrong type', { body: { text: 'a', count: '1' } }, 400, 'invalid_request', 'count'],
    ['two wrong fields', { body: { text: 1, count: '1' } }, 400, 'invalid_request', 'text count'],
    [
      'a wrong path and body',
      { params: { noteId: 'x' }, body: {} },
      400,
      'invalid_request',
      'path.noteId text count',
    ],
    ['an unknown query', { query: { a: '1' } }, 400, 'invalid_request', 'query.a'],
    [
      'a key with blanks',
      { headers: { 'idempotency-key': 'a b' } },
      400,
      'invalid_request',
      'header.idempotency-key',
    ],
  ];

  it.each(rows)('%s', async (_what, change, status, code, fields) => {
    const { statusCode, headers, json } = await notes().call({
      ...good,
      ...change,
      headers: { ...good.headers, ...change.headers },
    });
    expect([statusCode, json.code]).toEqual([status, code]);
    expect(
      (json.issues ?? [])
        .map((issue: { field: string }) => issue.field)
        .join(' ')
        .trim(),
    ).toBe(fields);
    expect(headers?.['content-type']).toBe('application/problem+json');
    expect(problem.parse(json)).toMatchObject({ status, requestId: 'req-1', type: 'about:blank' });
  });

  it.each(['0', '101', '1e1', '-1', ' 5', '5,6', '', '٣'])('a page size of "%s"', async (limit) => {
    const { statusCode, json } = await notes().call({
      routeKey: LIST,
      scopes: ['stations:read'],
      query: { limit },
    });
    expect([statusCode, json.issues[0].field]).toEqual([400, 'query.limit']);
  });

  it('a body where none belongs', async () => {
    const { statusCode, json } = await notes().call({ routeKey: LIST, scopes: ['stations:read'], body: {} });
    expect([statusCode, json.issues[0].code]).toEqual([400, 'unexpected_body']);
  });

  it('a missing idempotency key, after everything else is right', async () => {
    const withoutKey = { ...good, headers: {} };
    expect((await notes().call(withoutKey)).json).toMatchObject({
      status: 400,
      code: 'idempotency_key_missing',
    });
    expect((await notes().call({ ...withoutKey, body: {} })).json.code).toBe('invalid_request');
  });

  it('an event that no authorizer has seen', async () => {
    const event = httpEvent(good);
    Reflect.deleteProperty(event.requestContext, 'authorizer');
    const handler = httpFunction({
      functionName: 'notes',
      routes: [routes[1]],
      nowMs: () => 0,
      log: () => {},
      handlers: { listNotes: async () => ({ body: { limit: 1 } }) },
    });
    const response = await handler({ ...event, routeKey: LIST }, lambdaContext('notes', 'req-1'));
    expect(response.statusCode).toBe(401);
    expect(response.headers?.['www-authenticate']).toBe('Bearer');
  });

  it('never quotes the body in its problem or its record', async () => {
    const secret = '13800138000';
    for (const body of [
      `{"text":"${secret}`,
      { text: 5, count: secret },
      { text: secret.repeat(99), count: 1 },
    ]) {
      const { call, records } = notes();
      const response = await call({ ...good, body });
      expect(response.statusCode).toBe(400);
      expect(response.body).not.toContain(secret);
      expect(JSON.stringify(records)).not.toContain(secret);
    }
  });

  it('says when to come back', async () => {
    const thrown = new DomainError('too_many_requests', 'slow down', { retryAfterSeconds: 1.2 });
    const { statusCode, headers } = await notes({ thrown }).call(good);
    expect([statusCode, headers?.['retry-after']]).toEqual([429, '2']);
  });
});

describe('a fault', () => {
  const inside = 'connection to db-7 refused for 张三';

  it.each([
    ['an Error', new Error(inside)],
    ['a text', inside],
    ['a rejected model', new DomainError('model_rejected', inside)],
    ['a corrupt record', new DomainError('corrupt_record', inside)],
    ['a bad feature', new DomainError('invalid_feature', inside)],
  ])('%s leaves as an opaque 500 that the log can be searched for', async (_what, thrown) => {
    const { call, records } = notes({ thrown });
    const { statusCode, body, json } = await call(good);
    expect(statusCode).toBe(500);
    expect(json).toMatchObject({ code: 'internal_error', requestId: 'req-1' });
    expect(body).not.toContain('db-7');
    expect(records).toMatchObject([{ level: 'error', status: 500, requestId: 'req-1' }]);
    expect(records[0]?.fault).not.toBeNull();
  });

  it('keeps a foreign error’s message out of the log, and its frames in', async () => {
    const { call, records } = notes({ thrown: new Error(inside, { cause: new Error(inside) }) });
    await call(good);
    expect(JSON.stringify(records)).not.toContain('db-7');
    expect(records[0]?.fault?.frames[0]).toMatch(/http-function\.test\.ts:\d+:\d+/);
    expect(records[0]?.fault?.cause?.name).toBe('Error');
  });

  it.each([
    ['a field too many', { noteId: 'n1', text: 'a', count: 1, tenantId: 'ten_a', salary: 5 }],
    ['a field too few', { noteId: 'n1' }],
    ['nothing', undefined],
  ])('an answer with %s never leaves, and counts in the alarm’s metric', async (_what, answered) => {
    const { call, records } = notes({ answered });
    const { statusCode, body } = await call(good);
    expect(statusCode).toBe(500);
    expect(body).not.toContain('salary');
    const [record] = records;
    expect(record).toBeDefined();
    if (record === undefined) return;
    expect(JSON.parse(cloudWatchLine(record, 7))).toMatchObject({ responseMismatches: 1, faults: 1 });
  });
});

describe('the map from refusal to status', () => {
  it.each(domainErrorCodes)('%s has one, and leaves as it', async (code) => {
    const { statusCode } = await notes({ thrown: new DomainError(code, 'because') }).call(good);
    expect(statusCode).toBe(errorStatus[code]);
    expect(statusCode).toBeGreaterThanOrEqual(400);
  });
});

describe('whatever is sent', () => {
  it('is answered below 500, as a problem or as the contract says', async () => {
    const { call } = notes();
    const body = fc.oneof(
      fc.json({ stringUnit: 'binary' }),
      fc.string({ unit: 'binary' }),
      fc.record({ text: fc.string({ unit: 'binary' }), count: fc.oneof(fc.double(), fc.integer()) }),
    );
    await fc.assert(
      fc.asyncProperty(body, fc.string(), fc.boolean(), async (sent, noteId, base64) => {
        const { statusCode, json } = await call({ ...good, body: sent, base64, params: { noteId } });
        if (statusCode !== 201) problem.parse(json);
        expect(statusCode).toBeLessThan(500);
      }),
      { numRuns: 1_000 },
    );
  });
});
