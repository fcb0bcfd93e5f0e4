import { type AttributeValue, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { StoreTable } from './dynamo.ts';

/** Sorts after every id and every date. */
export const LAST = '~';

/** Every item of one partition whose sort key lies between two, both included, in order. */
export async function queryItems(
  { client, tableName: TableName }: StoreTable,
  partition: string,
  from: string,
  through: string,
): Promise<Record<string, AttributeValue>[]> {
  const found: Record<string, AttributeValue>[] = [];
  if (from > through) return found;
  const pages = paginateQuery(
    { client },
    {
      TableName,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :through',
      ExpressionAttributeValues: marshall({ ':pk': partition, ':from': from, ':through': through }),
      ConsistentRead: true,
    },
  );
  for await (const { Items = [] } of pages) found.push(...Items);
  return found;
}
