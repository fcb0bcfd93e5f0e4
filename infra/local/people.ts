import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DomainError, fieldError } from '../../shared/domain/errors.ts';
import { entrepreneurId, tenantId } from '../../shared/domain/identifiers.ts';
import { parse } from '../../shared/domain/parse.ts';
import { personClaims, roleName } from '../../shared/http/roles.ts';

export const username = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "must be 1 to 64 small letters, digits, '.', '_' or '-'");

const personFile = z.strictObject({
  username,
  /** What tokens call them, for good: another person of the same name gets another. */
  subject: z.uuid(),
  tenantId,
  roles: z.array(roleName).min(1),
  entrepreneurId: entrepreneurId.optional(),
  passwordSalt: z.base64url(),
  passwordHash: z.base64url(),
});
type PersonFile = z.output<typeof personFile>;

/** Somebody who may sign in on this machine. */
export type LocalPerson = Omit<PersonFile, 'passwordSalt' | 'passwordHash'>;

export interface LocalPeople {
  find(name: string): Promise<LocalPerson | undefined>;
  /** The person of this name and password; undefined for any other pair, in the same time whoever is asked for. */
  signIn(name: string, password: string): Promise<LocalPerson | undefined>;
  /** Raises `forbidden` for rights nobody may hold, `invalid_request` for a name that is taken. */
  add(person: LocalPerson, password: string): Promise<void>;
  /** Whether there was one. Tokens signed before stay valid until they expire. */
  remove(name: string): Promise<boolean>;
  list(): Promise<LocalPerson[]>;
}

/** OWASP's recommendation for scrypt: 64 MiB and about a fifth of a second for each guess. */
const SCRYPT_DEFAULT: ScryptOptions = { N: 2 ** 16, r: 8, p: 2, maxmem: 192 * 1024 * 1024 };
const HASH_BYTES = 32;
const nobody = { passwordSalt: randomBytes(16), passwordHash: randomBytes(HASH_BYTES) };

/**
 * The people of one machine: what the user pool is in AWS. One file each, readable by its owner only, so that a
 * person who is added may sign in at once. Passwords are kept as scrypt hashes.
 */
export function openLocalPeople(directory: string, cost = SCRYPT_DEFAULT): LocalPeople {
  const fileOf = (name: string) => join(directory, `${name}.json`);

  async function read(name: string): Promise<PersonFile | undefined> {
    if (!username.safeParse(name).success) return undefined;
    const text = await readFile(fileOf(name), 'utf8').catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    return parse(personFile, JSON.parse(text), { code: 'corrupt_record', root: `${name}.json` });
  }

  return {
    async find(name) {
      const found = await read(name);
      return found && withoutPassword(found);
    },

    async signIn(name, password) {
      const found = await read(name);
      const { passwordSalt, passwordHash } =
        found === undefined
          ? nobody
          : {
              passwordSalt: Buffer.from(found.passwordSalt, 'base64url'),
              passwordHash: Buffer.from(found.passwordHash, 'base64url'),
            };
      const isTheirs = timingSafeEqual(await hashed(password, passwordSalt, cost), passwordHash);
      return found !== undefined && isTheirs ? withoutPassword(found) : undefined;
    },

    async add(person, password) {
      personClaims(person);
      const salt = randomBytes(16);
      const file = parse(personFile, {
        ...person,
        passwordSalt: salt.toString('base64url'),
        passwordHash: (await hashed(password, salt, cost)).toString('base64url'),
      });
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFile(fileOf(person.username), JSON.stringify(file), { mode: 0o600, flag: 'wx' }).catch(
        (error: unknown) => {
          if (!(error instanceof Error) || !('code' in error) || error.code !== 'EEXIST') throw error;
          throw fieldError('invalid_request', 'username', 'taken', `there is a ${person.username} already`);
        },
      );
    },

    async remove(name) {
      if ((await read(name)) === undefined) return false;
      await rm(fileOf(name));
      return true;
    },

    async list() {
      const names = await readdir(directory).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      const files = await Promise.all(
        names
          .filter((name) => name.endsWith('.json'))
          .toSorted()
          .map((name) => read(name.slice(0, -'.json'.length))),
      );
      return files.filter((file) => file !== undefined).map(withoutPassword);
    },
  };
}

/** The person of a name, or an error that says how to make one. */
export async function requirePerson(people: Pick<LocalPeople, 'find'>, name: string): Promise<LocalPerson> {
  const found = await people.find(name);
  if (found !== undefined) return found;
  throw new DomainError('not_found', `there is no ${name}: npm run person -- --add ${name} …`);
}

function withoutPassword({ passwordSalt: _salt, passwordHash: _hash, ...person }: PersonFile): LocalPerson {
  return person;
}

function hashed(password: string, salt: Buffer, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, cost, (error, hash) =>
      error === null ? resolve(hash) : reject(error),
    );
  });
}

const isMissing = (error: unknown) => error instanceof Error && 'code' in error && error.code === 'ENOENT';
