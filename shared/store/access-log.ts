import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Actor } from './acting.ts';
import type { StoreTable } from './dynamo.ts';
import { accessKey, TIME_TO_LIVE_ATTRIBUTE } from './table.ts';

/** An access is sealed into the audit log within seconds; the item itself outlives any outage of the sealer. */
const ACCESS_RETENTION_DAYS = 30;

export interface RecordedAccess {
  readonly actor: Actor;
  readonly at: string;
  readonly objects: readonly string[];
  readonly ownerTenantIds: readonly string[];
}

/**
 * Write that somebody read what is kept of people, as an item of its own partition: no read waits for another.
 * The stream carries it to the audit log of the reader and of every tenant whose items were read.
 */
export function accessLog({ client, tableName: TableName }: StoreTable) {
  return async (access: RecordedAccess): Promise<void> => {
    const { tenantId, requestId } = access.actor;
    await client.send(
      new PutItemCommand({
        TableName,
        Item: marshall({
          ...accessKey(tenantId, requestId),
          access,
          [TIME_TO_LIVE_ATTRIBUTE]:
            Math.floor(Date.parse(access.at) / 1_000) + ACCESS_RETENTION_DAYS * 86_400,
        }),
      }),
    );
  };
}
