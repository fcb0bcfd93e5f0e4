import { GetItemCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import type { LoanSnapshot } from '../domain/lending/loan-snapshot.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { vouchingKey } from './table.ts';

/** The loans a partner vouched for, and how many contracts within a bound on them had been made when they were read. */
export interface Vouching {
  readonly acceptances: number;
  readonly loans: readonly LoanSnapshot[];
}

const storedVouching = z.object({ acceptances: z.int().min(1) });

export async function readAcceptances(
  { client, tableName: TableName }: StoreTable,
  lender: string,
  recommender: string,
): Promise<number> {
  const { Item } = await client.send(
    new GetItemCommand({ TableName, Key: marshall(vouchingKey(lender, recommender)), ConsistentRead: true }),
  );
  if (Item === undefined) return 0;
  return parse(storedVouching, unmarshall(Item), { code: 'corrupt_record' }).acceptances;
}

/**
 * For the transaction of a contract within a bound: counts it, and cancels when another was counted since. Of two
 * that one partner vouches for at the same moment, the second is checked again.
 */
export function acceptanceCounted(
  { tableName: TableName }: Pick<StoreTable, 'tableName'>,
  lender: string,
  recommender: string,
  observed: number,
): TransactWriteItem {
  return {
    Update: {
      TableName,
      Key: marshall(vouchingKey(lender, recommender)),
      UpdateExpression: 'SET acceptances = :next',
      ConditionExpression: observed === 0 ? 'attribute_not_exists(pk)' : 'acceptances = :observed',
      ExpressionAttributeValues: marshall({
        ':next': observed + 1,
        ...(observed === 0 ? {} : { ':observed': observed }),
      }),
    },
  };
}
