import { type AttributeValue, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import type { BusinessDate } from '../domain/calendar.ts';
import { type IngestRejectionCode, ingestRejectionCodes } from '../domain/ingest-rejections.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { queryItems } from './query-items.ts';
import { ingestCountsKey, TIME_TO_LIVE_ATTRIBUTE } from './table.ts';

/** What reports brought that changed no history: of one day of receiving them, or summed over several. */
export interface IngestCounts {
  readonly duplicates: number;
  readonly rejectedByCode: Readonly<Partial<Record<IngestRejectionCode, number>>>;
}

const RETENTION_DAYS = 400;
const SECONDS_PER_DAY = 86_400;
const DUPLICATES = 'duplicates';
const rejectedAttribute = (code: IngestRejectionCode) => `rejected_${code}`;
const stored = z.looseObject({ [DUPLICATES]: z.int().min(0).optional() });

export type IngestCountsStore = ReturnType<typeof ingestCountsStore>;

/**
 * Counters of a station's duplicates and rejects, one item for each day they were received. They are written
 * only when there is something to count, so a clean report costs nothing; and added to without a condition, so
 * one whose answer was lost may count twice: a measure of quality, not a ledger.
 */
export function ingestCountsStore(table: StoreTable) {
  return {
    async add(platform: string, stationId: string, day: BusinessDate, counts: IngestCounts): Promise<void> {
      const added: Record<string, number> = {};
      if (counts.duplicates > 0) added[DUPLICATES] = counts.duplicates;
      for (const code of ingestRejectionCodes) {
        const count = counts.rejectedByCode[code] ?? 0;
        if (count > 0) added[rejectedAttribute(code)] = count;
      }
      const names = Object.keys(added);
      if (names.length === 0) return;
      const expiresAtSeconds = Date.parse(day) / 1_000 + RETENTION_DAYS * SECONDS_PER_DAY;
      await table.client.send(
        new UpdateItemCommand({
          TableName: table.tableName,
          Key: marshall(ingestCountsKey(platform, stationId, day)),
          UpdateExpression: `ADD ${names.map((_, index) => `#n${index} :n${index}`).join(', ')} SET #ttl = :ttl`,
          ExpressionAttributeNames: {
            '#ttl': TIME_TO_LIVE_ATTRIBUTE,
            ...Object.fromEntries(names.map((name, index) => [`#n${index}`, name])),
          },
          ExpressionAttributeValues: marshall({
            ':ttl': expiresAtSeconds,
            ...Object.fromEntries(names.map((name, index) => [`:n${index}`, added[name]])),
          }),
        }),
      );
    },

    /** Summed over the days `fromDay` to `toDay` of receiving, both included. */
    async read(
      platform: string,
      stationId: string,
      fromDay: BusinessDate,
      toDay: BusinessDate,
    ): Promise<IngestCounts> {
      const { pk, sk } = ingestCountsKey(platform, stationId, fromDay);
      const items = await queryItems(table, pk, sk, ingestCountsKey(platform, stationId, toDay).sk);
      let duplicates = 0;
      const rejectedByCode: Partial<Record<IngestRejectionCode, number>> = {};
      for (const item of items.map(countsOfItem)) {
        duplicates += item[DUPLICATES] ?? 0;
        for (const code of ingestRejectionCodes) {
          const count = Number(item[rejectedAttribute(code)] ?? 0);
          if (count > 0) rejectedByCode[code] = (rejectedByCode[code] ?? 0) + count;
        }
      }
      return { duplicates, rejectedByCode };
    },
  };
}

const countsOfItem = (item: Record<string, AttributeValue>) =>
  parse(stored, unmarshall(item), { code: 'corrupt_record' });
