import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { DomainError } from '../domain/errors.ts';
import { parse } from '../domain/parse.ts';
import { type Station, station } from '../domain/station.ts';
import type { StoreTable } from './dynamo.ts';
import { stationKey } from './table.ts';

const storedStation = z.object({ station });

export type StationStore = ReturnType<typeof stationStore>;

export function stationStore(table: StoreTable) {
  const { client, tableName: TableName } = table;
  return {
    /**
     * Create or change a station. Its currency and time zone are what its history is kept in, so they stay as
     * they were first put: anything else is `version_conflict`.
     */
    async put(platform: string, next: Station): Promise<void> {
      try {
        await client.send(
          new PutItemCommand({
            TableName,
            Item: marshall(
              { ...stationKey(platform, next.stationId), station: next },
              { removeUndefinedValues: true },
            ),
            ConditionExpression: 'attribute_not_exists(pk) OR (#s.#c = :currency AND #s.#z = :timeZone)',
            ExpressionAttributeNames: { '#s': 'station', '#c': 'currency', '#z': 'timeZone' },
            ExpressionAttributeValues: marshall({ ':currency': next.currency, ':timeZone': next.timeZone }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        const message = 'currency and timeZone of a station never change: its history is kept in them';
        throw new DomainError('version_conflict', message, {
          issues: ['currency', 'timeZone'].map((field) => ({ field, code: 'immutable', message })),
          cause: error,
        });
      }
    },

    /** A station of a platform; undefined when it has none of that id. */
    async get(platform: string, stationId: string): Promise<Station | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName,
          Key: marshall(stationKey(platform, stationId)),
          ConsistentRead: true,
        }),
      );
      return Item === undefined
        ? undefined
        : parse(storedStation, unmarshall(Item), { code: 'corrupt_record' }).station;
    },
  };
}
