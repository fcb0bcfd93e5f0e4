import {
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { instant } from '../domain/calendar.ts';
import type { Decision } from '../domain/decision.ts';
import { parse } from '../domain/parse.ts';
import { type Review, type ReviewDecision, review, reviewDecision } from '../domain/review.ts';
import type { StoreTable } from './dynamo.ts';
import { LAST, queryItems } from './query-items.ts';
import { recoursePut } from './recourses.ts';
import { reservationStore } from './reservations.ts';
import {
  REVIEW_NOTE_PREFIX,
  REVIEWED_PREFIX,
  reviewedKey,
  reviewKey,
  reviewNoteKey,
  reviewQueueKey,
  TIME_TO_LIVE_ATTRIBUTE,
} from './table.ts';

const storedReview = z.object({ review });
/** A case as its item holds it; raises `corrupt_record` for anything else. */
export const reviewOfItem = (item: unknown): Review =>
  parse(storedReview, item, { code: 'corrupt_record' }).review;
const queuedReview = z.object({ sk: z.string(), review });
const storedResolution = z.object({ resolution: reviewDecision });
const storedNote = z.object({
  noteId: z.string(),
  writtenAt: instant,
  by: z.string(),
  sealed: z.instanceof(Uint8Array),
});
/** A note as it is kept: its text sealed under the key of the person it is about. */
export type StoredNote = z.output<typeof storedNote>;

/** A closed case stays in the queue's partition for a day at the most, then in DynamoDB's own time. */
const CLOSED_IN_QUEUE_SECONDS = 86_400;
/** Places of the queue a page looks at, however many of them are closed and not yet gone. */
const LOOKED_AT_MAX = 500;

export interface ReviewPage {
  readonly reviews: readonly Review[];
  readonly cursor: string | undefined;
}

/** Capital and exposure as they were read when an approval's offers were made. */
export interface ObservedExposure {
  readonly borrowerExposureMinor: number;
}

export type ReviewStore = ReturnType<typeof reviewStore>;

export function reviewStore(table: StoreTable) {
  const { client, tableName: TableName } = table;
  const reservations = reservationStore(table);

  /** The review and its place in the queue, always written together; both hold the whole of it. */
  function puts(item: Review, previousVersion: number | undefined): TransactWriteItem[] {
    const { lenderTenantId: lender, programId, reviewId: id } = item;
    const condition =
      previousVersion === undefined
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : {
            ConditionExpression: '#review.version = :version',
            ExpressionAttributeNames: { '#review': 'review' },
            ExpressionAttributeValues: marshall({ ':version': previousVersion }),
          };
    const gone =
      item.resolution === null
        ? {}
        : {
            [TIME_TO_LIVE_ATTRIBUTE]:
              Math.floor(Date.parse(item.resolution.decidedAt) / 1_000) + CLOSED_IN_QUEUE_SECONDS,
          };
    const body = { review: item };
    const options = { removeUndefinedValues: true };
    return [
      { Put: { TableName, Item: marshall({ ...reviewKey(lender, id), ...body }, options), ...condition } },
      {
        Put: {
          TableName,
          Item: marshall({ ...reviewQueueKey(lender, programId, item.dueAt, id), ...body, ...gone }, options),
        },
      },
    ];
  }

  /** False when the case, the capital or the exposure moved since they were read; nothing has happened then. */
  async function write(TransactItems: TransactWriteItem[]): Promise<boolean> {
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems }));
      return true;
    } catch (error) {
      if (error instanceof TransactionCanceledException) return false;
      throw error;
    }
  }

  return {
    /** For the transaction that opens a case: there is one of its id at the most. */
    opening: (item: Review): TransactWriteItem[] => puts(item, undefined),

    /** The case of a contest; false when the decision was contested, or corrected, before. */
    contest: (item: Review): Promise<boolean> =>
      write([
        ...puts(item, undefined),
        recoursePut(table, item.lenderTenantId, item.decisionId, {
          kind: 'contest',
          reviewId: item.reviewId,
        }),
      ]),

    /** The next version of a case that stays open; false when it moved meanwhile. */
    save: (next: Review): Promise<boolean> => write(puts(next, next.version - 1)),

    /**
     * Close a case by its resolution, and, where that approves, reserve the program's capital and the borrower's
     * room: one transaction. False when any of them moved since it was read.
     */
    async close(next: Review, made: Decision, observed: ObservedExposure): Promise<boolean> {
      const { resolution, lenderTenantId: lender } = next;
      if (resolution === null) throw new RangeError(`${next.reviewId} is closed without a resolution`);
      const { decidedAt, limitMinor } = resolution;
      return write([
        ...puts(next, next.version - 1),
        {
          Put: {
            TableName,
            Item: marshall(
              { ...reviewedKey(lender, next.decisionId, decidedAt, next.reviewId), resolution },
              { removeUndefinedValues: true },
            ),
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        },
        ...reservations.promise({ ...made, decidedAt, limitMinor }, observed.borrowerExposureMinor),
      ]);
    },

    /** A case of one program of the lender. */
    async get(lender: string, programId: string, id: string): Promise<Review | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({ TableName, Key: marshall(reviewKey(lender, id)), ConsistentRead: true }),
      );
      if (Item === undefined) return undefined;
      const found = reviewOfItem(unmarshall(Item));
      return found.programId === programId ? found : undefined;
    },

    /**
     * A program's undecided cases, the most pressing first. A page looks at a bounded part of the queue: it may be
     * short, or empty, and still have a cursor.
     */
    async listOpen(
      lender: string,
      programId: string,
      limit: number,
      cursor: string | undefined,
    ): Promise<ReviewPage> {
      const { pk } = reviewQueueKey(lender, programId, '', '');
      const open: z.output<typeof queuedReview>[] = [];
      let after = cursor;
      for (let lookedAt = 0; open.length <= limit; lookedAt += limit + 1) {
        if (lookedAt >= LOOKED_AT_MAX) {
          return { reviews: open.map(({ review: item }) => item), cursor: after };
        }
        const { Items = [] } = await client.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
            ExpressionAttributeValues: marshall({ ':pk': pk, ':from': '0', ':to': LAST }),
            Limit: limit + 1,
            ...(after === undefined ? {} : { ExclusiveStartKey: marshall({ pk, sk: after }) }),
          }),
        );
        const page = Items.map((item) => parse(queuedReview, unmarshall(item), { code: 'corrupt_record' }));
        open.push(...page.filter(({ review: item }) => item.state !== 'closed'));
        after = page.at(-1)?.sk;
        if (page.length <= limit) break;
      }
      const shown = open.slice(0, limit);
      return {
        reviews: shown.map(({ review: item }) => item),
        cursor: open.length > limit ? shown.at(-1)?.sk : undefined,
      };
    },

    /** Undecided cases of a program whose time has run out by an instant. */
    async listOverdue(lender: string, programId: string, nowMs: number): Promise<Review[]> {
      const { pk } = reviewQueueKey(lender, programId, '', '');
      const items = await queryItems(table, pk, '0', `${new Date(nowMs).toISOString()}${LAST}`);
      return items
        .map((item) => parse(queuedReview, unmarshall(item), { code: 'corrupt_record' }).review)
        .filter(({ state }) => state !== 'closed');
    },

    /** What people decided on a decision, the earliest first. */
    async listResolutions(lender: string, decision: string): Promise<ReviewDecision[]> {
      const { pk } = reviewedKey(lender, decision, '', '');
      const items = await queryItems(table, pk, REVIEWED_PREFIX, REVIEWED_PREFIX + LAST);
      return items.map(
        (item) => parse(storedResolution, unmarshall(item), { code: 'corrupt_record' }).resolution,
      );
    },

    async putNote(lender: string, id: string, note: StoredNote): Promise<void> {
      const Item = marshall({ ...reviewNoteKey(lender, id, note.writtenAt, note.noteId), ...note });
      await client.send(new PutItemCommand({ TableName, Item }));
    },

    async listNotes(lender: string, id: string): Promise<StoredNote[]> {
      const { pk } = reviewKey(lender, id);
      const items = await queryItems(table, pk, REVIEW_NOTE_PREFIX, REVIEW_NOTE_PREFIX + LAST);
      return items.map((item) => parse(storedNote, unmarshall(item), { code: 'corrupt_record' }));
    },
  };
}
