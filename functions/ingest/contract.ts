import { z } from 'zod';
import { businessDate, instant } from '../../shared/domain/calendar.ts';
import { fileImport } from '../../shared/domain/file-import.ts';
import { importId } from '../../shared/domain/identifiers.ts';
import { ingestRejectionCodes, transactionOutcome } from '../../shared/domain/ingest-rejections.ts';
import { station } from '../../shared/domain/station.ts';
import { transaction, transactionChannels } from '../../shared/domain/transaction.ts';
import { describeInstant } from '../../shared/http/instant-schema.ts';
import { nextCursor, pageQuery } from '../../shared/http/paging.ts';
import { importReading } from './file/import-reading.ts';

export const TRANSACTIONS_PER_REQUEST_MAX = 1_000;

/**
 * A transaction as it arrives: anything. Each is judged by itself, so that one that is wrong never holds up the
 * others. The API document still shows the shape that is accepted.
 */
const reportedTransaction = z.unknown().meta({
  override: ({ jsonSchema }: { jsonSchema: object }) => {
    const { $schema, ...shape } = z.toJSONSchema(transaction, {
      io: 'input',
      unrepresentable: 'any',
      override: describeInstant,
    });
    Object.assign(jsonSchema, shape);
  },
});

export const reportTransactionsContract = {
  params: station.pick({ stationId: true }),
  body: z.strictObject({
    transactions: z.array(reportedTransaction).min(1).max(TRANSACTIONS_PER_REQUEST_MAX),
  }),
  response: z.strictObject({
    accepted: z.int().min(0),
    duplicates: z.int().min(0),
    rejected: z.int().min(0),
    /** One for each transaction, in the order of the request. */
    outcomes: z.array(transactionOutcome),
  }),
} as const;

/** A transaction as it is held. */
const heldTransaction = transaction.extend({
  channel: z.enum(transactionChannels),
  recordedAt: instant.describe('When this system first held it'),
});

export const listTransactionsContract = {
  params: station.pick({ stationId: true }),
  query: pageQuery.extend({
    day: businessDate.describe('Business day in the time zone of the station'),
    knownAt: instant.optional().describe('As they were known at this instant; now, when absent'),
  }),
  response: z.strictObject({
    day: businessDate,
    /** In order of occurrence. */
    transactions: z.array(heldTransaction),
    nextCursor,
  }),
} as const;

/** Days of one answer about data quality: a quarter. */
export const QUALITY_DAYS_MAX = 92;

const count = z.int().min(0);
export const getDataQualityContract = {
  params: station.pick({ stationId: true }),
  query: z.strictObject({
    from: businessDate.optional().describe('First business day; by default 91 days before the last'),
    to: businessDate.optional().describe('Last business day; by default today'),
  }),
  response: z.strictObject({
    from: businessDate,
    to: businessDate,
    freshness: z.strictObject({
      lastDay: businessDate.nullable().describe('Last day of these that has a transaction'),
      daysSinceLastDay: count.nullable(),
      recordedUntil: instant.nullable().describe('When the latest of them came in'),
    }),
    activity: z.strictObject({
      days: count.describe('Days of the period on which the station was open'),
      daysWithTransactions: count,
      gaps: z
        .array(z.strictObject({ from: businessDate, to: businessDate, days: count }))
        .describe('Runs of days without a transaction, longest first, at most 20'),
    }),
    transactions: z.strictObject({
      standing: count,
      reversed: count,
      late: count.describe('Recorded more than 48 hours after they occurred'),
      latenessHoursMedian: z.number().min(0).nullable(),
      latenessHoursMax: z.number().min(0).nullable(),
    }),
    reports: z
      .strictObject({
        duplicates: count,
        rejected: count,
        rejectedByCode: z.partialRecord(z.enum(ingestRejectionCodes), count),
      })
      .describe('What was received on these days (UTC) and changed nothing'),
  }),
} as const;

export const createImportContract = {
  body: importReading,
  response: fileImport.extend({
    upload: z.strictObject({
      method: z.literal('PUT'),
      url: z.string().describe('Send the file here: NDJSON or CSV, gzip allowed'),
      expiresAt: instant,
    }),
  }),
} as const;

export const getImportContract = {
  params: z.object({ importId }),
  response: fileImport.extend({
    rejectsUrl: z
      .string()
      .optional()
      .describe('The rejected records with line, column and code; mend them and import the report'),
  }),
} as const;
