import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { type FileImport, fileImport } from '../domain/file-import.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { importKey, TIME_TO_LIVE_ATTRIBUTE } from './table.ts';

/** An import and how its file is to be read, as it was asked for: parsed again by whoever reads the file. */
export interface StoredImport {
  readonly state: FileImport;
  readonly reading: unknown;
}

const storedImport = z.object({ state: fileImport, reading: z.unknown() });
const RETENTION_SECONDS = 90 * 86_400;

export type ImportStore = ReturnType<typeof importStore>;

/** Imports of a platform, kept for 90 days after they last moved. Only one worker moves an import at a time. */
export function importStore({ client, tableName: TableName }: StoreTable) {
  return {
    async put(platform: string, { state, reading }: StoredImport): Promise<void> {
      const expiresAtSeconds = Math.floor(Date.parse(state.updatedAt) / 1_000) + RETENTION_SECONDS;
      await client.send(
        new PutItemCommand({
          TableName,
          Item: marshall(
            {
              ...importKey(platform, state.importId),
              state,
              reading,
              [TIME_TO_LIVE_ATTRIBUTE]: expiresAtSeconds,
            },
            { removeUndefinedValues: true },
          ),
        }),
      );
    },

    async get(platform: string, importId: string): Promise<StoredImport | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({ TableName, Key: marshall(importKey(platform, importId)), ConsistentRead: true }),
      );
      return Item === undefined
        ? undefined
        : parse(storedImport, unmarshall(Item), { code: 'corrupt_record' });
    },
  };
}
