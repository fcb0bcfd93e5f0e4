import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { issueToken } from '../../functions/identity/issue-token.ts';
import { authorizationServer } from '../../infra/local/authorization-server.ts';
import { createGateway, type RunningGateway } from '../../infra/local/gateway.ts';
import { type LocalKeys, openLocalKeys } from '../../infra/local/local-tokens.ts';
import { machineArgumentsOf } from '../../infra/local/machine.ts';
import { type LocalMachines, openLocalMachines } from '../../infra/local/machines.ts';
import { type LocalPeople, openLocalPeople } from '../../infra/local/people.ts';
import { personArgumentsOf } from '../../infra/local/person.ts';
import { roles } from '../../shared/http/roles.ts';
import { qualifiedScope } from '../../shared/http/scopes.ts';

const START_MS = Date.parse('2026-03-01T00:00:00Z');
const RETURN = 'http://localhost:5173/signed-in';
const officer = {
  username: 'zhao.lei',
  subject: randomUUID(),
  tenantId: 'ten_bank',
  roles: ['credit_officer' as const],
};
const applicant = {
  username: 'li.mei',
  subject: randomUUID(),
  tenantId: 'ten_platform',
  roles: ['applicant' as const],
  entrepreneurId: 'ent_1',
};
const SECRET = 'x'.repeat(43);
const PASSWORD = 'correct horse 马';

let directory = '';
let nowMs = START_MS;
let people: LocalPeople;
let machines: LocalMachines;
let keys: LocalKeys;
let gateway: RunningGateway;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cunxin-sign-in-'));
  people = openLocalPeople(join(directory, 'people'), { N: 16 });
  await people.add(officer, PASSWORD);
  await people.add(applicant, PASSWORD);
  machines = openLocalMachines(join(directory, 'machines'));
  await machines.add(
    { clientId: 'core-system', tenantId: 'ten_bank', scopes: ['decisions:read', 'events:read'] },
    SECRET,
  );
  keys = await openLocalKeys(join(directory, 'keys'), nowMs);
  gateway = await createGateway({
    routes: [],
    functions: {},
    keys,
    documents: new Map(),
    authorization: authorizationServer({
      people,
      machines,
      keys,
      nowMs: () => nowMs,
      newCode: () => randomBytes(32).toString('base64url'),
    }),
    nowMs: () => nowMs,
    newRequestId: randomUUID,
    log: () => {},
  }).listen(0);
});
afterAll(async () => {
  await gateway.close();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  nowMs = START_MS;
});

const verifier = 'v'.repeat(43);
const challenge = createHash('sha256').update(verifier).digest('base64url');
const asked = {
  response_type: 'code',
  client_id: 'people',
  redirect_uri: RETURN,
  state: 'a state & more',
  code_challenge: challenge,
  code_challenge_method: 'S256',
};
type Fields = Readonly<Record<string, string>>;
const without = (fields: Fields, name: string): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([field]) => field !== name));

const get = (path: string, query: Fields) =>
  fetch(`${gateway.url}${path}?${new URLSearchParams(query)}`, { redirect: 'manual' });
