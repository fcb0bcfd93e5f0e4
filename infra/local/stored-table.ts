import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createTable } from '../../shared/store/create-table.ts';
import { openTable, type StoreTable } from '../../shared/store/dynamo.ts';
import { dataDirectoryOf } from './data-directory.ts';
import { startEngine } from './engine.ts';

/** The table of a service on this machine. */
export const LOCAL_TABLE_NAME = 'cunxin';

/**
 * Run `use` on the table that holds histories, decisions and loans: the one `TABLE_NAME` names in AWS when that
 * is set, else this machine's (under `DATA_DIRECTORY`, or behind `DYNAMODB_ENDPOINT` when a service is running).
 *
 * Raises an Error when nothing was ever kept there: an empty table would answer that all is well.
 */
export async function withStoredTable<Result>(
  environment: NodeJS.ProcessEnv,
  use: (table: StoreTable) => Promise<Result>,
): Promise<Result> {
  const { TABLE_NAME, DYNAMODB_ENDPOINT } = environment;
  if (TABLE_NAME !== undefined && DYNAMODB_ENDPOINT === undefined) {
    return withTable(openTable({ tableName: TABLE_NAME }), use);
  }
  const dataDirectory = dataDirectoryOf(environment);
  if (DYNAMODB_ENDPOINT === undefined && !existsSync(dataDirectory)) {
    throw new Error(`there is nothing in ${dataDirectory}: name the data in DATA_DIRECTORY`);
  }
  const engine = await startEngine({ dataDirectory: join(dataDirectory, 'engine') });
  try {
    const tableName = TABLE_NAME ?? LOCAL_TABLE_NAME;
    return await withTable(openTable({ tableName, endpoint: engine.endpoint }), async (table) => {
      // Tokens and people may be there before the service has ever run.
      await createTable(table);
      return use(table);
    });
  } finally {
    await engine.stop();
  }
}

async function withTable<Result>(table: StoreTable, use: (table: StoreTable) => Promise<Result>) {
  try {
    return await use(table);
  } finally {
    table.client.destroy();
  }
}
