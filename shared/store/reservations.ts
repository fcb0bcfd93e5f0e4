import {
  GetItemCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { type BusinessDate, businessDate, businessDateOf, DEFAULT_TIME_ZONE } from '../domain/calendar.ts';
import type { Decision } from '../domain/decision.ts';
import { decisionId, entrepreneurId } from '../domain/identifiers.ts';
import { offerExpiresOn } from '../domain/lending/loan-record.ts';
import { positiveAmountMinor } from '../domain/money.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { queryItems } from './query-items.ts';
import {
  capitalKey,
  exposureKey,
  RESERVATION_PREFIX,
  reservationKey,
  TIME_TO_LIVE_ATTRIBUTE,
} from './table.ts';

/** Capital promised by an approval until its offers are taken up or run out. */
export const reservation = z.object({
  decisionId,
  entrepreneurId,
  limitMinor: positiveAmountMinor,
  /** The last day on which an offer of it can be accepted. */
  expiresOn: businessDate,
  status: z.enum(['open', 'accepted', 'released']),
});
export type Reservation = z.output<typeof reservation>;

/** A reservation that is settled is of use to nobody: it goes after a quarter. */
const SETTLED_RETENTION_SECONDS = 90 * 86_400;

/** The day an approval's offers run out. */
export const expiryOf = ({ decidedAt }: Pick<Decision, 'decidedAt'>): BusinessDate =>
  offerExpiresOn(businessDateOf(Date.parse(decidedAt), DEFAULT_TIME_ZONE));

export type ReservationStore = ReturnType<typeof reservationStore>;

export function reservationStore(table: StoreTable) {
  const { client, tableName: TableName } = table;

  /** Settles an open reservation, or cancels the transaction. */
  function settlement(
    lender: string,
    programId: string,
    held: Reservation,
    status: 'accepted' | 'released',
    nowMs: number,
  ): TransactWriteItem {
    return {
      Update: {
        TableName,
        Key: marshall(reservationKey(lender, programId, held.expiresOn, held.decisionId)),
        UpdateExpression: `SET #status = :status, ${TIME_TO_LIVE_ATTRIBUTE} = :gone`,
        ConditionExpression: '#status = :open',
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: marshall({
          ':status': status,
          ':open': 'open',
          ':gone': Math.floor(nowMs / 1_000) + SETTLED_RETENTION_SECONDS,
        }),
      },
    };
  }

  /** Give capital back to a program and room to its borrower; negative amounts take. */
  function giveBack(
    lender: string,
    programId: string,
    borrower: string,
    given: { readonly capitalMinor: number; readonly exposureMinor: number },
  ): TransactWriteItem[] {
    const add = (Key: object, attribute: string, minor: number): TransactWriteItem => ({
      Update: {
        TableName,
        Key: marshall(Key),
        UpdateExpression: `ADD ${attribute} :amount`,
        ExpressionAttributeValues: marshall({ ':amount': minor }),
      },
    });
    return [
      ...(given.capitalMinor === 0
        ? []
        : [add(capitalKey(lender, programId), 'availableMinor', given.capitalMinor)]),
      ...(given.exposureMinor === 0
        ? []
        : [add(exposureKey(lender, borrower), 'exposureMinor', -given.exposureMinor)]),
    ];
  }

  return {
    settlement,
    giveBack,

    /**
     * For the transaction that approves, by a machine or a person: take the limit from the program's capital and the
     * borrower's room, and keep what is promised until its offers run out. Cancels the transaction when the capital
     * does not suffice, or the borrower's exposure is no longer what the approval was computed from.
     */
    promise(made: Decision, observedExposureMinor: number): TransactWriteItem[] {
      const { lenderTenantId: lender, decisionId: id, limitMinor } = made;
      if (limitMinor === 0) return [];
      const { programId, entrepreneurId: borrower } = made.input.application;
      const held: Reservation = {
        decisionId: id,
        entrepreneurId: borrower,
        limitMinor,
        expiresOn: expiryOf(made),
        status: 'open',
      };
      return [
        {
          Update: {
            TableName,
            Key: marshall(capitalKey(lender, programId)),
            UpdateExpression: 'SET availableMinor = availableMinor - :limit',
            ConditionExpression: 'availableMinor >= :limit',
            ExpressionAttributeValues: marshall({ ':limit': limitMinor }),
          },
        },
        {
          Update: {
            TableName,
            Key: marshall(exposureKey(lender, borrower)),
            UpdateExpression: 'SET exposureMinor = :next',
            ConditionExpression:
              observedExposureMinor === 0
                ? 'attribute_not_exists(pk) OR exposureMinor = :observed'
                : 'exposureMinor = :observed',
            ExpressionAttributeValues: marshall({
              ':next': observedExposureMinor + limitMinor,
              ':observed': observedExposureMinor,
            }),
          },
        },
        {
          Put: {
            TableName,
            Item: marshall({ ...reservationKey(lender, programId, held.expiresOn, id), ...held }),
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        },
      ];
    },

    async get(lender: string, programId: string, made: Decision): Promise<Reservation | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName,
          Key: marshall(reservationKey(lender, programId, expiryOf(made), made.decisionId)),
          ConsistentRead: true,
        }),
      );
      return Item && parse(reservation, unmarshall(Item), { code: 'corrupt_record' });
    },

    /** Open reservations whose last day has passed. */
    async listExpired(lender: string, programId: string, today: BusinessDate): Promise<Reservation[]> {
      const { pk } = reservationKey(lender, programId, '', '');
      // Sorts before every reservation that still runs today.
      const items = await queryItems(table, pk, RESERVATION_PREFIX, `${RESERVATION_PREFIX}${today}`);
      return items
        .map((item) => parse(reservation, unmarshall(item), { code: 'corrupt_record' }))
        .filter((held) => held.status === 'open');
    },

    /** Give an expired promise back; false when it was taken up or released meanwhile. */
    async release(lender: string, programId: string, held: Reservation, nowMs: number): Promise<boolean> {
      try {
        await client.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              settlement(lender, programId, held, 'released', nowMs),
              ...giveBack(lender, programId, held.entrepreneurId, {
                capitalMinor: held.limitMinor,
                exposureMinor: held.limitMinor,
              }),
            ],
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof TransactionCanceledException && isSettled(error)) return false;
        throw error;
      }
    },
  };
}

const isSettled = (error: TransactionCanceledException) =>
  error.CancellationReasons?.[0]?.Code === 'ConditionalCheckFailed';