const post = (path: string, form: Fields) =>
  fetch(gateway.url + path, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
const locationOf = (response: Response) =>
  new URL(response.headers.get('location') ?? expect.fail('no location'));

async function codeOf(username: string, changes: Fields = {}): Promise<string> {
  const response = await post('/oauth2/authorize', { ...asked, ...changes, username, password: PASSWORD });
  expect(response.status).toBe(303);
  return locationOf(response).searchParams.get('code') ?? expect.fail('no code');
}
const exchange = (code: string, changes: Fields = {}) =>
  post('/oauth2/token', {
    grant_type: 'authorization_code',
    client_id: 'people',
    redirect_uri: RETURN,
    code,
    code_verifier: verifier,
    ...changes,
  });
const signed = z.object({ access_token: z.string(), token_type: z.literal('Bearer'), scope: z.string() });

describe('signing in on one machine', () => {
  it('leads from the login page over a code to a token, and back to where it began', async () => {
    const page = await get('/oauth2/authorize', asked);
    const html = await page.text();
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(html).toContain('value="a state &amp; more"');
    const response = await post('/oauth2/authorize', { ...asked, username: 'zhao.lei', password: PASSWORD });
    const to = locationOf(response);
    expect(to.origin + to.pathname).toBe(RETURN);
    expect(to.searchParams.get('state')).toBe('a state & more');
    const answer = await exchange(to.searchParams.get('code') ?? '');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { access_token: token } = signed.parse(await answer.json());
    expect(await keys.verify(token, nowMs)).toMatchObject({
      token_use: 'access',
      client_id: 'people',
      sub: officer.subject,
      username: 'zhao.lei',
      tenant: 'ten_bank',
      roles: 'credit_officer',
      scope: roles.credit_officer.scopes.map(qualifiedScope).join(' '),
    });
  });

  it.each([
    ['an officer', officer],
    ['an applicant', applicant],
  ])('gives %s the claims and scopes Cognito’s token would have', async (_, person) => {
    const scope = ['decisions:read', 'reviews:write', 'audit:read', 'consents:write']
      .map((name) => `cunxin/${name}`)
      .join(' ');
    const answer = await exchange(await codeOf(person.username, { scope }));
    const local = decodeJwt(signed.parse(await answer.json()).access_token);

    const entrepreneur = 'entrepreneurId' in person ? { 'custom:entrepreneur': 'ent_1' } : {};
    const { response } = await issueToken(
      {
        version: '3',
        triggerSource: 'TokenGeneration_HostedAuth',
        callerContext: { clientId: 'people' },
        request: {
          userAttributes: { sub: person.subject, 'custom:tenant': person.tenantId, ...entrepreneur },
          groupConfiguration: { groupsToOverride: person.roles },
          scopes: scope.split(' '),
        },
      },
      { machineClients: { get: async () => undefined }, log: () => {} },
    );
    const { claimsToAddOrOverride, scopesToSuppress = [] } =
      response.claimsAndScopeOverrideDetails.accessTokenGeneration;
    expect(local).toMatchObject({ ...claimsToAddOrOverride, sub: person.subject });
    expect(Object.hasOwn(local, 'entrepreneur')).toBe(Object.hasOwn(claimsToAddOrOverride, 'entrepreneur'));
    expect(String(local.scope).split(' ').sort()).toEqual(
      scope
        .split(' ')
        .filter((name) => !scopesToSuppress.includes(name))
        .sort(),
    );
  });

  it('takes a person who was added while it runs, and no longer one who was removed', async () => {
    await people.add({ ...officer, username: 'new', subject: randomUUID() }, PASSWORD);
    await codeOf('new');
    expect(await people.remove('new')).toBe(true);
    const refused = await post('/oauth2/authorize', { ...asked, username: 'new', password: PASSWORD });
    expect(refused.status).toBe(401);
  });
});

describe('a sign-in is refused', () => {
  it.each([
    ['a wrong password', { username: 'zhao.lei', password: 'guess' }],
    ['no password', { username: 'zhao.lei' }],
    ['a name nobody has', { username: 'nobody', password: PASSWORD }],
    ['a name that leaves its folder', { username: '../people/zhao.lei', password: PASSWORD }],
    ['markup for a name', { username: '"><script>alert(1)</script>', password: PASSWORD }],
  ])('on the page itself, for %s, in the same words', async (_, given) => {
    const response = await post('/oauth2/authorize', { ...asked, ...given });
    const html = await response.text();
    expect(response.status).toBe(401);
    expect(html).toContain('The user name or the password is wrong.');
    expect(html).not.toContain('<script');
    expect(html).not.toContain(PASSWORD);
  });

  it('for a minute after five wrong passwords in a row, the right one included', async () => {
    await people.add({ ...officer, username: 'guessed', subject: randomUUID() }, PASSWORD);
    const attempt = async (password: string) =>
      (await post('/oauth2/authorize', { ...asked, username: 'guessed', password })).status;
    for (let guess = 0; guess < 5; guess += 1) expect(await attempt(`guess ${guess}`)).toBe(401);
    expect(await attempt(PASSWORD)).toBe(401);
    nowMs += 60_001;
    expect(await attempt(PASSWORD)).toBe(303);
  });

  it.each([
    ['an unknown application', { client_id: 'other' }],
    ['a return to another machine', { redirect_uri: 'https://example.org/' }],
    ['a return to a host that begins like this machine', { redirect_uri: 'http://localhost.example.org/' }],
    ['a return with a user in it', { redirect_uri: 'http://localhost:1@example.org/' }],
    ['a script for a return', { redirect_uri: 'javascript:alert(1)' }],
  ])('without going anywhere, for %s', async (_, changes) => {
    for (const response of [
      await get('/oauth2/authorize', { ...asked, ...changes }),
      await post('/oauth2/authorize', { ...asked, ...changes, username: 'zhao.lei', password: PASSWORD }),
    ]) {
      expect([response.status, response.headers.get('location')]).toEqual([400, null]);
    }
  });

  it.each([
    ['another flow', { ...asked, response_type: 'token' }, 'unsupported_response_type'],
    ['no PKCE', without(asked, 'code_challenge'), 'invalid_request'],
    ['PKCE in plain text', { ...asked, code_challenge_method: 'plain' }, 'invalid_request'],
  ])('and the application told, for %s', async (_, request, error) => {
    const to = locationOf(await get('/oauth2/authorize', request));
    expect([to.origin + to.pathname, to.searchParams.get('error'), to.searchParams.get('state')]).toEqual([
      RETURN,
      error,
      'a state & more',
    ]);
  });
});

describe('a code is worth a token', () => {
  const refused = async (response: Response) => [
    response.status,
    z.object({ error: z.string() }).parse(await response.json()).error,
  ];

  it('once', async () => {
    const code = await codeOf('zhao.lei');
    expect((await exchange(code)).status).toBe(200);
    expect(await refused(await exchange(code))).toEqual([400, 'invalid_grant']);
  });

  it.each([
    ['another verifier', { code_verifier: 'w'.repeat(43) }, 400, 'invalid_grant'],
    ['another return', { redirect_uri: 'http://localhost:5173/other' }, 400, 'invalid_grant'],
    ['a verifier that is too short', { code_verifier: 'v' }, 400, 'invalid_request'],
    ['another application', { client_id: 'other' }, 401, 'invalid_client'],
    ['another grant', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ])('not with %s', async (_, changes, status, error) => {
    expect(await refused(await exchange(await codeOf('zhao.lei'), changes))).toEqual([status, error]);
  });

  it('not after a minute, and not again with the right verifier after a wrong one', async () => {
    const late = await codeOf('zhao.lei');
    nowMs += 60_000;
    expect(await refused(await exchange(late))).toEqual([400, 'invalid_grant']);
    const stolen = await codeOf('zhao.lei');
    await exchange(stolen, { code_verifier: 'w'.repeat(43) });
    expect(await refused(await exchange(stolen))).toEqual([400, 'invalid_grant']);
  });
});

describe('a system of this machine', () => {
  const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const ask = (form: Fields, authorization?: string) =>
    fetch(`${gateway.url}/oauth2/token`, {
      method: 'POST',
      headers: authorization === undefined ? {} : { authorization },
      body: new URLSearchParams({ grant_type: 'client_credentials', ...form }),
    });

  it('gets a token by its credentials, in the header or in the form, with the scopes it was given', async () => {
    const answers = [
      await ask({}, basic('core-system', SECRET)),
      await ask({ client_id: 'core-system', client_secret: SECRET }),
    ];
    for (const answer of answers) {
      const claims = await keys.verify(signed.parse(await answer.json()).access_token, nowMs);
      expect(claims).toMatchObject({
        tenant: 'ten_bank',
        client_id: 'core-system',
        sub: 'core-system',
        scope: 'cunxin/decisions:read cunxin/events:read',
      });
      expect(claims).not.toHaveProperty('roles');
    }
    const less = await ask({ scope: 'cunxin/events:read' }, basic('core-system', SECRET));
    expect(signed.parse(await less.json()).scope).toBe('cunxin/events:read');
  });

  it.each([
    ['a wrong secret', {}, basic('core-system', 'guess'), 401, 'invalid_client'],
    ['no credentials', {}, undefined, 401, 'invalid_client'],
    ['an unknown system', {}, basic('other', SECRET), 401, 'invalid_client'],
    ['a name that leaves its folder', {}, basic('../people/zhao.lei', SECRET), 401, 'invalid_client'],
    [
      'a scope it was not given',
      { scope: 'cunxin/audit:read' },
      basic('core-system', SECRET),
      400,
      'invalid_scope',
    ],
  ])('gets none for %s', async (_, form, authorization, status, error) => {
    const answer = await ask(form, authorization);
    expect([answer.status, await answer.json()]).toEqual([status, { error }]);
  });

  it('is added once and removed by the command, which says what is wrong', async () => {
    const machine = { clientId: 'core-system', tenantId: 'ten_bank', scopes: ['events:read' as const] };
    await expect(machines.add(machine, SECRET)).rejects.toMatchObject({ code: 'invalid_request' });
    await machines.add({ ...machine, clientId: 'short-lived' }, SECRET);
    expect([await machines.remove('short-lived'), await machines.remove('short-lived')]).toEqual([
      true,
      false,
    ]);
    expect(machineArgumentsOf(['--add', 'core', '--tenant', 'ten_a', '--scope', 'events:read'])).toEqual({
      add: 'core',
      tenant: 'ten_a',
      scope: ['events:read'],
    });
    for (const args of [
      [],
      ['--add', '../core', '--tenant', 'ten_a', '--scope', 'events:read'],
      ['--add', 'core'],
    ]) {
      expect(() => machineArgumentsOf(args)).toThrow();
    }
  });
});

describe('signing out', () => {
  it('goes back to the application, if it is on this machine', async () => {
    const out = await get('/logout', { client_id: 'people', logout_uri: 'http://localhost:5173/' });
    expect([out.status, out.headers.get('location')]).toEqual([302, 'http://localhost:5173/']);
    expect((await get('/logout', { client_id: 'people', logout_uri: 'https://example.org/' })).status).toBe(
      400,
    );
  });
});

describe('a person of this machine', () => {
  it('is kept in a file of their own, for its owner alone, without their password', async () => {
    const file = join(directory, 'people', 'zhao.lei.json');
    expect((await stat(file)).mode & 0o077).toBe(0);
    expect(await readFile(file, 'utf8')).not.toContain(PASSWORD);
    expect((await people.list()).find(({ username }) => username === 'zhao.lei')).toEqual(officer);
  });

  it.each([
    ['whose name is taken', officer, 'invalid_request'],
    [
      'whose rights nobody may hold',
      { ...applicant, username: 'x', roles: ['operator' as const] },
      'forbidden',
    ],
    ['whose name would leave the folder', { ...officer, username: '../x' }, 'invalid_request'],
  ])('is not added %s', async (_, person, code) => {
    await expect(people.add(person, PASSWORD)).rejects.toMatchObject({ code });
  });

  it('is added, removed and listed by the command, which says what is wrong', () => {
    expect(
      personArgumentsOf(['--add', 'zhao', '--tenant', 'ten_a', '--role', 'operator loan_officer']),
    ).toEqual({
      add: 'zhao',
      tenant: 'ten_a',
      role: ['operator', 'loan_officer'],
    });
    expect(personArgumentsOf(['--remove', 'zhao'])).toEqual({ remove: 'zhao' });
    expect(personArgumentsOf([])).toEqual({ list: true });
    for (const [args, message] of [
      [['--add', 'zhao', '--role', 'operator'], /--tenant/],
      [['--add', 'zhao', '--tenant', 'ten_a', '--role', 'king'], /--role/],
      [['--add', 'Zhao Lei', '--tenant', 'ten_a', '--role', 'operator'], /--add: must be/],
      [['--remove', 'zhao', '--tenant', 'ten_a'], /--tenant/],
      [['--king'], /--king/],
    ] as const) {
      expect(() => personArgumentsOf(args)).toThrow(message);
    }
  });
});
