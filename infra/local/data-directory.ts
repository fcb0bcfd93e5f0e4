import { join, resolve } from 'node:path';

/** Where one machine keeps its table and keys: `DATA_DIRECTORY`, or `.data` in the working directory. */
export const dataDirectoryOf = (environment: NodeJS.ProcessEnv) =>
  resolve(environment.DATA_DIRECTORY ?? '.data');

/** The service and the token command must find the same keys. */
export const keysDirectoryOf = (dataDirectory: string) => join(dataDirectory, 'keys');

/** Apart from the table's data: a copy of that folder must not carry the keys to it. */
export const personKeysDirectoryOf = (dataDirectory: string) => join(dataDirectory, 'person-keys');
