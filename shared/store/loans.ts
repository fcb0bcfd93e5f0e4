import {
  GetItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { type BusinessDate, businessDate } from '../domain/calendar.ts';
import type { IdempotentRequest } from '../domain/idempotency.ts';
import { loanId, programId } from '../domain/identifiers.ts';
import { type Journal, type JournalEntry, journalEntry } from '../domain/lending/ledger.ts';
import type { LoanLog } from '../domain/lending/loan.ts';
import { type LoanEvent, loanEvent } from '../domain/lending/loan-event.ts';
import { type LoanNotice, loanNotice, noticeOf } from '../domain/lending/loan-notice.ts';
import { type LoanReceipt, loanReceipt } from '../domain/lending/loan-receipt.ts';
import { capitalUse, type LoanRecord, loanRecord, recordSnapshot } from '../domain/lending/loan-record.ts';
import { endedOn, type LoanState } from '../domain/lending/loan-state.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { firstResultId, idempotencyPut } from './idempotency.ts';
import { programBooks } from './program-books.ts';
import { LAST, queryItems } from './query-items.ts';
import { type Reservation, reservationStore } from './reservations.ts';
import {
  bankReferenceKey,
  capitalUseKey,
  LOAN_ENTRIES_PREFIX,
  LOAN_EVENT_PREFIX,
  leftEntry,
  loanEntriesKey,
  loanEventKey,
  loanKey,
  programLoanKey,
  vouchedLoanKey,
} from './table.ts';
import { acceptanceCounted, type Vouching } from './vouching.ts';
import { packJson, unpackJson } from './zstd-json.ts';

const storedLoan = z.object({ version: z.int().min(1), programId, body: z.instanceof(Uint8Array) });
const storedEvent = z.object({
  number: z.int().min(1),
  event: loanEvent,
  recordedOn: businessDate,
  receipt: loanReceipt,
});
const storedEntries = z.object({ body: z.instanceof(Uint8Array) });
const storedReference = z.object({ loanId });
const storedNotice = z.object({ version: z.int().min(1), programId, notice: loanNotice });

/** What a loan's item tells the parties of its program; only an item with a `notice` does. */
export const loanNoticeOfItem = (
  item: unknown,
): { readonly version: number; readonly programId: string; readonly notice: LoanNotice } =>
  parse(storedNotice, item, { code: 'corrupt_record' });

/** A loan with the version its next step is conditional on. */
export interface StoredLoan {
  readonly version: number;
  readonly record: LoanRecord;
}

/** An event as it was recorded, with what was answered. */
export type RecordedEvent = z.output<typeof storedEvent>;

export interface LoanCommit {
  readonly lender: string;
  /** The loan the step was computed from; null opens a loan. */
  readonly before: StoredLoan | null;
  readonly after: LoanRecord;
  readonly entries: readonly JournalEntry[];
  /** Null when time alone has passed. */
  readonly event: {
    readonly event: LoanEvent;
    readonly recordedOn: BusinessDate;
    readonly receipt: LoanReceipt;
  } | null;
  /** Null when nobody's key asked for it. */
  readonly request: IdempotentRequest | null;
  /** The bank's reference: one payment on one loan. */
  readonly bankReference?: string | undefined;
  /** What the approval promised, settled by the contract. */
  readonly accepts?: Reservation;
  /** What a bound on the partner who vouched was checked against: nobody else accepted meanwhile. */
  readonly vouching?: Vouching | undefined;
  readonly nowMs: number;
}

/**
 * `conflict`: the loan moved since it was read, or another transaction touched what this one does; read and
 * compute again. `answered`: the same request, or the same event, is recorded already.
 */
export type LoanCommitResult =
  | { readonly kind: 'committed' }
  | { readonly kind: 'answered'; readonly eventId: string }
  | { readonly kind: 'conflict' };

export type LoanStore = ReturnType<typeof loanStore>;

export function loanStore(table: StoreTable) {
  const { client, tableName: TableName } = table;
  const books = programBooks(table);
  const reservations = reservationStore(table);
  const newItem = (Item: object): TransactWriteItem => ({
    Put: {
      TableName,
      Item: marshall(Item, { removeUndefinedValues: true }),
      ConditionExpression: 'attribute_not_exists(pk)',
    },
  });

  function loanPut({ lender, before, after, event, nowMs }: LoanCommit): TransactWriteItem {
    const notice = noticeOf(before?.record ?? null, after, event?.event ?? null, nowMs);
    return {
      Put: {
        TableName,
        Item: marshall({
          ...loanKey(lender, after.state.loanId),
          version: (before?.version ?? 0) + 1,
          programId: after.state.contract.programId,
          body: packJson(after),
          ...(notice === null ? {} : { notice }),
        }),
        ...(before === null
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: '#version = :version',
              ExpressionAttributeNames: { '#version': 'version' },
              ExpressionAttributeValues: marshall({ ':version': before.version }),
            }),
      },
    };
  }

  /** What the step gives back to the program's capital, or takes from it. */
  function capitalItems({ lender, before, after, accepts, nowMs }: LoanCommit): TransactWriteItem[] {
    const { programId: program, borrowerId, principalMinor } = after.state.contract;
    const was = before === null ? null : capitalUse(before.record.state);
    const is = capitalUse(after.state);
    const outstandingMinor = is.outstandingMinor - (was?.outstandingMinor ?? 0);
    const lostMinor = is.lostMinor - (was?.lostMinor ?? 0);
    const releasedMinor = is.releasedMinor - (was?.releasedMinor ?? 0);
    const freedMinor = releasedMinor + (accepts === undefined ? 0 : accepts.limitMinor - principalMinor);
    const items = reservations.giveBack(lender, program, borrowerId, {
      capitalMinor: freedMinor,
      // What is written off is no longer lent to the borrower, though the program has lost it.
      exposureMinor: freedMinor + lostMinor,
    });
    if (outstandingMinor !== 0 || lostMinor !== 0) {
      items.push({
        Update: {
          TableName,
          Key: marshall(capitalUseKey(lender, program)),
          UpdateExpression: 'ADD outstandingMinor :outstanding, lostMinor :lost',
          ExpressionAttributeValues: marshall({ ':outstanding': outstandingMinor, ':lost': lostMinor }),
        },
      });
    }
    if (accepts !== undefined) {
      items.push(reservations.settlement(lender, program, accepts, 'accepted', nowMs));
    }
    return items;
  }

  function itemsOf(step: LoanCommit): TransactWriteItem[] {
    const { lender, after, entries, event, bankReference } = step;
    const { state } = after;
    const { programId: program, recommenderId } = state.contract;
    const items = [loanPut(step)];
    if (event !== null) {
      items.push(
        newItem({
          ...loanEventKey(lender, state.loanId, event.event.eventId),
          programId: program,
          number: after.events,
          ...event,
        }),
      );
    }
    const [first] = entries;
    if (first !== undefined) {
      items.push(
        newItem({ ...loanEntriesKey(lender, state.loanId, first.sequence), body: packJson(entries) }),
        ...books.additions(lender, program, entries),
      );
    }
    const snapshot = recordSnapshot(after);
    const keyOf = (each: LoanState) => programLoanKey(lender, program, each.loanId, endedOn(each));
    const listed = [keyOf(state)];
    const listedBefore = step.before === null ? undefined : keyOf(step.before.record.state);
    // It has ended, or a reversed payment has opened it again.
    if (listedBefore !== undefined && listedBefore.sk !== keyOf(state).sk) {
      items.push({ Put: { TableName, Item: marshall(leftEntry(listedBefore, step.nowMs)) } });
    }
    if (recommenderId !== null && step.vouching !== undefined) {
      items.push(acceptanceCounted(table, lender, recommenderId, step.vouching.acceptances));
    }
    if (recommenderId !== null) listed.push(vouchedLoanKey(lender, recommenderId, state.loanId));
    for (const key of listed) items.push({ Put: { TableName, Item: marshall({ ...key, snapshot }) } });
    items.push(...capitalItems(step));
    if (bankReference !== undefined) {
      items.push(newItem({ ...bankReferenceKey(lender, bankReference), loanId: state.loanId }));
    }
    return items;
  }

  /** A loan of one program; undefined when there is none, or it is another program's. */
  async function get(lender: string, program: string, id: string): Promise<StoredLoan | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: marshall(loanKey(lender, id)), ConsistentRead: true }),
    );
    if (Item === undefined) return undefined;
    const stored = parse(storedLoan, unmarshall(Item), { code: 'corrupt_record' });
    if (stored.programId !== program) return undefined;
    return { version: stored.version, record: unpackJson(loanRecord, stored.body) };
  }

  async function getEvent(lender: string, id: string, eventId: string): Promise<RecordedEvent | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({
        TableName,
        Key: marshall(loanEventKey(lender, id, eventId)),
        ConsistentRead: true,
      }),
    );
    return Item && parse(storedEvent, unmarshall(Item), { code: 'corrupt_record' });
  }

  /** A loan's events in the order they were recorded. */
  async function readEvents(lender: string, id: string): Promise<RecordedEvent[]> {
    const { pk } = loanKey(lender, id);
    const items = await queryItems(table, pk, LOAN_EVENT_PREFIX, LOAN_EVENT_PREFIX + LAST);
    return items
      .map((item) => parse(storedEvent, unmarshall(item), { code: 'corrupt_record' }))
      .sort((a, b) => a.number - b.number);
  }

  /** A loan's journal in order. */
  async function readJournal(lender: string, id: string): Promise<Journal> {
    const { pk } = loanKey(lender, id);
    const items = await queryItems(table, pk, LOAN_ENTRIES_PREFIX, LOAN_ENTRIES_PREFIX + LAST);
    return items.flatMap((item) => {
      const { body } = parse(storedEntries, unmarshall(item), { code: 'corrupt_record' });
      return unpackJson(z.array(journalEntry), body);
    });
  }

  return {
    get,
    getEvent,

    firstResultId: (request: IdempotentRequest, nowMs: number) => firstResultId(table, request, nowMs),

    /** The loan a bank's reference was recorded on; undefined while it is new. */
    async getReference(lender: string, reference: string): Promise<string | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName,
          Key: marshall(bankReferenceKey(lender, reference)),
          ConsistentRead: true,
        }),
      );
      return Item && parse(storedReference, unmarshall(Item), { code: 'corrupt_record' }).loanId;
    },

    readEvents,
    readJournal,

    /**
     * The log and the journal that a loan as it was read stands on: a step taken since makes them longer than the
     * loan says, and is left out, so that the commit meets its conflict.
     */
    async readHistory(
      lender: string,
      { record }: StoredLoan,
    ): Promise<{ readonly log: LoanLog; readonly journal: Journal }> {
      const { loanId: id } = record.state;
      const [events, journal] = await Promise.all([readEvents(lender, id), readJournal(lender, id)]);
      return {
        log: events.slice(0, record.events).map(({ event }) => event),
        journal: journal.filter((entry) => entry.sequence <= record.sequence),
      };
    },

    /**
     * One step of a loan, all or nothing: state and version, event, journal entries, the day's books, snapshots,
     * the program's capital, the borrower's exposure, and the idempotency record.
     */
    async commit(step: LoanCommit): Promise<LoanCommitResult> {
      const { request, event, lender, after, nowMs } = step;
      const key = request === null || event === null ? null : { request, eventId: event.event.eventId };
      const items = itemsOf(step);
      if (key !== null) items.push(idempotencyPut(table, key.request, key.eventId, nowMs));
      try {
        await client.send(new TransactWriteItemsCommand({ TransactItems: items }));
        return { kind: 'committed' };
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        const first = key && (await firstResultId(table, key.request, nowMs));
        if (typeof first === 'string') return { kind: 'answered', eventId: first };
        const recorded = event && (await getEvent(lender, after.state.loanId, event.event.eventId));
        return recorded ? { kind: 'answered', eventId: recorded.event.eventId } : { kind: 'conflict' };
      }
    },
  };
}
