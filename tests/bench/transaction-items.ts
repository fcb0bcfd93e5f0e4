import { PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { Transaction } from '../../shared/domain/transaction.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';

/**
 * The design most would begin with, and the baseline of the ingest benchmark: an item for each transaction,
 * and a counter item for each day that every transaction adds to. As cheap as it can be made: no index, and
 * two calls where exactness would want a transaction, which costs twice as much.
 */
export function transactionItem(platform: string, stationId: string, reported: Transaction) {
  return {
    pk: `${platform}#${stationId}`,
    sk: `T#${reported.occurredAt}#${reported.transactionId}`,
    ...reported,
  };
}

export async function writeTransactionItem(
  { client, tableName: TableName }: StoreTable,
  platform: string,
  stationId: string,
  reported: Transaction,
): Promise<void> {
  const item = transactionItem(platform, stationId, reported);
  await client.send(
    new PutItemCommand({
      TableName,
      Item: marshall(item),
      ConditionExpression: 'attribute_not_exists(pk)',
    }),
  );
  await client.send(
    new UpdateItemCommand({
      TableName,
      Key: marshall({ pk: item.pk, sk: `C#${reported.occurredAt.slice(0, 10)}` }),
      UpdateExpression: 'ADD #count :one, #sum :amount',
      ExpressionAttributeNames: { '#count': `${reported.kind}Count`, '#sum': `${reported.kind}Minor` },
      ExpressionAttributeValues: marshall({ ':one': 1, ':amount': reported.amountMinor }),
    }),
  );
}
