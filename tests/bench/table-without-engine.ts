import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { StoreTable } from '../../shared/store/dynamo.ts';

/**
 * An empty table that takes every write and keeps none: the store's own code runs to the point where it would
 * leave the process. What it measures is therefore all of ours and none of the engine's or the network's.
 */
export function tableWithoutEngine(): StoreTable {
  const client = new DynamoDBClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  client.middlewareStack.add(() => async () => ({ output: { $metadata: {} }, response: {} }), {
    step: 'initialize',
    priority: 'high',
    name: 'answerEmpty',
  });
  return { client, tableName: 'nowhere' };
}
