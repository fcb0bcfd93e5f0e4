import { createHash, timingSafeEqual } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fieldError } from '../../shared/domain/errors.ts';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { parse } from '../../shared/domain/parse.ts';
import { type Scope, scopeNames } from '../../shared/http/scopes.ts';

export const machineName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, "must be 1 to 32 small letters, digits or '-', a letter first");

const machineFile = z.strictObject({
  clientId: machineName,
  tenantId,
  scopes: z.array(z.enum(scopeNames as [Scope, ...Scope[]])).min(1),
  secretHash: z.base64url(),
});

/** A system that calls with credentials of its own: what a machine client of cdk.json is in AWS. */
export type LocalMachine = Omit<z.output<typeof machineFile>, 'secretHash'>;

export interface LocalMachines {
  /** The machine of this id and secret; undefined for any other pair. */
  authenticate(clientId: string, secret: string): Promise<LocalMachine | undefined>;
  /** Raises `invalid_request` for an id that is taken. `secret` must be too random to guess. */
  add(machine: LocalMachine, secret: string): Promise<void>;
  /** Whether there was one. */
  remove(clientId: string): Promise<boolean>;
}

/** The systems of one machine, one file each. A secret of 256 random bits needs no slow hash. */
export function openLocalMachines(directory: string): LocalMachines {
  const fileOf = (clientId: string) => join(directory, `${clientId}.json`);
  return {
    async authenticate(clientId, secret) {
      if (!machineName.safeParse(clientId).success) return undefined;
      const text = await readFile(fileOf(clientId), 'utf8').catch((error: unknown) => {
        if (hasCode(error, 'ENOENT')) return undefined;
        throw error;
      });
      if (text === undefined) return undefined;
      const { secretHash, ...machine } = parse(machineFile, JSON.parse(text), {
        code: 'corrupt_record',
        root: `${clientId}.json`,
      });
      return timingSafeEqual(hashed(secret), Buffer.from(secretHash, 'base64url')) ? machine : undefined;
    },

    async add(machine, secret) {
      const file = parse(machineFile, { ...machine, secretHash: hashed(secret).toString('base64url') });
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFile(fileOf(file.clientId), JSON.stringify(file), { mode: 0o600, flag: 'wx' }).catch(
        (error: unknown) => {
          if (!hasCode(error, 'EEXIST')) throw error;
          throw fieldError('invalid_request', 'clientId', 'taken', `there is a ${file.clientId} already`);
        },
      );
    },

    async remove(clientId) {
      machineName.parse(clientId);
      return rm(fileOf(clientId)).then(
        () => true,
        (error: unknown) => {
          if (hasCode(error, 'ENOENT')) return false;
          throw error;
        },
      );
    },
  };
}

const hashed = (secret: string) => createHash('sha256').update(secret).digest();
const hasCode = (error: unknown, code: string) =>
  error instanceof Error && 'code' in error && error.code === code;
