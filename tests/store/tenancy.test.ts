import {
  GetItemCommand,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { type Actor, actAs } from '../../shared/store/acting.ts';
import { eventLog } from '../../shared/store/event-log.ts';
import { programStore } from '../../shared/store/programs.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { partitionKeysOf, TenancyViolation } from '../../shared/store/tenancy.ts';
import { useTable } from '../support/engine.ts';
import { INCUBATOR, LENDER, OPERATOR, PLATFORM, sampleProgram } from '../support/sample-lending.ts';

const table = useTable();
const actor = (tenantId: string): Actor => ({ tenantId, subject: 's', operation: 'o', requestId: 'r' });
const program = sampleProgram();

describe('work on behalf of a tenant', () => {
  it('touches keys of that tenant, and is told which tenants it touched', async () => {
    await actAs(actor('ten_a'), async ({ touchedTenants }) => {
      expect(await stationStore(table()).get('ten_a', 'stn_1')).toBeUndefined();
      expect([...touchedTenants]).toEqual(['ten_a']);
    });
  });

  const reaches: [string, () => Promise<unknown>][] = [
    ['an item', () => stationStore(table()).get('ten_b', 'stn_1')],
    ['a query', () => eventLog(table()).listAfter('ten_b', 0, 10)],
    ['the item of no tenant', () => stationStore(table()).get('CLIENT', 'x')],
    [
      'one part of a transaction',
      () =>
        table().client.send(
          new TransactWriteItemsCommand({
            TransactItems: ['ten_a#x', 'ten_b#x'].map((pk) => ({
              Put: { TableName: table().tableName, Item: marshall({ pk, sk: 'X' }) },
            })),
          }),
        ),
    ],
  ];
  it.each(reaches)('is stopped before %s of another is reached', async (_what, reach) => {
    await expect(actAs(actor('ten_a'), reach)).rejects.toThrow(TenancyViolation);
  });

  it('reaches what a program keeps once the table has shown the grant, and not before', async () => {
    await programStore(table()).put(OPERATOR, program);
    const { programId } = program;
    await actAs(actor(INCUBATOR), async () => {
      await expect(programStore(table()).get(LENDER, programId)).rejects.toThrow(TenancyViolation);
      await programStore(table()).getGrant(INCUBATOR, programId);
      expect(await programStore(table()).get(LENDER, programId)).toEqual(program);
    });
    await actAs(actor('ten_stranger'), async () => {
      expect(await programStore(table()).getGrant('ten_stranger', programId)).toBeUndefined();
      await expect(programStore(table()).get(LENDER, programId)).rejects.toThrow(TenancyViolation);
    });
  });

  it('may name the parties of a program it makes', async () => {
    const made = sampleProgram({ programId: 'prg_new' });
    await expect(actAs(actor(OPERATOR), () => programStore(table()).put(OPERATOR, made))).rejects.toThrow(
      TenancyViolation,
    );
    await actAs(actor(OPERATOR), () => programStore(table()).put(OPERATOR, made), [
      LENDER,
      INCUBATOR,
      PLATFORM,
    ]);
  });

  it('does not let two pieces of work at once see each other’s tenant', async () => {
    const read = (tenant: string) =>
      actAs(actor(tenant), async () => {
        for (let number = 0; number < 5; number += 1)
          await stationStore(table()).get(tenant, `stn_${number}`);
        await expect(
          stationStore(table()).get(tenant === 'ten_a' ? 'ten_b' : 'ten_a', 'x'),
        ).rejects.toThrow();
      });
    await Promise.all(['ten_a', 'ten_b', 'ten_a', 'ten_b'].map(read));
  });
});

describe('the keys of a call', () => {
  it('are found wherever they stand', () => {
    const key = (pk: string) => marshall({ pk, sk: 'x' });
    expect(partitionKeysOf({ TableName: 't', Key: key('a') })).toEqual(['a']);
    expect(partitionKeysOf({ RequestItems: { t: { Keys: [key('a'), key('b')] } } })).toEqual(['a', 'b']);
    expect(
      partitionKeysOf({
        RequestItems: { t: [{ PutRequest: { Item: key('a') } }, { DeleteRequest: { Key: key('b') } }] },
      }),
    ).toEqual(['a', 'b']);
    expect(
      partitionKeysOf({
        TransactItems: [
          { ConditionCheck: { Key: key('a') } },
          { Update: { Key: key('b') } },
          { Delete: { Key: key('c') } },
        ],
      }),
    ).toEqual(['a', 'b', 'c']);
    expect(
      partitionKeysOf({
        KeyConditionExpression: 'pk = :p AND sk > :s',
        ExpressionAttributeValues: marshall({ ':p': 'a', ':s': 'b' }),
        ExclusiveStartKey: key('c'),
      }).sort(),
    ).toEqual(['a', 'c']);
  });

  it('of a query that hides its partition are a fault', () => {
    expect(() => partitionKeysOf({ KeyConditionExpression: 'sk > :s AND pk = :p' })).toThrow('unreadable');
  });
});

describe('a change', () => {
  const stampOf = async (pk: string) => {
    const { client, tableName: TableName } = table();
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: marshall({ pk, sk: 'X' }) }));
    return unmarshall(Item ?? {});
  };

  it('carries who made it, whatever way it is written', async () => {
    const { client, tableName: TableName } = table();
    const write = (requestId: string, send: () => Promise<unknown>) =>
      actAs({ ...actor('ten_s'), requestId }, send);
    const Key = marshall({ pk: 'ten_s#1', sk: 'X' });
    const by = (requestId: string) => JSON.stringify(['ten_s', 's', 'o', requestId]);
    await write('put', () => client.send(new PutItemCommand({ TableName, Item: { ...Key, n: { N: '1' } } })));
    expect(await stampOf('ten_s#1')).toMatchObject({ n: 1, changedBy: by('put') });
    const values = { ExpressionAttributeValues: marshall({ ':two': 2 }) };
    await write('set', () =>
      client.send(new UpdateItemCommand({ TableName, Key, UpdateExpression: 'SET n = :two', ...values })),
    );
    expect(await stampOf('ten_s#1')).toMatchObject({ n: 2, changedBy: by('set') });
    await write('add', () =>
      client.send(new UpdateItemCommand({ TableName, Key, UpdateExpression: 'ADD n :two', ...values })),
    );
    expect(await stampOf('ten_s#1')).toMatchObject({ n: 4, changedBy: by('add') });
    await write('remove', () =>
      client.send(new UpdateItemCommand({ TableName, Key, UpdateExpression: 'REMOVE n' })),
    );
    expect(await stampOf('ten_s#1')).toEqual({ pk: 'ten_s#1', sk: 'X', changedBy: by('remove') });
    await write('transact', () =>
      client.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            { Update: { TableName, Key, UpdateExpression: 'SET n = :two', ...values } },
            { Put: { TableName, Item: marshall({ pk: 'ten_s#2', sk: 'X' }) } },
          ],
        }),
      ),
    );
    for (const pk of ['ten_s#1', 'ten_s#2'])
      expect(await stampOf(pk)).toMatchObject({ changedBy: by('transact') });
  });
});
