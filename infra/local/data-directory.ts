import { join, resolve } from 'node:path';

/** Where one machine keeps its table and keys: `DATA_DIRECTORY`, or `.data` in the working directory. */
export const dataDirectoryOf = (environment: NodeJS.ProcessEnv) =>
  resolve(environment.DATA_DIRECTORY ?? '.data');

/** The service and the token command must find the same keys. */
export const keysDirectoryOf = (dataDirectory: string) => join(dataDirectory, 'keys');
