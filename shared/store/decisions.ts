import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import {
  GetItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { type Application, application } from '../domain/application.ts';
import { type Decision, decision } from '../domain/decision.ts';
import type { IdempotentRequest } from '../domain/idempotency.ts';
import { amountMinor } from '../domain/money.ts';
import { parse } from '../domain/parse.ts';
import { openReview } from '../domain/review.ts';
import { decisionLists } from './decision-lists.ts';
import type { StoreTable } from './dynamo.ts';
import { firstResultId, idempotencyPut } from './idempotency.ts';
import { getRecourse, recoursePut } from './recourses.ts';
import { reservationStore } from './reservations.ts';
import { reviewStore } from './reviews.ts';
import { applicationKey, decisionKey, exposureKey } from './table.ts';

const storedApplication = z.object({ application });
const storedDecision = z.object({ body: z.instanceof(Uint8Array) });
const storedExposure = z.object({ exposureMinor: amountMinor });

/** A decision is about 12 kB of JSON, mostly terms with the same keys; compressed it costs a fifth of the write units. */
const DECISION_BYTES_MAX = 4 * 1024 * 1024;

export interface DecisionCommit {
  readonly application: Application;
  readonly decision: Decision;
  readonly request: IdempotentRequest;
  readonly nowMs: number;
}

/** `committed`; `answered` when the same request was committed before; `conflict` when the world moved since it was read. */
export type CommitResult =
  | { readonly kind: 'committed' }
  | { readonly kind: 'answered'; readonly decisionId: string }
  /** `sameRequest`: another request with this very key is being committed. */
  | { readonly kind: 'conflict'; readonly sameRequest: boolean };

/** A decision as its item holds it; raises `corrupt_record` for anything else. */
export function decisionOfItem(item: unknown): Decision {
  const { body } = parse(storedDecision, item, { code: 'corrupt_record' });
  return parse(decision, JSON.parse(decompress(body)), { code: 'corrupt_record' });
}

export const applicationOfItem = (item: unknown): Application =>
  parse(storedApplication, item, { code: 'corrupt_record' }).application;

export type DecisionStore = ReturnType<typeof decisionStore>;

export function decisionStore(table: StoreTable) {
  const { client, tableName: TableName } = table;
  const lists = decisionLists(table);
  const reservations = reservationStore(table);
  const reviews = reviewStore(table);

  /**
   * Application, decision, capital reservation, borrower exposure and idempotency record: all or nothing.
   * What the decision was computed from (the borrower's exposure, enough capital left) is its condition.
   */
  async function commit({
    application: submitted,
    decision: made,
    request,
    nowMs,
  }: DecisionCommit): Promise<CommitResult> {
    const lender = made.lenderTenantId;
    const { programId } = submitted;
    const notThere = { ConditionExpression: 'attribute_not_exists(pk)' };
    const items: TransactWriteItem[] = [
      idempotencyPut(table, request, made.decisionId, nowMs),
      {
        Put: {
          TableName,
          Item: marshall({ ...applicationKey(lender, submitted.applicationId), application: submitted }),
          ...notThere,
        },
      },
      {
        Put: {
          TableName,
          Item: marshall({
            ...decisionKey(lender, made.decisionId),
            programId,
            body: compress(JSON.stringify(made)),
          }),
          ...notThere,
        },
      },
      ...lists.puts(made),
      ...(submitted.correctsDecisionId === undefined
        ? []
        : [
            recoursePut(table, lender, submitted.correctsDecisionId, {
              kind: 'correction',
              decisionId: made.decisionId,
            }),
          ]),
      ...reservations.promise(made, made.input.borrowerExposureMinor),
      ...(made.outcome === 'referred' ? reviews.opening(openReview(made, 'referred', null, nowMs)) : []),
    ];
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems: items }));
      return { kind: 'committed' };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const first = await firstResultId(table, request, nowMs);
      if (first !== undefined) return { kind: 'answered', decisionId: first };
      // Reasons come in the order of the items; the idempotency record is the first.
      const reason = error.CancellationReasons?.[0]?.Code ?? 'None';
      return { kind: 'conflict', sameRequest: reason !== 'None' };
    }
  }

  return {
    commit,

    firstResultId: (request: IdempotentRequest, nowMs: number) => firstResultId(table, request, nowMs),

    /** A decision of one program; undefined when there is none, or it is another program's. */
    async get(lender: string, programId: string, id: string): Promise<Decision | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({ TableName, Key: marshall(decisionKey(lender, id)), ConsistentRead: true }),
      );
      if (Item === undefined) return undefined;
      const stored = decisionOfItem(unmarshall(Item));
      return stored.input.application.programId === programId ? stored : undefined;
    },

    async getApplication(lender: string, programId: string, id: string): Promise<Application | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({ TableName, Key: marshall(applicationKey(lender, id)), ConsistentRead: true }),
      );
      if (Item === undefined) return undefined;
      const stored = applicationOfItem(unmarshall(Item));
      return stored.programId === programId ? stored : undefined;
    },

    /** What one borrower owes, or is promised by, one lender, in minor units. */
    async getExposureMinor(lender: string, entrepreneurId: string): Promise<number> {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName,
          Key: marshall(exposureKey(lender, entrepreneurId)),
          ConsistentRead: true,
        }),
      );
      return Item === undefined
        ? 0
        : parse(storedExposure, unmarshall(Item), { code: 'corrupt_record' }).exposureMinor;
    },

    list: lists.list,

    /** What the applicant did about a decline, if anything. */
    getRecourse: (lender: string, id: string) => getRecourse(table, lender, id),

    listOfPerson: lists.listOfPerson,
  };
}

const compress = (text: string) =>
  zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 6 } });
const decompress = (body: Uint8Array) =>
  zstdDecompressSync(body, { maxOutputLength: DECISION_BYTES_MAX }).toString('utf8');
