import { PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { parse } from '../domain/parse.ts';
import { type ShadowScore, shadowScore } from '../domain/shadow-score.ts';
import type { StoreTable } from './dynamo.ts';
import { shadowScoreKey } from './table.ts';

const storedShadowScore = z.object({ shadowScore });

export type ShadowScoreStore = ReturnType<typeof shadowScoreStore>;

/** What challengers said: items of their own, beside the program's and apart from every decision. */
export function shadowScoreStore(table: StoreTable) {
  const { client, tableName: TableName } = table;
  return {
    /** The same decision and challenger give the same item, so a repeated delivery changes nothing. */
    async put(score: ShadowScore): Promise<void> {
      const { lenderTenantId, programId, challenger, decidedAt, decisionId } = score;
      const key = shadowScoreKey(lenderTenantId, programId, challenger.modelVersion, decidedAt, decisionId);
      await client.send(new PutItemCommand({ TableName, Item: marshall({ ...key, shadowScore: score }) }));
    },

    /** A challenger's scores in a program, oldest first; instants from `from` on and before `to`. */
    async *list(
      lender: string,
      programId: string,
      modelVersion: string,
      { from, to }: { readonly from?: string; readonly to?: string } = {},
    ): AsyncGenerator<ShadowScore> {
      const first = shadowScoreKey(lender, programId, modelVersion, from ?? '', '');
      const last = shadowScoreKey(lender, programId, modelVersion, to ?? '~', '');
      const pages = paginateQuery(
        { client },
        {
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
          ExpressionAttributeValues: marshall({ ':pk': first.pk, ':from': first.sk, ':to': last.sk }),
        },
      );
      for await (const { Items = [] } of pages) {
        for (const item of Items) {
          yield parse(storedShadowScore, unmarshall(item), { code: 'corrupt_record' }).shadowScore;
        }
      }
    },
  };
}
