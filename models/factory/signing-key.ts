import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dataDirectoryOf, keysDirectoryOf } from '../../infra/local/data-directory.ts';
import { fieldError } from '../../shared/domain/errors.ts';
import { parse } from '../../shared/domain/parse.ts';
import { publicKeyHexOf, type TrustedKey, trustedKeysSchema } from '../../shared/scoring/model-signature.ts';
import { writeWhole } from './write-whole.ts';

/** `MODEL_SIGNING_KEY`, or this machine's own, which is never committed: an Ed25519 private key, PKCS#8 PEM. */
export const signingKeyFileOf = (environment: NodeJS.ProcessEnv): string =>
  environment.MODEL_SIGNING_KEY ?? join(keysDirectoryOf(dataDirectoryOf(environment)), 'model-signing.pem');

/** Undefined when there is no such file. Raises DomainError `invalid_request` on a file that holds no Ed25519 key. */
export async function readSigningKey(file: string): Promise<KeyObject | undefined> {
  if (!existsSync(file)) return undefined;
  const pem = await readFile(file, 'utf8');
  try {
    const key = createPrivateKey(pem);
    publicKeyHexOf(key);
    return key;
  } catch {
    // The cause may quote the key.
    throw fieldError('invalid_request', 'key', 'not_a_key', `${file}: not an Ed25519 private key in PEM`);
  }
}

/** Make a signing key, readable by its owner alone. Raises DomainError when the file is there: a key is never replaced. */
export async function createSigningKey(file: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync('ed25519');
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  try {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
    await writeFile(file, pem, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if (!existsSync(file)) throw cause;
    throw fieldError('invalid_request', 'key', 'exists', `${file} holds a key already`);
  }
  return privateKey;
}

/** Add a key's public half to the trusted ones; nothing changes when it is there. */
export async function trustKey(trustedKeysFile: string, key: KeyObject, owner: string): Promise<TrustedKey> {
  const { keys } = existsSync(trustedKeysFile)
    ? parse(trustedKeysSchema, JSON.parse(await readFile(trustedKeysFile, 'utf8')), {
        root: 'trusted-keys.json',
      })
    : { keys: [] };
  const added = { publicKey: publicKeyHexOf(key), owner };
  const held = keys.find(({ publicKey }) => publicKey === added.publicKey);
  if (held !== undefined) return held;
  const next = parse(trustedKeysSchema, { keys: [...keys, added] }, { root: 'trusted-keys.json' });
  await writeWhole(trustedKeysFile, `${JSON.stringify(next, null, 2)}\n`);
  return added;
}
