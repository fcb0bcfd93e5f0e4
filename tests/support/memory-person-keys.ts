import { randomBytes } from 'node:crypto';
import type { PersonKeys } from '../../shared/persons/person-keys.ts';
import { KEY_BYTES } from '../../shared/persons/sealed-text.ts';

/** Person keys for a test: gone when it is. */
export function memoryPersonKeys(): PersonKeys {
  const keys = new Map<string, Uint8Array>();
  const nameOf = (person: { tenantId: string; entrepreneurId: string }) =>
    `${person.tenantId}/${person.entrepreneurId}`;
  return {
    async obtain(person) {
      const key = keys.get(nameOf(person)) ?? randomBytes(KEY_BYTES);
      keys.set(nameOf(person), key);
      return key;
    },
    async find(person) {
      return keys.get(nameOf(person));
    },
    async destroy(person) {
      keys.delete(nameOf(person));
    },
  };
}
