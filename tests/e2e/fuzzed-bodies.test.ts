import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { type FunctionName, routes } from '../../functions/routes.ts';
import { lambdaContext } from '../../infra/local/api-gateway-event.ts';
import { localFunctions } from '../../infra/local/functions.ts';
import { errorStatus } from '../../shared/http/error-status.ts';
import { problem } from '../../shared/http/problem.ts';
import { errorsOf, type RouteDefinition, routeKeyOf } from '../../shared/http/route.ts';
import { useTable } from '../support/engine.ts';
import { httpEvent } from '../support/http-event.ts';
import { memoryPersonKeys } from '../support/memory-person-keys.ts';
import { neverScores } from '../support/never-scores.ts';
import { routeSamples } from '../support/route-samples.ts';
import { seedLending } from '../support/seed-lending.ts';
import { testWebhooks } from '../support/test-webhooks.ts';

const table = useTable();
const samples: Readonly<Record<string, (typeof routeSamples)[keyof typeof routeSamples]>> = routeSamples;
/** Over all routes that take a body. */
const BODIES = 10_000;
const withBody = (routes as readonly RouteDefinition[]).filter((route) => route.contract.body !== undefined);

const odd = fc.oneof(
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.constantFrom(
    '',
    ' ',
    '\u0000',
    '\ud800',
    '__proto__',
    '9'.repeat(400),
    -0,
    2 ** 53,
    1e308,
    [],
    {},
    null,
  ),
);

/** A body that is nearly right: one to three places of it, at any depth, hold something else or nothing. */
const nearly = (body: unknown) =>
  fc
    .array(fc.tuple(fc.nat(), fc.option(odd, { nil: undefined })), { minLength: 1, maxLength: 3 })
    .map((changes) => changes.reduce((changed, [place, value]) => replaced(changed, place, value), body));

function replaced(value: unknown, place: number, by: unknown): unknown {
  if (typeof value !== 'object' || value === null) return by;
  const entries = Object.entries(value);
  const chosen = entries[place % Math.max(1, entries.length)];
  if (chosen === undefined || place % 7 === 0) return by;
  const [key, member] = chosen;
  const next = replaced(member, Math.floor(place / 7), by);
  return Array.isArray(value)
    ? value.map((item, index) => (String(index) === key ? next : item))
    : { ...value, [key]: next };
}

const nowMs = Date.parse('2026-03-01T00:00:00Z');
let functions: ReturnType<typeof localFunctions>;
const byOperation = new Map<string, RouteDefinition>(routes.map((route) => [route.operation, route]));

/** A fresh idempotency key unless `key` says otherwise: a body is judged by itself, not as a repeat. */
async function call(route: RouteDefinition, body: unknown, key = randomUUID()) {
  const sample = samples[route.operation] ?? expect.fail(`no sample of ${route.operation}`);
  const event = httpEvent({
    routeKey: routeKeyOf(route),
    tenant: sample.owner,
    scopes: [route.scope],
    params: sample.params,
    ...(sample.headers === undefined ? {} : { headers: { 'idempotency-key': key } }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) ?? '' }),
  });
  return functions[route.function as FunctionName](event, lambdaContext('fuzzed', 'req-1'));
}

beforeAll(async () => {
  functions = localFunctions({
    table: table(),
    scorer: neverScores,
    personKeys: memoryPersonKeys(),
    webhooks: testWebhooks(),
    nowMs: () => nowMs,
    log: () => {},
    newId: (prefix) => `${prefix}_${randomUUID()}`,
    random: () => 0,
    sleep: async () => {},
  });
  // A station, a person, a consent and a program, so that a body can get past the first question.
  for (const [operation, sample] of Object.entries(samples)) {
    const route = byOperation.get(operation) ?? expect.fail(operation);
    if (sample.body !== undefined) await call(route, sample.body);
    if (operation === 'putProgram') await seedLending(table());
  }
});

describe('a fuzzed body', () => {
  it.each(
    withBody.map((route) => [route.operation, route] as const),
  )('to %s never breaks it, and is answered as documented', async (operation, route) => {
    const sample = samples[operation] ?? expect.fail(`no sample of ${operation}`);
    const documented = [route.successStatus, ...errorsOf(route).map((code) => errorStatus[code])];
    await fc.assert(
      fc.asyncProperty(fc.oneof(nearly(sample.body), odd), async (body) => {
        const response = await call(route, body);
        const json: unknown = JSON.parse(response.body ?? '');
        expect(documented).toContain(response.statusCode);
        if (response.statusCode !== route.successStatus) {
          expect(response.headers?.['content-type']).toBe('application/problem+json');
          problem.parse(json);
        }
      }),
      { numRuns: Math.ceil(BODIES / withBody.length) },
    );
  });
});
