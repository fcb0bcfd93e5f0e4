import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { type BusinessDate, businessDate } from '../domain/calendar.ts';
import { fieldError } from '../domain/errors.ts';
import { loanId } from '../domain/identifiers.ts';
import { type LoanSnapshot, loanSnapshot } from '../domain/lending/loan-snapshot.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { LAST, queryItems } from './query-items.ts';
import { ageingKey, MONTH_END_PREFIX, monthEndKey, programLoanKey, vouchedLoanKey } from './table.ts';
import { packJson, unpackJson } from './zstd-json.ts';

const storedSnapshot = z.object({ snapshot: loanSnapshot });
const storedMonthEnd = z.object({ body: z.instanceof(Uint8Array) });
const storedAgeing = z.object({ agedThrough: businessDate });
/** About 60 bytes each once compressed, so an item stays far below DynamoDB's 400 KB. */
const SNAPSHOTS_PER_PART = 2_000;

export type ProgramLoans = ReturnType<typeof programLoans>;

/** A program's loans as snapshots: what portfolios are folded from, without reading a loan. */
export function programLoans(table: StoreTable) {
  const { client, tableName: TableName } = table;

  async function all(partition: string): Promise<LoanSnapshot[]> {
    const items = await queryItems(table, partition, 'loan_', LAST);
    return items.map((item) => parse(storedSnapshot, unmarshall(item), { code: 'corrupt_record' }).snapshot);
  }

  return {
    snapshots: (lender: string, programId: string) => all(programLoanKey(lender, programId, '').pk),

    /** Loans of a lender that one partner vouched for. */
    vouchedFor: (lender: string, recommender: string) => all(vouchedLoanKey(lender, recommender, '').pk),

    /** A page of a program's loans by id. Raises `invalid_request` on what is no cursor. */
    async list(lender: string, programId: string, limit: number, cursor: string | undefined) {
      const { pk } = programLoanKey(lender, programId, '');
      const after = cursor === undefined ? undefined : positionOf(cursor);
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: marshall({ ':pk': pk }),
          Limit: limit + 1,
          ...(after === undefined ? {} : { ExclusiveStartKey: marshall({ pk, sk: after }) }),
        }),
      );
      const found = Items.map(
        (item) => parse(storedSnapshot, unmarshall(item), { code: 'corrupt_record' }).snapshot,
      );
      const page = found.slice(0, limit);
      const last = page.at(-1)?.loanId;
      return {
        loans: page,
        cursor: found.length > limit && last !== undefined ? cursorOf(last) : undefined,
      };
    },

    /** The day all loans of a program have aged through; undefined before the first. */
    async agedThrough(lender: string, programId: string): Promise<BusinessDate | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({ TableName, Key: marshall(ageingKey(lender, programId)), ConsistentRead: true }),
      );
      return Item && parse(storedAgeing, unmarshall(Item), { code: 'corrupt_record' }).agedThrough;
    },

    /** Say that all loans have aged through a day; an earlier day changes nothing. */
    async markAged(lender: string, programId: string, through: BusinessDate): Promise<void> {
      try {
        await client.send(
          new UpdateItemCommand({
            TableName,
            Key: marshall(ageingKey(lender, programId)),
            UpdateExpression: 'SET agedThrough = :through',
            ConditionExpression: 'attribute_not_exists(pk) OR agedThrough < :through',
            ExpressionAttributeValues: marshall({ ':through': through }),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },

    /** Keep a program's snapshots of a month end; the same again is the same. */
    async putMonthEnd(
      lender: string,
      programId: string,
      day: BusinessDate,
      snapshots: readonly LoanSnapshot[],
    ): Promise<void> {
      for (let part = 0; part * SNAPSHOTS_PER_PART < snapshots.length; part += 1) {
        const some = snapshots.slice(part * SNAPSHOTS_PER_PART, (part + 1) * SNAPSHOTS_PER_PART);
        await client.send(
          new PutItemCommand({
            TableName,
            Item: marshall({ ...monthEndKey(lender, programId, day, part), body: packJson(some) }),
          }),
        );
      }
    },

    /** The month-end snapshots between two days, both included. */
    async monthEnds(
      lender: string,
      programId: string,
      from: BusinessDate,
      through: BusinessDate,
    ): Promise<LoanSnapshot[]> {
      const { pk } = monthEndKey(lender, programId, '', 0);
      const items = await queryItems(
        table,
        pk,
        `${MONTH_END_PREFIX}${from}`,
        `${MONTH_END_PREFIX}${through}#${LAST}`,
      );
      return items.flatMap((item) => {
        const { body } = parse(storedMonthEnd, unmarshall(item), { code: 'corrupt_record' });
        return unpackJson(z.array(loanSnapshot), body);
      });
    },
  };
}

const cursorOf = (id: string) => Buffer.from(id).toString('base64url');

function positionOf(cursor: string): string {
  const id = loanId.safeParse(Buffer.from(cursor, 'base64url').toString());
  if (id.success) return id.data;
  throw fieldError(
    'invalid_request',
    'query.cursor',
    'invalid_cursor',
    'cursor: pass the cursor of the page before, as it was given',
  );
}
