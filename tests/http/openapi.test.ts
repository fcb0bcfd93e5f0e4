import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { requestExamples } from '../../functions/request-examples.ts';
import { routes } from '../../functions/routes.ts';
import { instant } from '../../shared/domain/calendar.ts';
import { eventTypeNames } from '../../shared/domain/event.ts';
import { openApiDocument } from '../../shared/http/openapi.ts';
import { tagDescriptions } from '../../shared/http/reference-text.ts';
import { contentTypeOf, type RouteDefinition } from '../../shared/http/route.ts';
import { qualifiedScope, scopeNames } from '../../shared/http/scopes.ts';

const table: readonly RouteDefinition[] = routes;
const text = JSON.stringify(openApiDocument({ routes, requestExamples, version: '1.2.3' }));

const media = z.record(z.string(), z.looseObject({ schema: z.looseObject({}) }));
const operation = z.looseObject({
  operationId: z.string(),
  summary: z.string().min(1),
  tags: z.array(z.string()).length(1),
  security: z.tuple([
    z.strictObject({ oauth: z.tuple([z.string()]) }),
    z.strictObject({ token: z.tuple([z.string()]) }),
  ]),
  parameters: z
    .array(
      z.looseObject({ in: z.enum(['path', 'query', 'header']), name: z.string(), schema: z.looseObject({}) }),
    )
    .optional(),
  requestBody: z.looseObject({ required: z.literal(true), content: media }).optional(),
  responses: z.record(
    z.string().regex(/^[2-5]\d\d$/),
    z.looseObject({
      description: z.string().min(1),
      headers: z.record(z.string(), z.unknown()),
      content: media.default({}),
    }),
  ),
});
const flow = z.looseObject({
  tokenUrl: z.literal('/oauth2/token'),
  scopes: z.record(z.string(), z.string()),
});
const openApi = z.looseObject({
  openapi: z.literal('3.1.0'),
  info: z.looseObject({ title: z.string(), version: z.literal('1.2.3') }),
  tags: z.array(z.strictObject({ name: z.string(), description: z.string().min(1) })),
  paths: z.record(
    z.string().startsWith('/v1/'),
    z.partialRecord(z.enum(['get', 'put', 'post', 'delete']), operation),
  ),
  components: z.looseObject({
    schemas: z.record(z.string(), z.looseObject({})),
    securitySchemes: z.strictObject({
      token: z.looseObject({ type: z.literal('http'), scheme: z.literal('bearer') }),
      oauth: z.looseObject({
        type: z.literal('oauth2'),
        flows: z.strictObject({ clientCredentials: flow, authorizationCode: flow }),
      }),
    }),
  }),
});
const webhooks = z
  .looseObject({
    webhooks: z.record(z.string(), z.object({ post: z.looseObject({ summary: z.string() }) })),
  })
  .parse(JSON.parse(text)).webhooks;
const document = z.parse(openApi, JSON.parse(text));
const operations = new Map(
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, found]) => [`${method.toUpperCase()} ${path}`, found] as const),
  ),
);

