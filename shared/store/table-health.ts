import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { StoreTable } from './dynamo.ts';

const TIMEOUT_MS = 2_000;

/** Whether the table answers a read, of an item that need not be there, within two seconds. */
export async function tableAnswers({ client, tableName: TableName }: StoreTable): Promise<boolean> {
  try {
    await client.send(new GetItemCommand({ TableName, Key: marshall({ pk: 'HEALTH', sk: 'HEALTH' }) }), {
      abortSignal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return true;
  } catch {
    return false;
  }
}
