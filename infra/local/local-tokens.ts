import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from 'jose';
import { z } from 'zod';
import { parse } from '../../shared/domain/parse.ts';
import { type PersonRights, personClaims } from '../../shared/http/roles.ts';
import { qualifiedScope, type Scope } from '../../shared/http/scopes.ts';

const ISSUER = 'cunxin-local';
const ALGORITHM = 'ES256';
export const TOKEN_TTL_SECONDS_DEFAULT = 3_600;

const privateKey = z.looseObject({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  kid: z.string(),
  x: z.string(),
  y: z.string(),
  d: z.string(),
});
const keyFile = z.strictObject({ createdAtMs: z.int(), key: privateKey });

export interface TokenRequest {
  readonly tenantId: string;
  readonly scopes: readonly Scope[];
  /** Default: one of the tenant. */
  readonly clientId?: string | undefined;
  /** Default: the client itself, as in client credentials. */
  readonly subject?: string | undefined;
  /** When it is a person's token: its claims are then those a person's has, too. */
  readonly person?: (Omit<PersonRights, 'tenantId'> & { readonly username: string }) | undefined;
  readonly ttlSeconds?: number | undefined;
  readonly nowMs: number;
}

export interface LocalKeys {
  /** A token signed by the newest key, with the claims Cognito's tokens have. Raises `forbidden` as `personClaims`. */
  issue(request: TokenRequest): Promise<string>;
  /** The claims of a token any key of the folder signed and that is valid at `nowMs`. Rejects otherwise. */
  verify(token: string, nowMs: number): Promise<JWTPayload>;
  /** Sign with a new key from now on. Tokens of older keys stay valid until their file is removed. */
  rotate(nowMs: number): Promise<void>;
}

/**
 * The signing keys of one machine: one file per key in a folder, made at first use and readable by their owner
 * only. Keys that other processes add or remove count at once.
 */
export async function openLocalKeys(directory: string, nowMs: number): Promise<LocalKeys> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  let loaded = await load(directory);
  if (loaded.keys.length === 0) {
    await createKey(directory, nowMs);
    loaded = await load(directory);
  }

  async function current() {
    const { mtimeMs } = await stat(directory);
    if (mtimeMs !== loaded.mtimeMs) loaded = await load(directory);
    return loaded;
  }

  return {
    async issue(request) {
      const { keys } = await current();
      const newest = keys.at(-1);
      if (newest === undefined) throw new Error(`no signing key in ${directory}`);
      const { tenantId, person, clientId = `local-${tenantId}` } = request;
      const issuedAtSeconds = Math.floor(request.nowMs / 1_000);
      return new SignJWT({
        token_use: 'access',
        client_id: clientId,
        ...(person === undefined
          ? { tenant: tenantId }
          : { ...personClaims({ ...person, tenantId }), username: person.username }),
        scope: request.scopes.map(qualifiedScope).join(' '),
      })
        .setProtectedHeader({ alg: ALGORITHM, kid: newest.kid, typ: 'JWT' })
        .setIssuer(ISSUER)
        .setSubject(request.subject ?? clientId)
        .setJti(randomUUID())
        .setIssuedAt(issuedAtSeconds)
        .setExpirationTime(issuedAtSeconds + (request.ttlSeconds ?? TOKEN_TTL_SECONDS_DEFAULT))
        .sign(newest);
    },

    async verify(token, nowMs_) {
      const { publicKeys } = await current();
      const { payload } = await jwtVerify(token, publicKeys, {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        requiredClaims: ['exp', 'iat', 'sub', 'client_id'],
        currentDate: new Date(nowMs_),
      });
      return payload;
    },

    async rotate(nowMs_) {
      await createKey(directory, nowMs_);
    },
  };
}

async function load(directory: string) {
  const { mtimeMs } = await stat(directory);
  const names = (await readdir(directory)).filter((name) => name.endsWith('.jwk.json'));
  const files = await Promise.all(
    names.map(async (name) =>
      parse(keyFile, JSON.parse(await readFile(join(directory, name), 'utf8')), {
        code: 'corrupt_record',
        root: name,
      }),
    ),
  );
  const keys = files
    .sort((a, b) => a.createdAtMs - b.createdAtMs || (a.key.kid < b.key.kid ? -1 : 1))
    .map((file) => file.key);
  const publicKeys = createLocalJWKSet({ keys: keys.map(({ d: _secret, ...shown }): JWK => shown) });
  return { mtimeMs, keys, publicKeys };
}

async function createKey(directory: string, nowMs: number): Promise<void> {
  const pair = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(pair.privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const file = parse(keyFile, { createdAtMs: nowMs, key: { ...jwk, kid, alg: ALGORITHM, use: 'sig' } });
  await writeFile(join(directory, `${kid}.jwk.json`), JSON.stringify(file), { mode: 0o600, flag: 'wx' });
}
