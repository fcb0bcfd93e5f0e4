import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { buildClient } from '../../infra/client/build-client.ts';
import { type LocalService, startLocal } from '../../infra/local/start.ts';
import { scopeNames } from '../../shared/http/scopes.ts';
import { neverScores } from '../support/never-scores.ts';
import { programTerms } from '../support/program-terms.ts';

const run = promisify(execFile);
const nowMs = Date.parse('2026-03-01T00:00:00Z');
// Below the repository, so that the package finds its dependencies as an installed one would.
const packageDirectory = `dist/client-test-${randomUUID()}`;
let dataDirectory = '';
let built = '';
let service: LocalService;

beforeAll(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'cunxin-client-'));
  built = (await buildClient(packageDirectory)).directory;
  service = await startLocal({
    dataDirectory,
    port: 0,
    inMemory: true,
    scorer: neverScores,
    nowMs: () => nowMs,
  });
});
afterAll(async () => {
  await service.stop();
  await rm(dataDirectory, { recursive: true });
  await rm(built, { recursive: true });
});

/** What a lender's engineer writes; compiled against the package's types and run as it is. */
const CONSUMER = `
import { createCunxinClient, type Event, pages, problemOf, verifyWebhook } from './client.js';

/** Each type of event narrows to its own data. */
export function told(event: Event): string {
  switch (event.type) {
    case 'loan.delinquency_changed':
      return event.data.bucketBefore + ' to ' + event.data.bucket;
    case 'loan.repayment_recorded':
      return event.data.recorded;
    case 'review.decided':
      return event.data.reasonCode;
    default:
      return event.path;
  }
}

export async function tryOut(baseUrl: string, tokens: { operator: string; lender: string }, terms: object) {
  const operator = createCunxinClient({ baseUrl, token: tokens.operator });
  const lender = createCunxinClient({ baseUrl, token: () => Promise.resolve(tokens.lender) });
  const put = await operator.PUT('/v1/programs/{programId}', {
    params: { path: { programId: 'prg_1' } },
    body: terms as never,
  });
  const read = await lender.GET('/v1/programs/{programId}', { params: { path: { programId: 'prg_1' } } });
  const missing = await lender.GET('/v1/programs/{programId}', { params: { path: { programId: 'prg_2' } } });
  const found: string[] = [];
  for await (const page of pages((cursor) =>
    lender.GET('/v1/programs/{programId}/decisions', {
      params: { path: { programId: 'prg_1' }, query: cursor === undefined ? {} : { cursor } },
    }),
  )) {
    for (const { decisionId } of page.decisions) found.push(decisionId);
  }
  let refused = '';
  try {
    verifyWebhook('{}', {}, 'whsec_AAAA');
  } catch (error) {
    refused = String(error);
  }
  const capital: number | undefined = read.data?.capitalMinor;
  return { put: put.response.status, capital, code: problemOf(missing.error)?.code, found, refused };
}
`;

const MISTAKES = [
  ['a path that is not there', `void c.GET('/v1/nothing', {});`],
  ['a parameter left out', `void c.GET('/v1/programs/{programId}', {});`],
  ['a query that is not taken', `void c.GET('/v1/events', { params: { query: { offset: 1 } } });`],
  [
    'a code that is not answered',
    `void c.GET('/v1/events', {}).then(({ error }) => problemOf(error)?.code === 'loan_state_conflict');`,
  ],
  [
    'a type of event that is not told',
    `void c.POST('/v1/webhook-endpoints', { ...key, body: { url: 'x', eventTypes: ['loan.vanished'] } });`,
  ],
  [
    'data of another event',
    `void c.GET('/v1/events', {}).then(({ data }) => data?.events[0]?.data.bucketBefore);`,
  ],
  ['a field that is not answered', `void c.GET('/v1/events', {}).then(({ data }) => data?.items);`],
  [
    'a body of another shape',
    `void c.POST('/v1/webhook-endpoints', { body: { uri: 'https://a.example' } as { uri: string } });`,
  ],
] as const;

async function compile(name: string, source: string): Promise<string> {
  await writeFile(join(built, `${name}.ts`), source);
  try {
    await run(process.execPath, [
      'node_modules/typescript/bin/tsc',
      join(built, `${name}.ts`),
      ...['--ignoreConfig', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2022,dom'],
      ...['--types', '', '--outDir', built],
    ]);
    return '';
  } catch (error) {
    return z.object({ stdout: z.string() }).parse(error).stdout;
  }
}

const outcome = z.object({
  put: z.number(),
  capital: z.number(),
  code: z.string(),
  found: z.array(z.string()),
  refused: z.string(),
});

describe('the typed client', () => {
  it('is a package that could be published', async () => {
    const manifest: unknown = JSON.parse(await readFile(join(built, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({ name: '@cunxin/client', version: '0.1.0', type: 'module' });
    expect(manifest).not.toHaveProperty('devDependencies');
    const { stdout } = await run('npm', ['pack', '--dry-run', '--json'], { cwd: built });
    const [packed] = z
      .array(z.object({ files: z.array(z.object({ path: z.string() })) }))
      .parse(JSON.parse(stdout));
    expect(packed?.files.map(({ path }) => path).sort()).toEqual(
      [
        'LICENSE',
        'README.md',
        'client.d.ts',
        'client.js',
        'openapi.json',
        'package.json',
        'schema.d.ts',
        'schema.js',
      ].sort(),
    );
  });

  it('compiles where it is used, and does what it says against the service', async () => {
    expect(await compile('consumer', CONSUMER)).toBe('');
    const { tryOut } = (await import(pathToFileURL(join(built, 'consumer.js')).href)) as {
      tryOut: (baseUrl: string, tokens: object, terms: object) => Promise<unknown>;
    };
    const token = (tenantId: string) => service.keys.issue({ tenantId, scopes: scopeNames, nowMs });
    const tokens = { operator: await token('ten_operator'), lender: await token('ten_lender') };
    expect(outcome.parse(await tryOut(service.url, tokens, programTerms))).toEqual({
      put: 200,
      capital: programTerms.capitalMinor,
      code: 'not_found',
      found: [],
      refused: expect.stringContaining('Missing required headers'),
    });
  });

  it('does not compile with a mistake', async () => {
    const start = [
      `import { createCunxinClient, problemOf } from './client.js';`,
      `const c = createCunxinClient({ baseUrl: '', token: '' }),` +
        ` key = { params: { header: { 'idempotency-key': 'k' } } };`,
      '',
    ].join('\n');
    const sound = `void c.GET('/v1/events', {}).then(({ error }) => problemOf(error)?.code === 'forbidden');`;
    expect(await compile('sound', start + sound)).toBe('');
    const errors = await compile('mistakes', start + MISTAKES.map(([, line]) => line).join('\n'));
    for (const [index, [what]] of MISTAKES.entries()) {
      expect(errors, what).toMatch(new RegExp(`mistakes\\.ts\\(${index + 3},\\d+\\): error TS`));
    }
  });
});
