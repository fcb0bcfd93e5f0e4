import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { functionNames, routes } from '../../functions/routes.ts';
import { lambdaContext } from '../../infra/local/api-gateway-event.ts';
import { localFunctions } from '../../infra/local/functions.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import { httpFunction } from '../../shared/http/http-function.ts';
import { limiterFailureLine } from '../../shared/http/lambda-runtime.ts';
import { problem } from '../../shared/http/problem.ts';
import { type RateLimiter, rateLimiter } from '../../shared/http/rate-limiter.ts';
import type { RequestRecord } from '../../shared/http/request-log.ts';
import { type RouteDefinition, routeKeyOf } from '../../shared/http/route.ts';
import { rateBudgetStore } from '../../shared/store/rate-budgets.ts';
import { useTable } from '../support/engine.ts';
import { httpEvent, type TestRequest } from '../support/http-event.ts';
import { memoryPersonKeys } from '../support/memory-person-keys.ts';
import { memoryRateBudgets } from '../support/memory-rate-budgets.ts';
import { neverScores } from '../support/never-scores.ts';
import { testWebhooks } from '../support/test-webhooks.ts';

const NOW_MS = Date.parse('2026-03-01T00:00:00Z');
const route = {
  operation: 'listNotes',
  method: 'GET',
  path: '/v1/notes',
  scope: 'stations:read',
  function: 'notes',
  tag: 'Notes',
  summary: 'List notes',
  contract: { response: z.strictObject({ notes: z.array(z.string()) }) },
  successStatus: 200,
  errors: [],
} as const satisfies RouteDefinition;

/** Two reads at once and one write; one every two seconds. */
const settings = {
  default: { read: { ratePerSecond: 0.5, burst: 4 }, write: { ratePerSecond: 0.5, burst: 2 } },
  tenants: {},
};
const unexpected = (error: unknown) => expect.fail(String(error));
const limited = () => rateLimiter({ budgets: memoryRateBudgets(), settings, onFailure: unexpected });

/** A function of one route behind a limiter; `thrown` is what its handler throws. */
function notes(limiter: RateLimiter, thrown?: unknown) {
  const records: RequestRecord[] = [];
  let nowMs = NOW_MS;
  const handler = httpFunction({
    functionName: 'notes',
    routes: [route],
    handlers: {
      listNotes: async () => {
        if (thrown !== undefined) throw thrown;
        return { body: { notes: [] } };
      },
    },
    nowMs: () => nowMs,
    log: (record) => records.push(record),
    limiter,
  });
  const call = async (request: Partial<TestRequest> = {}) => {
    const event = httpEvent({ routeKey: routeKeyOf(route), scopes: ['stations:read'], ...request });
    const { statusCode, headers = {}, body } = await handler(event, lambdaContext('notes', 'req-1'));
    return { status: statusCode, headers, json: JSON.parse(body ?? 'null') };
  };
  return { call, records, pass: (ms: number) => (nowMs += ms) };
}

describe('a client over its rate', () => {
  it('gets 429 with the time to wait, says the log, and is served again after it', async () => {
    const { call, records, pass } = notes(limited());
    const first = await call();
    expect([first.status, first.headers]).toEqual([
      200,
      expect.objectContaining({ 'ratelimit-policy': '"read";q=2;w=4', ratelimit: '"read";r=1;t=2' }),
    ]);
    expect((await call()).headers.ratelimit).toBe('"read";r=0;t=4');
    const refused = await call();
    expect([refused.status, refused.headers]).toEqual([
      429,
      expect.objectContaining({
        'retry-after': '2',
        'ratelimit-policy': '"read";q=2;w=4',
        ratelimit: '"read";r=0;t=2',
        'content-type': 'application/problem+json',
      }),
    ]);
    expect(problem.parse(refused.json).code).toBe('rate_limited');
    expect(records.at(-1)).toMatchObject({ status: 429, errorCode: 'rate_limited', operation: 'listNotes' });
    pass(2_000);
    expect((await call()).status).toBe(200);
  });

  it('takes nothing from another client of its tenant, or from another tenant', async () => {
    const { call } = notes(limited());
    await call();
    await call();
    expect((await call()).status).toBe(429);
    expect((await call({ subject: 'colleague' })).status).toBe(200);
    expect((await call({ tenant: 'ten_b' })).status).toBe(200);
  });

  it('is told so before anything else of its request is looked at', async () => {
    const { call } = notes(limited());
    await call();
    await call();
    expect((await call({ scopes: [] })).status).toBe(429);
    expect((await call({ routeKey: 'GET /v1/none' })).status).toBe(404);
  });
});

describe('an answer that is a refusal', () => {
  it('says what is left of the rate all the same', async () => {
    const { call } = notes(limited(), new DomainError('not_found', 'no such note'));
    const { status, headers } = await call();
    expect([status, headers.ratelimit]).toEqual([404, '"read";r=1;t=2']);
  });
});

describe('budgets that do not answer', () => {
  it('let the request pass, and the policy says what would hold', async () => {
    const failures: unknown[] = [];
    const limiter = rateLimiter({
      budgets: { lease: () => Promise.reject(new Error('away')) },
      settings,
      onFailure: (error) => failures.push(error),
    });
    const { status, headers } = await notes(limiter).call();
    expect([status, headers['ratelimit-policy'], headers.ratelimit]).toEqual([
      200,
      '"read";q=2;w=4',
      undefined,
    ]);
    expect(failures).toHaveLength(1);
  });

  it('are a metric without dimensions, and quote nothing', () => {
    const line = JSON.parse(limiterFailureLine(new TypeError('key ten_a#RATE#…'), NOW_MS));
    expect(line).toMatchObject({
      rateLimiterFailures: 1,
      error: 'TypeError',
      _aws: { CloudWatchMetrics: [{ Namespace: 'Cunxin', Dimensions: [[]] }] },
    });
    expect(JSON.stringify(line)).not.toContain('ten_a');
  });
});

describe('every function', () => {
  const table = useTable();

  it.each(functionNames)('%s holds its callers to their rate', async (name) => {
    const functions = localFunctions({
      table: table(),
      scorer: neverScores,
      personKeys: memoryPersonKeys(),
      webhooks: testWebhooks(),
      nowMs: () => NOW_MS,
      log: () => {},
      newId: (prefix) => `${prefix}_1`,
      random: () => 0,
      sleep: async () => {},
      limiter: rateLimiter({ budgets: rateBudgetStore(table()), settings, onFailure: unexpected }),
    });
    const found = routes.find((candidate) => candidate.function === name) ?? expect.fail(name);
    const event = httpEvent({ routeKey: routeKeyOf(found), subject: `caller-of-${name}` });
    const answers = [];
    for (let request = 0; request < 3; request += 1) {
      answers.push((await functions[name](event, lambdaContext(name, 'req-1'))).statusCode);
    }
    expect(answers.at(-1)).toBe(429);
  });
});
