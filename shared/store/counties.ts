import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { type County, county } from '../domain/county.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { countyKey } from './table.ts';

const storedCounty = z.object({ county });

export type CountyStore = ReturnType<typeof countyStore>;

export function countyStore({ client, tableName: TableName }: StoreTable) {
  return {
    async put(operator: string, next: County): Promise<void> {
      await client.send(
        new PutItemCommand({
          TableName,
          Item: marshall({ ...countyKey(operator, next.countyId), county: next }),
        }),
      );
    },

    async get(operator: string, id: string): Promise<County | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({ TableName, Key: marshall(countyKey(operator, id)), ConsistentRead: true }),
      );
      return Item === undefined
        ? undefined
        : parse(storedCounty, unmarshall(Item), { code: 'corrupt_record' }).county;
    },
  };
}
