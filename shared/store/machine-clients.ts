import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { tenantId } from '../domain/identifiers.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { machineClientKey } from './table.ts';

/** A system that calls the API with its own credentials, and the tenant it calls for. */
export interface MachineClient {
  /** As the identity provider names it. */
  readonly clientId: string;
  readonly tenantId: string;
}

const storedMachineClient = z.object({ tenantId });

/** The item of a client, in DynamoDB's notation. The deployment writes it when it creates the client. */
export function machineClientItem({ clientId, tenantId }: MachineClient) {
  return marshall({ ...machineClientKey(clientId), tenantId });
}

export type MachineClientStore = ReturnType<typeof machineClientStore>;

export function machineClientStore({ client, tableName: TableName }: StoreTable) {
  return {
    /** Read consistently: a client taken away must get no further token. */
    async get(clientId: string): Promise<MachineClient | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({ TableName, Key: marshall(machineClientKey(clientId)), ConsistentRead: true }),
      );
      if (Item === undefined) return undefined;
      const stored = parse(storedMachineClient, unmarshall(Item), { code: 'corrupt_record' });
      return { clientId, tenantId: stored.tenantId };
    },
  };
}
