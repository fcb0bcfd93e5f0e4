import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  ResourceInUseException,
  ResourceNotFoundException,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import type { StoreTable } from './dynamo.ts';
import { daySummaryIndex, TIME_TO_LIVE_ATTRIBUTE, tableKeys } from './table.ts';

const WAIT_SECONDS_MAX = 60;

/**
 * Create the table as table.ts lays it out (keys, summary index, stream, time to live) unless it is there.
 * Safe to run any number of times, and by several processes at once. In AWS the CDK data stack creates it.
 */
export async function createTable(table: StoreTable): Promise<'created' | 'existed'> {
  const outcome = (await exists(table)) ? 'existed' : await create(table);
  await waitUntilTableExists(
    { client: table.client, maxWaitTime: WAIT_SECONDS_MAX, minDelay: 1, maxDelay: 2 },
    { TableName: table.tableName },
  );
  await enableTimeToLive(table);
  return outcome;
}

async function exists({ client, tableName }: StoreTable): Promise<boolean> {
  try {
    await client.send(new DescribeTableCommand({ TableName: tableName }));
    return true;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}

async function create({ client, tableName }: StoreTable): Promise<'created' | 'existed'> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: tableName,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: tableKeys.partition, AttributeType: 'S' },
          { AttributeName: tableKeys.sort, AttributeType: 'S' },
          { AttributeName: daySummaryIndex.sort, AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: tableKeys.partition, KeyType: 'HASH' },
          { AttributeName: tableKeys.sort, KeyType: 'RANGE' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: daySummaryIndex.name,
            KeySchema: [
              { AttributeName: daySummaryIndex.partition, KeyType: 'HASH' },
              { AttributeName: daySummaryIndex.sort, KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...daySummaryIndex.projected] },
          },
        ],
        StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
      }),
    );
    return 'created';
  } catch (error) {
    if (error instanceof ResourceInUseException) return 'existed';
    throw error;
  }
}

async function enableTimeToLive({ client, tableName }: StoreTable): Promise<void> {
  const { TimeToLiveDescription } = await client.send(
    new DescribeTimeToLiveCommand({ TableName: tableName }),
  );
  const status = TimeToLiveDescription?.TimeToLiveStatus;
  if (status === 'ENABLED' || status === 'ENABLING') return;
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: tableName,
      TimeToLiveSpecification: { Enabled: true, AttributeName: TIME_TO_LIVE_ATTRIBUTE },
    }),
  );
}
