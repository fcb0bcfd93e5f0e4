import { TransactionCanceledException, TransactWriteItemsCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import type { IdempotentRequest } from '../domain/idempotency.ts';
import { type CollectionContact, collectionContact } from '../domain/lending/collections.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { firstResultId, idempotencyPut } from './idempotency.ts';
import { LAST, queryItems } from './query-items.ts';
import { CONTACT_PREFIX, contactKey } from './table.ts';

const storedContact = z.object({ contact: collectionContact });

export type CollectionStore = ReturnType<typeof collectionStore>;

/** Contacts about arrears, kept with their loan. */
export function collectionStore(table: StoreTable) {
  const { client, tableName: TableName } = table;

  /** In order of the instant. */
  async function list(lender: string, loanId: string): Promise<CollectionContact[]> {
    const { pk } = contactKey(lender, loanId, '');
    const items = await queryItems(table, pk, CONTACT_PREFIX, CONTACT_PREFIX + LAST);
    return items
      .map((item) => parse(storedContact, unmarshall(item), { code: 'corrupt_record' }).contact)
      .sort((a, b) => (a.at < b.at ? -1 : 1));
  }

  return {
    list,

    /** Record a contact once for each request; false when the request recorded one before. */
    async put(
      lender: string,
      contact: CollectionContact,
      request: IdempotentRequest,
      nowMs: number,
    ): Promise<boolean> {
      try {
        await client.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              idempotencyPut(table, request, contact.contactId, nowMs),
              {
                Put: {
                  TableName,
                  Item: marshall({
                    ...contactKey(lender, contact.loanId, contact.contactId),
                    contact,
                  }),
                },
              },
            ],
          }),
        );
        return true;
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        if ((await firstResultId(table, request, nowMs)) === undefined) throw error;
        return false;
      }
    },
  };
}
