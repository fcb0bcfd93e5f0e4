import { z } from 'zod';
import { transactionOutcome } from '../../shared/domain/ingest-rejections.ts';
import { station } from '../../shared/domain/station.ts';
import { transaction } from '../../shared/domain/transaction.ts';

export const TRANSACTIONS_PER_REQUEST_MAX = 1_000;

/**
 * A transaction as it arrives: anything. Each is judged by itself, so that one that is wrong never holds up the
 * others. The API document still shows the shape that is accepted.
 */
const reportedTransaction = z.unknown().meta({
  override: ({ jsonSchema }: { jsonSchema: object }) => {
    const { $schema, ...shape } = z.toJSONSchema(transaction, { io: 'input', unrepresentable: 'any' });
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
