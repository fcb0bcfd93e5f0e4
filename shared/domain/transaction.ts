import { z } from 'zod';
import { instant } from './calendar.ts';
import { transactionId } from './identifiers.ts';
import { currency, signedAmountMinor } from './money.ts';

/** What a line of station history is. The order is part of the bundle format: append only. */
export const transactionKinds = [
  'purchase_order', // 代购: goods ordered for villagers
  'produce_sale', // 土货进城: village goods sold to the city
  'parcel', // last-mile logistics
  'bill_payment', // utilities, fines, pension, social insurance
  'service_booking', // health, education, travel
  'commission',
  'stock_purchase',
  'operating_expense',
  'transfer_in',
  'transfer_out',
  'interest',
  'fee',
  'refund',
] as const;
export type TransactionKind = (typeof transactionKinds)[number];

/** How it was done. The order is part of the bundle format: append only. */
export const transactionChannels = ['app', 'counter', 'phone', 'web', 'bank', 'other'] as const;
export type TransactionChannel = (typeof transactionChannels)[number];

/**
 * One line of station history as it is reported. Inflow to the station is positive. A reversal names the id
 * it reverses, has that transaction's kind and the opposite amount, and is booked on its business day, so
 * that the day restates itself; both rows stay.
 */
export const transaction = z.strictObject({
  transactionId,
  kind: z.enum(transactionKinds),
  occurredAt: instant,
  amountMinor: signedAmountMinor,
  currency,
  /** Pseudonym of who was on the other side. */
  counterparty: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without blanks')
    .optional(),
  balanceAfterMinor: signedAmountMinor.optional(),
  channel: z.enum(transactionChannels).default('other'),
  reverses: transactionId.optional(),
});
export type Transaction = z.output<typeof transaction>;

/** A transaction and when this system first held it. */
export interface RecordedTransaction extends Transaction {
  readonly recordedAt: string;
}
