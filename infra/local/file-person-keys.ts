import { createHash, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PersonKeys, PersonReference } from '../../shared/persons/person-keys.ts';
import { KEY_BYTES, seal, unseal } from '../../shared/persons/sealed-text.ts';

const MASTER_FILE = 'master.key';

/**
 * Person keys on one machine: a file for each, wrapped by a master key beside them, all readable by their owner
 * only. Removing a person's file is the end of their key.
 */
export async function filePersonKeys(directory: string): Promise<PersonKeys> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const master = await firstWritten(join(directory, MASTER_FILE), () => randomBytes(KEY_BYTES));

  // Hashed: an id is safe in a file name, but a folder should not list who is known here.
  const nameOf = (person: PersonReference) =>
    createHash('sha256').update(contextOf(person)).digest('hex').slice(0, 32);
  const fileOf = (person: PersonReference) => join(directory, `${nameOf(person)}.key`);

  return {
    async obtain(person) {
      const wrapped = await firstWritten(fileOf(person), () =>
        seal(master, contextOf(person), randomBytes(KEY_BYTES)),
      );
      return unseal(master, contextOf(person), wrapped);
    },

    async find(person) {
      const wrapped = await readIfThere(fileOf(person));
      return wrapped === undefined ? undefined : unseal(master, contextOf(person), wrapped);
    },

    async destroy(person) {
      await rm(fileOf(person), { force: true });
    },
  };
}

const contextOf = ({ tenantId, entrepreneurId }: PersonReference) =>
  JSON.stringify([tenantId, entrepreneurId]);

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** The bytes of a file, written whole by whoever comes first: a link appears at once and never over another. */
async function firstWritten(file: string, make: () => Uint8Array): Promise<Uint8Array> {
  const there = await readIfThere(file);
  if (there !== undefined) return there;
  const draft = `${file}.${randomBytes(8).toString('hex')}.draft`;
  await writeFile(draft, make(), { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, file);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft);
  }
  return readFile(file);
}

const isCode = (error: unknown, code: string) =>
  error instanceof Error && 'code' in error && error.code === code;
