import { PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { type Consent, consent } from '../domain/consent.ts';
import { type Entrepreneur, entrepreneur } from '../domain/entrepreneur.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { CONSENT_PREFIX, consentKey, entrepreneurKey } from './table.ts';

const storedEntrepreneur = z.object({ entrepreneur });
const storedConsent = z.object({ consent });

/** A person as a decision reads them, with every consent they gave. */
export interface ConsentingEntrepreneur {
  readonly entrepreneur: Entrepreneur;
  readonly consents: readonly Consent[];
}

export type EntrepreneurStore = ReturnType<typeof entrepreneurStore>;

export function entrepreneurStore(table: StoreTable) {
  const { client, tableName: TableName } = table;
  return {
    async put(platform: string, next: Entrepreneur): Promise<void> {
      await client.send(
        new PutItemCommand({
          TableName,
          Item: marshall(
            { ...entrepreneurKey(platform, next.entrepreneurId), entrepreneur: next },
            { removeUndefinedValues: true },
          ),
        }),
      );
    },

    async putConsent(platform: string, next: Consent): Promise<void> {
      await client.send(
        new PutItemCommand({
          TableName,
          Item: marshall(
            { ...consentKey(platform, next.entrepreneurId, next.consentId), consent: next },
            { removeUndefinedValues: true },
          ),
        }),
      );
    },

    /** The person and their consents in one query of one partition; undefined when there is no such person. */
    async get(platform: string, id: string): Promise<ConsentingEntrepreneur | undefined> {
      const key = entrepreneurKey(platform, id);
      const items: Record<string, unknown>[] = [];
      const pages = paginateQuery(
        { client },
        {
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :consents AND :person',
          ExpressionAttributeValues: marshall({
            ':pk': key.pk,
            ':consents': CONSENT_PREFIX,
            ':person': key.sk,
          }),
          ConsistentRead: true,
        },
      );
      for await (const { Items = [] } of pages) items.push(...Items.map((item) => unmarshall(item)));
      const person = items.find((item) => item.sk === key.sk);
      if (person === undefined) return undefined;
      return {
        entrepreneur: parse(storedEntrepreneur, person, { code: 'corrupt_record' }).entrepreneur,
        consents: items
          .filter((item) => item !== person)
          .map((item) => parse(storedConsent, item, { code: 'corrupt_record' }).consent),
      };
    },
  };
}
