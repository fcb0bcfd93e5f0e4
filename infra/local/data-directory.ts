import { join, resolve } from 'node:path';

/** Where one machine keeps its table and keys: `DATA_DIRECTORY`, or `.data` in the working directory. */
export const dataDirectoryOf = (environment: NodeJS.ProcessEnv) =>
  resolve(environment.DATA_DIRECTORY ?? '.data');

/** The service and the token command must find the same keys. */
export const keysDirectoryOf = (dataDirectory: string) => join(dataDirectory, 'keys');

/** The key webhook secrets derive from. */
export const webhookKeyDirectoryOf = (dataDirectory: string) => join(dataDirectory, 'webhook-keys');

/** Checkpoints of the table's stream, and the queue of deliveries. */
export const backgroundDirectoryOf = (dataDirectory: string) => join(dataDirectory, 'background');

/** Apart from the table's data: a copy of that folder must not carry the keys to it. */
export const personKeysDirectoryOf = (dataDirectory: string) => join(dataDirectory, 'person-keys');

/** Who may sign in on this machine. */
export const peopleDirectoryOf = (dataDirectory: string) => join(dataDirectory, 'people');

/** Systems that get tokens by client credentials on this machine. */
export const machinesDirectoryOf = (dataDirectory: string) => join(dataDirectory, 'machines');