describe('the API document', () => {
  it('describes every type of event as the request a webhook gets', () => {
    expect(Object.keys(webhooks)).toEqual(eventTypeNames);
    expect(JSON.stringify(webhooks['loan.closed'])).toContain('"const":"loan.closed"');
    const ids = Object.values(webhooks).map(({ post }) => post.operationId);
    expect(ids).toContain('onLoanDelinquencyChanged');
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('holds every route of the table and nothing else', () => {
    expect([...operations.keys()].sort()).toEqual(
      table.map((route) => `${route.method} ${route.path}`).sort(),
    );
  });

  it.each(
    table.map((route) => [route.operation, route] as const),
  )('describes %s as the table does', (_, route) => {
    const found = operations.get(`${route.method} ${route.path}`);
    expect(found?.operationId).toBe(route.operation);
    expect(found?.security).toEqual([
      { oauth: [qualifiedScope(route.scope)] },
      { token: [qualifiedScope(route.scope)] },
    ]);
    expect(found?.requestBody === undefined).toBe(route.contract.body === undefined);
    const inPath = found?.parameters?.filter((parameter) => parameter.in === 'path') ?? [];
    expect(inPath.map((parameter) => `{${parameter.name}}`).sort()).toEqual(
      (route.path.match(/\{\w+\}/g) ?? []).sort(),
    );
    const statuses = Object.keys(found?.responses ?? {});
    expect(statuses).toEqual(
      expect.arrayContaining([String(route.successStatus), '400', '401', '403', '429', '500']),
    );
    for (const [status, response] of Object.entries(found?.responses ?? {})) {
      const type = Number(status) < 400 ? contentTypeOf(route.contract) : 'application/problem+json';
      if (status === '304') expect([route.conditional, response.content]).toEqual([true, {}]);
      else expect(response.content[type]).toBeDefined();
    }
  });

  it('says how systems and how people come by a token, and with what scopes', () => {
    const { clientCredentials, authorizationCode } = document.components.securitySchemes.oauth.flows;
    expect(Object.keys(clientCredentials.scopes)).toEqual(scopeNames.map(qualifiedScope));
    expect(authorizationCode.authorizationUrl).toBe('/oauth2/authorize');
    expect(Object.keys(authorizationCode.scopes)).not.toContain('cunxin/transactions:write');
    const elsewhere = openApiDocument({ routes, version: '1', loginUrl: 'https://login.example.org' });
    expect(JSON.stringify(elsewhere.components?.securitySchemes)).toContain(
      '"https://login.example.org/oauth2/authorize"',
    );
  });

  it('resolves every reference, and names nothing that is not used', () => {
    const referred = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '');
    for (const reference of referred) {
      expect(reference).toMatch(/^#\/components\/schemas\/\w+$/);
      expect(document.components.schemas).toHaveProperty(reference.split('/').at(-1) ?? '');
    }
    const used = new Set(referred.map((reference) => reference.split('/').at(-1)));
    expect(Object.keys(document.components.schemas).filter((name) => !used.has(name))).toEqual([]);
  });

  it('says what each group of operations is about', () => {
    const groups = document.tags.map(({ name }) => name);
    expect(groups).toEqual([...new Set(table.map(({ tag }) => tag))]);
    expect(Object.keys(tagDescriptions).sort()).toEqual([...groups].sort());
  });

  it('shows a body for every operation that takes one, and it is accepted as it stands', () => {
    for (const { method, path, operation: name, contract } of table) {
      const shown = operations.get(`${method} ${path}`)?.requestBody?.content['application/json']?.example;
      if (contract.body === undefined) expect(shown).toBeUndefined();
      else expect([name, contract.body.safeParse(shown).error]).toEqual([name, undefined]);
    }
  });

  it('gives every answer the id to quote, and a refusal what its status needs', () => {
    for (const [key, { responses }] of operations) {
      for (const [status, { headers }] of Object.entries(responses)) {
        const named = Object.keys(headers);
        expect([key, status, named]).toEqual([key, status, expect.arrayContaining(['x-request-id'])]);
        expect(named.includes('www-authenticate')).toBe(status === '401');
        expect(named.includes('retry-after')).toBe(status === '429');
      }
    }
  });

  it('refuses unknown fields in every request body it describes', () => {
    for (const [, found] of operations) {
      const schema = found?.requestBody?.content['application/json']?.schema;
      if (schema === undefined) continue;
      const parts = z.array(z.looseObject({})).safeParse(schema.oneOf).data ?? [schema];
      for (const part of parts) expect(part.additionalProperties).toBe(false);
    }
  });

  it('describes instants in one pattern that agrees with what is accepted', () => {
    const { pattern, format } = z
      .looseObject({ pattern: z.string(), format: z.string() })
      .parse(document.components.schemas.Instant);
    expect(format).toBe('date-time');
    const described = new RegExp(pattern);
    for (const text of [
      '1970-01-01T00:00:00Z',
      '2099-12-31T23:59:59.999Z',
      '2026-03-01T08:15:00.2Z',
      '1969-12-31T23:59:59Z',
      '2100-01-01T00:00:00Z',
      '2026-03-01T08:15:00.1234Z',
      '2026-03-01T08:15Z',
      '2026-03-01T24:00:00Z',
      '2026-03-01T08:15:60Z',
      '2026-13-01T08:15:00Z',
      '2026-03-01T08:15:00+08:00',
      '2026-03-01 08:15:00Z',
      '2026-03-01',
    ]) {
      expect([text, described.test(text)]).toEqual([text, instant.safeParse(text).success]);
    }
  });

  it('shows page sizes as the integers they are', () => {
    const limits = [...operations.values()]
      .flatMap((found) => found?.parameters ?? [])
      .filter((parameter) => parameter.name === 'limit');
    expect(limits.length).toBeGreaterThan(0);
    for (const limit of limits) {
      expect(limit.schema).toEqual({ type: 'integer', minimum: 1, maximum: 100, default: 25 });
    }
  });
});
