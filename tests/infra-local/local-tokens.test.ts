import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLocalKeys } from '../../infra/local/local-tokens.ts';
import { tokenArgumentsOf } from '../../infra/local/token.ts';

const nowMs = Date.parse('2026-03-01T00:00:00Z');
let directory = '';
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'cunxin-keys-')), 'keys');
});
afterEach(() => rm(join(directory, '..'), { recursive: true }));

const request = { tenantId: 'ten_a', scopes: ['stations:read', 'stations:write'], nowMs } as const;

describe('a local token', () => {
  it('carries the claims Cognito’s client credentials carry', async () => {
    const keys = await openLocalKeys(directory, nowMs);
    const claims = decodeJwt(await keys.issue(request));
    expect(claims).toMatchObject({
      tenant: 'ten_a',
      scope: 'cunxin/stations:read cunxin/stations:write',
      token_use: 'access',
      client_id: 'local-ten_a',
      sub: 'local-ten_a',
      iat: nowMs / 1_000,
      exp: nowMs / 1_000 + 3_600,
    });
  });

  it('is valid until it expires, and not before it was issued by one of our keys', async () => {
    const keys = await openLocalKeys(directory, nowMs);
    const token = await keys.issue({ ...request, ttlSeconds: 60 });
    await expect(keys.verify(token, nowMs + 59_000)).resolves.toMatchObject({ tenant: 'ten_a' });
    await expect(keys.verify(token, nowMs + 60_000)).rejects.toThrow(/exp/);
    const strangers = await openLocalKeys(`${directory}-others`, nowMs);
    await expect(strangers.verify(token, nowMs)).rejects.toThrow();
  });

  it('is refused unsigned, with a changed payload, or signed with the public key as a secret', async () => {
    const keys = await openLocalKeys(directory, nowMs);
    const token = await keys.issue(request);
    const [header = '', payload = '', signature = ''] = token.split('.');
    const claims = { ...decodeJwt(token), tenant: 'ten_b' };
    const changed = Buffer.from(JSON.stringify(claims)).toString('base64url');
    const confused = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: decodeProtectedHeader(token).kid ?? '' })
      .sign(new TextEncoder().encode(payload.padEnd(64)));
    for (const forged of [
      `${header}.${changed}.${signature}`,
      new UnsecuredJWT(claims).encode(),
      confused,
      `${header}.${payload}.`,
      'nonsense',
    ]) {
      await expect(keys.verify(forged, nowMs)).rejects.toThrow();
    }
  });

  it('verifies with keys another process made, and keeps the keys to their owner', async () => {
    const service = await openLocalKeys(directory, nowMs);
    const command = await openLocalKeys(directory, nowMs);
    await expect(service.verify(await command.issue(request), nowMs)).resolves.toBeDefined();
    const [file = ''] = await readdir(directory);
    expect((await stat(join(directory, file))).mode & 0o077).toBe(0);
  });

  it('is signed by the new key after a rotation, without a restart, while older tokens stay valid', async () => {
    const service = await openLocalKeys(directory, nowMs);
    const before = await service.issue(request);
    const other = await openLocalKeys(directory, nowMs);
    await other.rotate(nowMs + 1);
    const after = await service.issue(request);
    expect(decodeProtectedHeader(after).kid).not.toBe(decodeProtectedHeader(before).kid);
    await expect(service.verify(before, nowMs)).resolves.toBeDefined();
    await expect(other.verify(after, nowMs)).resolves.toBeDefined();

    await rm(join(directory, `${decodeProtectedHeader(before).kid}.jwk.json`));
    await expect(service.verify(before, nowMs)).rejects.toThrow();
    await expect(service.verify(after, nowMs)).resolves.toBeDefined();
  });
});

describe('the token command', () => {
  it('takes a tenant, scopes and a lifetime', () => {
    const given = tokenArgumentsOf([
      '--tenant',
      'ten_a',
      '--scope',
      ' stations:read  stations:write',
      '--ttl-seconds',
      '60',
    ]);
    expect(given).toEqual({ tenant: 'ten_a', scope: ['stations:read', 'stations:write'], 'ttl-seconds': 60 });
    expect(tokenArgumentsOf(['--tenant', 'ten_a', '--scope', 'all'])).toMatchObject({
      scope: expect.arrayContaining(['decisions:read']),
    });
    expect(tokenArgumentsOf(['--rotate-keys'])).toEqual({ 'rotate-keys': true });
  });

  it.each([
    ['no tenant', ['--scope', 'all'], /--tenant/],
    ['a tenant without prefix', ['--tenant', 'a', '--scope', 'all'], /--tenant: must be ten_/],
    ['a scope that does not exist', ['--tenant', 'ten_a', '--scope', 'stations:admin'], /--scope/],
    ['a lifetime of nothing', ['--tenant', 'ten_a', '--scope', 'all', '--ttl-seconds', '0'], /--ttl-seconds/],
    ['a token beside a rotation', ['--rotate-keys', '--tenant', 'ten_a'], /--tenant/],
    ['an argument it does not know', ['--tenants', 'ten_a'], /--tenants/],
  ])('refuses %s and says which argument', (_what, args, message) => {
    expect(() => tokenArgumentsOf(args)).toThrow(message);
  });
});
