import { join } from 'node:path';
import { dataDirectoryOf } from '../../infra/local/data-directory.ts';
import { startEngine } from '../../infra/local/engine.ts';
import { openTable, type StoreTable } from '../../shared/store/dynamo.ts';

/** The table of a service on this machine. */
const LOCAL_TABLE_NAME = 'cunxin';

/**
 * Run `use` on the table that holds histories and decisions: the one `TABLE_NAME` names in AWS when that is
 * set, else this machine's (under `DATA_DIRECTORY`, or behind `DYNAMODB_ENDPOINT` when a service is running).
 */
export async function withStoredTable<Result>(
  environment: NodeJS.ProcessEnv,
  use: (table: StoreTable) => Promise<Result>,
): Promise<Result> {
  const { TABLE_NAME, DYNAMODB_ENDPOINT } = environment;
  const engine =
    TABLE_NAME !== undefined && DYNAMODB_ENDPOINT === undefined
      ? undefined
      : await startEngine({ dataDirectory: join(dataDirectoryOf(environment), 'engine') });
  const table = openTable({ tableName: TABLE_NAME ?? LOCAL_TABLE_NAME, endpoint: engine?.endpoint });
  try {
    return await use(table);
  } finally {
    table.client.destroy();
    await engine?.stop();
  }
}
