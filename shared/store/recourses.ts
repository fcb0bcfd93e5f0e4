import { GetItemCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { decisionId, reviewId } from '../domain/identifiers.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { recourseKey } from './table.ts';

/** What an applicant did about a decline: contested it, or had it decided again on corrected facts. */
export const recourse = z.union([
  z.object({ kind: z.literal('contest'), reviewId }),
  z.object({ kind: z.literal('correction'), decisionId }),
]);
export type Recourse = z.output<typeof recourse>;

/**
 * For the transaction that takes it: there is one recourse to a decision, so that no application is approved
 * twice, once by a person and once on corrected facts. What a correction leads to can be contested in turn.
 */
export function recoursePut(
  { tableName: TableName }: StoreTable,
  lender: string,
  decision: string,
  taken: Recourse,
): TransactWriteItem {
  return {
    Put: {
      TableName,
      Item: marshall({ ...recourseKey(lender, decision), ...taken }),
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  };
}

export async function getRecourse(
  { client, tableName: TableName }: StoreTable,
  lender: string,
  decision: string,
): Promise<Recourse | undefined> {
  const { Item } = await client.send(
    new GetItemCommand({ TableName, Key: marshall(recourseKey(lender, decision)), ConsistentRead: true }),
  );
  return Item && parse(recourse, unmarshall(Item), { code: 'corrupt_record' });
}
