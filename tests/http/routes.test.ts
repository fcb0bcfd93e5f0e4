import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { functionNames, type HandlersFor, routes, routesFor } from '../../functions/routes.ts';
import { errorStatus } from '../../shared/http/error-status.ts';
import { errorsOf, type RouteDefinition, routeKeyOf } from '../../shared/http/route.ts';
import { scopeNames } from '../../shared/http/scopes.ts';

const table: readonly RouteDefinition[] = routes;
const named = table.map((route) => [route.operation, route] as const);

/** A route whose every line is right; each test below breaks one. */
const sound = {
  operation: 'getThing',
  method: 'GET',
  path: '/v1/things',
  scope: 'stations:read',
  function: 'registry',
  tag: 'Things',
  summary: 'Read a thing',
  contract: { response: z.strictObject({}) },
  successStatus: 200,
  errors: [],
} as const satisfies RouteDefinition;

describe('the route table', () => {
  it('names every operation once and every method and path once', () => {
    expect(new Set(table.map((route) => route.operation)).size).toBe(table.length);
    expect(new Set(table.map((route) => routeKeyOf(route).replaceAll(/\{\w+\}/g, '{}'))).size).toBe(
      table.length,
    );
  });

  it.each(named)('%s parses exactly the parameters its path names', (_operation, route) => {
    const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    expect(Object.keys(route.contract.params?.shape ?? {}).sort()).toEqual(inPath.sort());
  });

  it.each(named)('%s refuses unknown fields in its body', (_operation, route) => {
    const { body } = route.contract;
    if (body === undefined) return expect(['GET', 'DELETE']).toContain(route.method);
    // Of a body that may be one of several, each.
    for (const part of body instanceof z.ZodDiscriminatedUnion ? body.options : [body]) {
      const result = z.safeParse(part, { surelyUnknown: 1 });
      expect(result.error?.issues.map((issue) => issue.code)).toContain('unrecognized_keys');
    }
  });

  it.each(named)('%s takes a body exactly when its method carries one', (_operation, route) => {
    expect(route.contract.body !== undefined).toBe(route.method === 'PUT' || route.method === 'POST');
  });

  it.each(named)('%s reads with a read scope and writes with a write scope', (_operation, route) => {
    expect(scopeNames).toContain(route.scope);
    expect(route.scope.endsWith(':read')).toBe(route.method === 'GET');
  });

  it.each(named)('%s documents refusals its caller can act on, and no others', (_operation, route) => {
    for (const code of errorsOf(route)) expect(errorStatus[code]).toBeLessThan(500);
  });

  it('uses every scope it declares', () => {
    expect(new Set(table.map((route) => route.scope))).toEqual(new Set(scopeNames));
  });

  it('gives each function the routes that name it', () => {
    const served = functionNames.flatMap((name) => routesFor(name).map((route) => route.operation));
    expect(served.sort()).toEqual(table.map((route) => route.operation).sort());
  });
});

describe('a route that breaks the rules does not compile', () => {
  it('without a scope, or with one that is not declared', () => {
    const { scope: _scope, ...withoutScope } = sound;
    // @ts-expect-error a route names its scope
    const missing: RouteDefinition = withoutScope;
    // @ts-expect-error only declared scopes exist
    const undeclared: RouteDefinition = { ...sound, scope: 'stations:admin' };
    expect([missing.operation, undeclared.operation]).toEqual(['getThing', 'getThing']);
  });

  it('without a contract, or with one that answers nothing', () => {
    const { contract: _contract, ...withoutContract } = sound;
    // @ts-expect-error a route has a contract
    const missing: RouteDefinition = withoutContract;
    // @ts-expect-error a contract says what comes out
    const silent: RouteDefinition = { ...sound, contract: {} };
    expect([missing.operation, silent.operation]).toEqual(['getThing', 'getThing']);
  });

  it('and a function that leaves an operation out, or adds one, does not either', () => {
    const answer = async () => ({ body: { accepted: 0, duplicates: 0, rejected: 0, outcomes: [] } });
    // @ts-expect-error every operation of the function is handled
    const none: HandlersFor<'ingest'> = {};
    // @ts-expect-error an operation that no route names is a mistake
    const extra: HandlersFor<'ingest'> = { reportTransactions: answer, elsewhere: answer };
    const wrong: HandlersFor<'ingest'> = {
      // @ts-expect-error a handler answers by its contract
      reportTransactions: async () => ({ body: { accepted: '0' } }),
    };
    expect([none, extra, wrong].map((handlers) => Object.keys(handlers).length)).toEqual([0, 2, 1]);
  });
});
