import { expect, it } from 'vitest';
import { routes } from '../../../functions/routes.ts';
import { callers, fuzzConfig } from './fuzz-config.ts';

const config = () =>
  fuzzConfig({
    routes,
    world: { program: ['prg_demo'] },
    tokens: Object.fromEntries(Object.values(callers).map((tenantId) => [tenantId, `token-of-${tenantId}`])),
    cases: 7,
    seed: 3,
    reportFile: '/tmp/report.json',
  });

it('gives every operation the token of a party', () => {
  const written = config();
  for (const { operation } of routes) expect(written).toContain(`include-operation-id = "${operation}"`);
  const tokens = written.match(/^Authorization = .*$/gm) ?? [];
  expect(tokens).toHaveLength(routes.length);
  for (const token of tokens) expect(token).toMatch(/"Bearer token-of-ten_demo-\w+"$/);
});

it('knows ids for every parameter of every path', () => {
  const written = config();
  const names = new Set(routes.flatMap(({ path }) => path.match(/(?<=\{)\w+/g) ?? []));
  expect(names.size).toBeGreaterThan(8);
  for (const name of names) expect(written).toContain(`"path.${name}" = { dictionary = `);
});
