import {
  type AttributeValue,
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
import {
  ageingKey,
  LIVE_LOAN_PREFIX,
  MONTH_END_PREFIX,
  monthEndKey,
  PAST_LOAN_PREFIX,
  programLoanKey,
  vouchedLoanKey,
} from './table.ts';
import { readAcceptances, type Vouching } from './vouching.ts';
import { packJson, unpackJson } from './zstd-json.ts';

/** Without a snapshot: a place that a loan has left. */
const storedSnapshot = z.object({ snapshot: loanSnapshot.optional() });
const storedMonthEnd = z.object({ sk: z.string(), body: z.instanceof(Uint8Array) });
const storedAgeing = z.object({ agedThrough: businessDate });
/** About 60 bytes each once compressed, so an item stays far below DynamoDB's 400 KB. */
const SNAPSHOTS_PER_PART = 2_000;

export type ProgramLoans = ReturnType<typeof programLoans>;

/** A program's loans as snapshots: what portfolios are folded from, without reading a loan. */
export function programLoans(table: StoreTable) {
  const { client, tableName: TableName } = table;

  async function between(partition: string, from: string, through: string): Promise<LoanSnapshot[]> {
    return snapshotsOf(await queryItems(table, partition, from, through));
  }
  const partitionOf = (lender: string, programId: string) => programLoanKey(lender, programId, '', null).pk;

  /** Loans that ended between two days, both included. */
  const ended = (
    lender: string,
    programId: string,
    from: BusinessDate,
    through: BusinessDate | typeof LAST,
  ) =>
    between(
      partitionOf(lender, programId),
      `${PAST_LOAN_PREFIX}${from}`,
      `${PAST_LOAN_PREFIX}${through}#${LAST}`,
    );

  const vouchedFor = (lender: string, recommender: string) =>
    between(vouchedLoanKey(lender, recommender, '').pk, 'loan_', LAST);

  return {
    /** Every loan of a program, ended or not. */
    snapshots: (lender: string, programId: string) =>
      between(partitionOf(lender, programId), LIVE_LOAN_PREFIX, PAST_LOAN_PREFIX + LAST),

    /** Loans that have not ended: what a night reads, however many ended before. */
    live: (lender: string, programId: string) =>
      between(partitionOf(lender, programId), LIVE_LOAN_PREFIX, LIVE_LOAN_PREFIX + LAST),

    /** Loans that ended on a day or later. */
    endedSince: (lender: string, programId: string, day: BusinessDate) => ended(lender, programId, day, LAST),

    /** Loans of a lender that one partner vouched for. */
    vouchedFor,

    /** The same, with the count of acceptances that a contract within a bound is conditional on. */
    async vouching(lender: string, recommender: string): Promise<Vouching> {
      // The count first: a contract made between the two reads is then noticed.
      const acceptances = await readAcceptances(table, lender, recommender);
      return { acceptances, loans: await vouchedFor(lender, recommender) };
    },

    /**
     * A page of a program's loans, live ones by id, then those that ended by day; shorter where a loan has just moved.
     * Raises `invalid_request` on what is no cursor.
     */
    async list(lender: string, programId: string, limit: number, cursor: string | undefined) {
      const pk = partitionOf(lender, programId);
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
      const last = Items.at(limit - 1)?.sk?.S;
      return {
        loans: snapshotsOf(Items.slice(0, limit)),
        cursor: Items.length > limit && last !== undefined ? cursorOf(last) : undefined,
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

    /**
     * Keep a program's snapshots of a month end, of loans that were live in the month; the same again is the same.
     */
    async putMonthEnd(
      lender: string,
      programId: string,
      day: BusinessDate,
      snapshots: readonly LoanSnapshot[],
    ): Promise<void> {
      // A month without a loan is kept too: it says that the month was aged through.
      for (let part = 0; part === 0 || part * SNAPSHOTS_PER_PART < snapshots.length; part += 1) {
        const some = snapshots.slice(part * SNAPSHOTS_PER_PART, (part + 1) * SNAPSHOTS_PER_PART);
        await client.send(
          new PutItemCommand({
            TableName,
            Item: marshall({ ...monthEndKey(lender, programId, day, part), body: packJson(some) }),
          }),
        );
      }
    },

    /**
     * The month-end snapshots between two days, both included, of every loan there was by then: one that ended in a
     * month before stands as it ended.
     */
    async monthEnds(
      lender: string,
      programId: string,
      from: BusinessDate,
      through: BusinessDate,
    ): Promise<LoanSnapshot[]> {
      const { pk } = monthEndKey(lender, programId, '', 0);
      const [items, past] = await Promise.all([
        queryItems(table, pk, `${MONTH_END_PREFIX}${from}`, `${MONTH_END_PREFIX}${through}#${LAST}`),
        ended(lender, programId, EARLIEST, through),
      ]);
      const byDay = new Map<BusinessDate, LoanSnapshot[]>();
      for (const item of items) {
        const { sk, body } = parse(storedMonthEnd, unmarshall(item), { code: 'corrupt_record' });
        const day = sk.slice(MONTH_END_PREFIX.length, MONTH_END_PREFIX.length + EARLIEST.length);
        const snapshots = unpackJson(z.array(loanSnapshot), body);
        byDay.set(day, [...(byDay.get(day) ?? []), ...snapshots]);
      }
      return [...byDay].flatMap(([day, kept]) => {
        const held = new Set(kept.map((snapshot) => snapshot.loanId));
        const before = past.filter(
          (snapshot) => (snapshot.endedOn ?? day) < `${day.slice(0, 8)}01` && !held.has(snapshot.loanId),
        );
        return [...kept, ...before.map((snapshot) => ({ ...snapshot, asOf: day }))];
      });
    },
  };
}

function snapshotsOf(items: readonly Record<string, AttributeValue>[]): LoanSnapshot[] {
  return items.flatMap((item) => {
    const { snapshot } = parse(storedSnapshot, unmarshall(item), { code: 'corrupt_record' });
    return snapshot === undefined ? [] : [snapshot];
  });
}

const EARLIEST = '0000-01-01';
const cursorOf = (position: string) => Buffer.from(position).toString('base64url');
const listPosition = z.union([
  z.templateLiteral([LIVE_LOAN_PREFIX, loanId]),
  z.templateLiteral([PAST_LOAN_PREFIX, z.string().regex(/^\d{4}-\d\d-\d\d$/), '#', loanId]),
]);

function positionOf(cursor: string): string {
  const position = listPosition.safeParse(Buffer.from(cursor, 'base64url').toString());
  if (position.success) return position.data;
  throw fieldError(
    'invalid_request',
    'query.cursor',
    'invalid_cursor',
    'cursor: pass the cursor of the page before, as it was given',
  );
}
