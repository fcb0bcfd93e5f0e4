import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { instant } from '../domain/calendar.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { personKey } from './table.ts';

/** A person's details as the table holds them: sealed under their own key, or the day they were erased. */
const storedPerson = z.union([
  z.object({ sealed: z.instanceof(Uint8Array) }),
  z.object({ erasedAt: instant }),
]);
export type StoredPerson = z.output<typeof storedPerson>;

export type PersonStore = ReturnType<typeof personStore>;

/** Details of persons. This store never sees one in the clear. */
export function personStore(table: StoreTable) {
  const { client, tableName: TableName } = table;
  return {
    async put(platform: string, entrepreneurId: string, person: StoredPerson): Promise<void> {
      const Item = marshall({ ...personKey(platform, entrepreneurId), ...person });
      await client.send(new PutItemCommand({ TableName, Item }));
    },

    async get(platform: string, entrepreneurId: string): Promise<StoredPerson | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName,
          Key: marshall(personKey(platform, entrepreneurId)),
          ConsistentRead: true,
        }),
      );
      return Item === undefined
        ? undefined
        : parse(storedPerson, unmarshall(Item), { code: 'corrupt_record' });
    },
  };
}
