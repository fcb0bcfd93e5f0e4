import { paginateQuery, QueryCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import {
  type Decision,
  type DecisionListEntry,
  type DecisionOutcome,
  decisionListEntry,
  decisionOutcomes,
  listEntryOf,
} from '../domain/decision.ts';
import { fieldError } from '../domain/errors.ts';
import { decisionId, programId, tenantId } from '../domain/identifiers.ts';
import { parse } from '../domain/parse.ts';
import { type ScoreBand, scoreBands } from '../domain/score-band.ts';
import type { StoreTable } from './dynamo.ts';
import {
  DECISION_LIST_PREFIX,
  decisionListKey,
  decisionListPartition,
  PERSON_DECISION_PREFIX,
  personDecisionKey,
  WHOLE_LENDER,
} from './table.ts';

/** All of a lender's decisions, or those of one program, or of one county. */
export type DecisionScope =
  | { readonly lender: string }
  | { readonly lender: string; readonly programId: string }
  | { readonly lender: string; readonly countyId: string };

export interface DecisionFilter {
  readonly outcome?: DecisionOutcome | undefined;
  readonly scoreBand?: ScoreBand | undefined;
  /** Instants: decided at or after `from`, and before `to`. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface DecisionPage {
  readonly entries: readonly DecisionListEntry[];
  /** Undefined on the last page. */
  readonly cursor: string | undefined;
}

/** Where a decision about a person is kept. */
const personDecision = z.object({ decisionId, lenderTenantId: tenantId, programId });
export type PersonDecision = z.output<typeof personDecision>;

const storedListEntry = z.object({ sk: z.string(), entry: decisionListEntry });
type StoredListEntry = z.output<typeof storedListEntry>;

/** Sorts after every instant and every id. */
const LAST = '~';
/** A merged list reads this many entries of a cell beyond its even share, so that most pages need no second round. */
const CHUNK_SLACK = 2;

export function decisionLists(table: StoreTable) {
  const { client, tableName: TableName } = table;

  /** One query; `after` is a sort key, whether or not there still is such an item. */
  async function chunk(pk: string, filter: DecisionFilter, limit: number, after: string | undefined) {
    const bound = (instant: string | undefined, otherwise: string) =>
      DECISION_LIST_PREFIX + (instant === undefined ? otherwise : new Date(instant).toISOString());
    // A key holds the id after the instant, so keys of the instant `to` itself sort after the bound.
    const [from, to] = [bound(filter.from, ''), bound(filter.to, LAST)];
    // DynamoDB refuses to start outside the range it is asked for; the embedded engine would walk up to the start.
    const isWithin = after !== undefined && after <= to;
    const through = isWithin ? after : to;
    if (from > through) return [];
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: marshall({ ':pk': pk, ':from': from, ':to': through }),
        ScanIndexForward: false,
        Limit: limit,
        ...(isWithin ? { ExclusiveStartKey: marshall({ pk, sk: after }) } : {}),
      }),
    );
    return Items.map((item) => parse(storedListEntry, unmarshall(item), { code: 'corrupt_record' }));
  }

  return {
    /** The decision in every list it belongs to, for the transaction that makes it. */
    puts(made: Decision): TransactWriteItem[] {
      const { lenderTenantId: lender, decidedAt, decisionId: id } = made;
      const entry = listEntryOf(made);
      const put = (Item: object): TransactWriteItem => ({
        Put: { TableName, Item: marshall(Item), ConditionExpression: 'attribute_not_exists(pk)' },
      });
      const listed = [entry.programId, entry.countyId, WHOLE_LENDER]
        .flatMap((scope) => [
          decisionListPartition(lender, scope),
          decisionListPartition(lender, scope, entry),
        ])
        .map((partition) => put({ ...decisionListKey(partition, decidedAt, id), entry }));
      const { platformTenantId } = made.input.program;
      return [
        ...listed,
        put({
          ...personDecisionKey(platformTenantId, entry.entrepreneurId, decidedAt, id),
          decisionId: id,
          lenderTenantId: lender,
          programId: entry.programId,
        }),
      ];
    },

    /**
     * Decisions newest first. The cursor is a position, not a count: an insert never shifts a page, and the
     * cursor of one filter may be used with another. Reads one partition, or merges the cells a half-given
     * filter leaves open (three outcomes, or six bands). Raises `invalid_request` on what is no cursor.
     */
    async list(
      scope: DecisionScope,
      filter: DecisionFilter,
      limit: number,
      cursor: string | undefined,
    ): Promise<DecisionPage> {
      const partitions = partitionsOf(scope, filter);
      const wanted = limit + 1;
      const size = partitions.length === 1 ? wanted : Math.ceil(wanted / partitions.length) + CHUNK_SLACK;
      const start = cursor === undefined ? undefined : positionOf(cursor);
      const cells = await Promise.all(
        partitions.map(async (pk) => {
          const entries = await chunk(pk, filter, size, start);
          return { pk, entries, next: 0, ended: entries.length < size };
        }),
      );
      const merged: StoredListEntry[] = [];
      while (merged.length < wanted) {
        let newest: (typeof cells)[number] | undefined;
        for (const cell of cells) {
          if (cell.next === cell.entries.length && !cell.ended) {
            cell.entries = await chunk(cell.pk, filter, size, cell.entries.at(-1)?.sk);
            cell.next = 0;
            cell.ended = cell.entries.length < size;
          }
          const head = cell.entries[cell.next]?.sk ?? '';
          if (head > (newest?.entries[newest.next]?.sk ?? '')) newest = cell;
        }
        const entry = newest?.entries[newest.next];
        if (newest === undefined || entry === undefined) break;
        newest.next += 1;
        merged.push(entry);
      }
      const page = merged.slice(0, limit);
      return {
        entries: page.map(({ entry }) => entry),
        cursor: merged.length > limit ? cursorOf(page.at(-1)?.sk ?? '') : undefined,
      };
    },

    /** Every decision about a person, newest first, by whichever lender. */
    async listOfPerson(platform: string, entrepreneur: string): Promise<PersonDecision[]> {
      const { pk } = personDecisionKey(platform, entrepreneur, '', '');
      const found: PersonDecision[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: marshall({ ':pk': pk, ':prefix': PERSON_DECISION_PREFIX }),
          ScanIndexForward: false,
          ConsistentRead: true,
        },
      );
      for await (const { Items = [] } of pages) {
        found.push(
          ...Items.map((item) => parse(personDecision, unmarshall(item), { code: 'corrupt_record' })),
        );
      }
      return found;
    },
  };
}

function partitionsOf(scope: DecisionScope, { outcome, scoreBand }: DecisionFilter): string[] {
  const scopeName =
    'programId' in scope ? scope.programId : 'countyId' in scope ? scope.countyId : WHOLE_LENDER;
  if (outcome === undefined && scoreBand === undefined)
    return [decisionListPartition(scope.lender, scopeName)];
  return (outcome === undefined ? decisionOutcomes : [outcome]).flatMap((inOutcome) =>
    (scoreBand === undefined ? scoreBands : [scoreBand]).map((inBand) =>
      decisionListPartition(scope.lender, scopeName, { outcome: inOutcome, scoreBand: inBand }),
    ),
  );
}

const cursorOf = (sortKey: string) =>
  Buffer.from(sortKey.slice(DECISION_LIST_PREFIX.length)).toString('base64url');

function positionOf(cursor: string): string {
  const position = Buffer.from(cursor, 'base64url').toString();
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#dec_[A-Za-z0-9._-]{1,48}$/.test(position)) {
    throw fieldError(
      'invalid_request',
      'query.cursor',
      'invalid_cursor',
      'cursor: pass the cursor of the page before, as it was given',
    );
  }
  return DECISION_LIST_PREFIX + position;
}
