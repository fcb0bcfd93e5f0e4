import {
  DeleteItemCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { createTable } from '../../shared/store/create-table.ts';
import { CapacityMeter } from '../../shared/store/dynamo.ts';
import { daySummaryIndex, TIME_TO_LIVE_ATTRIBUTE } from '../../shared/store/table.ts';
import { contractEngines, useTableOn } from '../support/engine.ts';

describe.each(contractEngines)('the table on %s', (engine) => {
  const meter = new CapacityMeter();
  const table = useTableOn(engine, { onConsumed: meter.add });

  it('is created once, however often it is asked for', async () => {
    expect(await createTable(table())).toBe('existed');
    expect(await createTable(table())).toBe('existed');
  });

  it('has the keys, index, stream and time to live that table.ts lays out', async () => {
    const { client, tableName } = table();
    const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
    expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST');
    expect(Table?.KeySchema).toEqual([
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ]);
    expect(Table?.StreamSpecification).toEqual({ StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' });
    const [index] = Table?.GlobalSecondaryIndexes ?? [];
    expect(index?.IndexName).toBe(daySummaryIndex.name);
    expect(index?.Projection?.ProjectionType).toBe('INCLUDE');
    expect(new Set(index?.Projection?.NonKeyAttributes)).toEqual(new Set(daySummaryIndex.projected));
    const { TimeToLiveDescription } = await client.send(
      new DescribeTimeToLiveCommand({ TableName: tableName }),
    );
    expect(TimeToLiveDescription).toMatchObject({
      TimeToLiveStatus: 'ENABLED',
      AttributeName: TIME_TO_LIVE_ATTRIBUTE,
    });
  });

  it('meters what the engine says each call consumed, index apart', async () => {
    const { client, tableName: TableName } = table();
    const key = { pk: { S: 'ten_a#stn_1' }, sk: { S: 'D#2026-03-01' } };
    meter.reset();
    await client.send(
      new PutItemCommand({
        TableName,
        Item: { ...key, day: { S: '2026-03-01' }, summary: { B: new Uint8Array(100) } },
      }),
    );
    expect({ ...meter }).toMatchObject({ calls: 1, writeUnits: 2, indexWriteUnits: 1, readUnits: 0 });
    meter.reset();
    await client.send(new GetItemCommand({ TableName, Key: key, ConsistentRead: true }));
    expect({ ...meter }).toMatchObject({ calls: 1, readUnits: 1, writeUnits: 0 });
    meter.reset();
    await client.send(
      new QueryCommand({
        TableName,
        IndexName: daySummaryIndex.name,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': key.pk },
      }),
    );
    expect({ ...meter }).toMatchObject({ calls: 1, readUnits: 0.5, indexReadUnits: 0.5 });
    await client.send(new DeleteItemCommand({ TableName, Key: key }));
  });
});
