import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { DomainError } from '../domain/errors.ts';
import type { PersonKeys, PersonReference } from './person-keys.ts';

const ALGORITHM = 'aes-256-gcm';
export const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypt a text under `key`: IV, tag, ciphertext. `context` is authenticated with it and never stored. */
export function seal(key: Uint8Array, context: string, text: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

/** The bytes `seal` was given. Raises DomainError `corrupt_record` for another key, another context or altered bytes. */
export function unseal(key: Uint8Array, context: string, sealed: Uint8Array): Buffer {
  try {
    const decipher = createDecipheriv(ALGORITHM, key, sealed.subarray(0, IV_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  } catch (cause) {
    throw new DomainError('corrupt_record', 'a sealed text does not open', { cause });
  }
}

/** What a text is about, so that one person's, or one field's, cannot be put in another's place. */
const contextOf = ({ tenantId, entrepreneurId }: PersonReference, field: string) =>
  JSON.stringify([tenantId, entrepreneurId, field]);

export async function sealFor(
  keys: Pick<PersonKeys, 'obtain'>,
  person: PersonReference,
  field: string,
  text: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await keys.obtain(person);
  return Buffer.concat([nameOf(key), seal(key, contextOf(person, field), text)]);
}

/** The text; undefined once the key it was sealed under has been destroyed, whether or not there is a new one. */
export async function unsealFor(
  keys: Pick<PersonKeys, 'find'>,
  person: PersonReference,
  field: string,
  sealed: Uint8Array,
): Promise<string | undefined> {
  const key = await keys.find(person);
  if (key === undefined || !nameOf(key).equals(sealed.subarray(0, KEY_NAME_BYTES))) return undefined;
  return unseal(key, contextOf(person, field), sealed.subarray(KEY_NAME_BYTES)).toString('utf8');
}

const KEY_NAME_BYTES = 8;

/** Tells a person's keys apart, if they are registered anew after an erasure; tells nothing of the key. */
const nameOf = (key: Uint8Array) => createHash('sha256').update(key).digest().subarray(0, KEY_NAME_BYTES);
