import {
  GetItemCommand,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { EVENT_RETENTION_DAYS, type Event, event, type PositionedEvent } from '../domain/event.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { EVENT_PREFIX, eventHeadKey, eventIdKey, eventKey, TIME_TO_LIVE_ATTRIBUTE } from './table.ts';

const storedHead = z.object({ position: z.int().min(1) });
const storedPosition = z.object({ position: z.int().min(1) });
const storedEvent = z.object({ position: z.int().min(1), event });

/** A transaction holds a hundred items: two for each event, one for the head. */
const EVENTS_PER_APPEND = 40;
const APPEND_ATTEMPTS_MAX = 12;
const BACKOFF_MS_FIRST = 20;

export interface EventLogOptions {
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export type EventLog = ReturnType<typeof eventLog>;

/**
 * A tenant's events, one item each, numbered without a gap in the order they were appended. Number, event and
 * head are one transaction, so nothing ever appears behind a position that was read: a cursor loses no event.
 */
export function eventLog(table: StoreTable) {
  const { client, tableName: TableName } = table;

  async function headPosition(party: string): Promise<number> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: marshall(eventHeadKey(party)), ConsistentRead: true }),
    );
    return Item === undefined ? 0 : parse(storedHead, unmarshall(Item), { code: 'corrupt_record' }).position;
  }

  /** Where an event is; undefined when it is too old to be kept, or never was. */
  async function positionOf(party: string, eventId: string): Promise<number | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: marshall(eventIdKey(party, eventId)), ConsistentRead: true }),
    );
    return Item === undefined
      ? undefined
      : parse(storedPosition, unmarshall(Item), { code: 'corrupt_record' }).position;
  }

  /** Append new events; undefined when the head moved, or one of them is there already. */
  async function tryAppend(
    party: string,
    events: readonly Event[],
    nowSeconds: number,
  ): Promise<PositionedEvent[] | undefined> {
    const before = await headPosition(party);
    const positioned = events.map((made, index) => ({ position: before + index + 1, event: made }));
    const notThere = { ConditionExpression: 'attribute_not_exists(pk)' };
    const items: TransactWriteItem[] = positioned.flatMap(({ position, event: made }) => [
      {
        Put: {
          TableName,
          Item: marshall({
            ...eventIdKey(party, made.eventId),
            position,
            [TIME_TO_LIVE_ATTRIBUTE]: nowSeconds + EVENT_RETENTION_DAYS * 86_400,
          }),
          ...notThere,
        },
      },
      {
        Put: {
          TableName,
          Item: marshall({
            ...eventKey(party, position),
            position,
            event: made,
            [TIME_TO_LIVE_ATTRIBUTE]: nowSeconds + EVENT_RETENTION_DAYS * 86_400,
          }),
          ...notThere,
        },
      },
    ]);
    items.push({
      Put: {
        TableName,
        Item: marshall({ ...eventHeadKey(party), position: before + events.length }),
        ...(before === 0
          ? notThere
          : {
              ConditionExpression: '#position = :before',
              ExpressionAttributeNames: { '#position': 'position' },
              ExpressionAttributeValues: marshall({ ':before': before }),
            }),
      },
    });
    try {
      await client.send(new TransactWriteItemsCommand({ TransactItems: items }));
      return positioned;
    } catch (error) {
      if (error instanceof TransactionCanceledException) return undefined;
      throw error;
    }
  }

  return {
    headPosition,
    positionOf,

    /**
     * Append events to a party's log, each once however often it is appended; gives all of them with their
     * positions, those of before too.
     */
    async append(
      party: string,
      events: readonly Event[],
      { nowMs, random, sleep }: EventLogOptions,
    ): Promise<PositionedEvent[]> {
      const positioned: PositionedEvent[] = [];
      for (let from = 0; from < events.length; from += EVENTS_PER_APPEND) {
        const part = events.slice(from, from + EVENTS_PER_APPEND);
        for (let attempt = 1; ; attempt += 1) {
          const known = await Promise.all(
            part.map(async (made) => ({ event: made, position: await positionOf(party, made.eventId) })),
          );
          const fresh = known.filter(({ position }) => position === undefined).map((item) => item.event);
          const old = known.flatMap(({ event: made, position }) =>
            position === undefined ? [] : [{ event: made, position }],
          );
          const appended =
            fresh.length === 0 ? [] : await tryAppend(party, fresh, Math.floor(nowMs() / 1_000));
          if (appended !== undefined) {
            positioned.push(...old, ...appended);
            break;
          }
          if (attempt === APPEND_ATTEMPTS_MAX) throw new Error('the event log is too busy to append to');
          await sleep(random() * BACKOFF_MS_FIRST * 2 ** Math.min(attempt, 6));
        }
      }
      return positioned.sort((a, b) => a.position - b.position);
    },

    /** One event; undefined when it is too old to be kept, or never was. */
    async get(party: string, position: number): Promise<Event | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({ TableName, Key: marshall(eventKey(party, position)), ConsistentRead: true }),
      );
      return Item === undefined
        ? undefined
        : parse(storedEvent, unmarshall(Item), { code: 'corrupt_record' }).event;
    },

    /** Up to `limit` events after a position, oldest first. */
    async listAfter(party: string, position: number, limit: number): Promise<PositionedEvent[]> {
      const { pk, sk } = eventKey(party, position);
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :after AND :last',
          ExpressionAttributeValues: marshall({
            ':pk': pk,
            ':after': `${sk}~`,
            ':last': `${EVENT_PREFIX}~`,
          }),
          ConsistentRead: true,
          Limit: limit,
        }),
      );
      return Items.map((item) => parse(storedEvent, unmarshall(item), { code: 'corrupt_record' }));
    },
  };
}
