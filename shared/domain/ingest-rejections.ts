import { z } from 'zod';
import { transactionId } from './identifiers.ts';

/**
 * Every way a reported transaction can be refused, in order of precedence: one that fails in two ways reports
 * the first. `field` is where to look unless the finding itself names a field. The first two occur in files
 * alone; `unknown_station` in files and queue messages, for a request to an unknown station is `not_found`.
 */
export const ingestRejections = [
  {
    code: 'line_too_long',
    field: '',
    message: 'The line of the file is longer than any transaction can be.',
  },
  {
    code: 'malformed_line',
    field: '',
    message: 'The line of the file is no record: no JSON object, or not as many cells as the header.',
  },
  {
    code: 'unknown_station',
    field: 'stationId',
    message: 'No station of that id is registered.',
  },
  {
    code: 'invalid_transaction',
    field: '',
    message: 'The transaction does not have the documented shape.',
  },
  {
    code: 'currency_mismatch',
    field: 'currency',
    message: "The currency is not the station's.",
  },
  {
    code: 'in_future',
    field: 'occurredAt',
    message: 'The transaction lies in the future.',
  },
  {
    code: 'too_late',
    field: 'occurredAt',
    message: 'The business day is closed: it lies too far in the past to be reported now.',
  },
  {
    code: 'before_station_opened',
    field: 'occurredAt',
    message: 'The business day is before the station opened.',
  },
  {
    code: 'station_closed',
    field: 'occurredAt',
    message: 'The business day is after the station closed.',
  },
  {
    code: 'conflicting_transaction',
    field: 'transactionId',
    message:
      'This id was already reported for this business day with other content; the first report stands.',
  },
  {
    code: 'reversal_mismatch',
    field: 'reverses',
    message:
      'A reversal has the kind and the opposite amount of the transaction it names, and never names a reversal.',
  },
  {
    code: 'already_reversed',
    field: 'reverses',
    message: 'The transaction it names has been reversed by another one.',
  },
  {
    code: 'day_full',
    field: 'occurredAt',
    message: 'The business day holds as many transactions as one day can.',
  },
] as const;

export type IngestRejectionCode = (typeof ingestRejections)[number]['code'];
export const ingestRejectionCodes = ingestRejections.map(({ code }) => code);

export const ingestRejection = z.strictObject({
  code: z.enum(ingestRejectionCodes),
  /** Dotted path within the transaction; empty for the transaction as a whole. */
  field: z.string(),
  message: z.string(),
});
export type IngestRejection = z.output<typeof ingestRejection>;

const rejectionByCode = Object.fromEntries(
  ingestRejections.map((rejection) => [rejection.code, rejection]),
) as Readonly<Record<IngestRejectionCode, IngestRejection>>;

export const rejectionOf = (code: IngestRejectionCode): IngestRejection => rejectionByCode[code];

/**
 * What became of one reported transaction. `duplicate`: the very same was already held, so nothing changed.
 * A rejected one carries its id when it states a usable one.
 */
export const transactionOutcome = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('accepted'), transactionId }),
  z.strictObject({ status: z.literal('duplicate'), transactionId }),
  ingestRejection.extend({ status: z.literal('rejected'), transactionId: transactionId.optional() }),
]);
export type TransactionOutcome = z.output<typeof transactionOutcome>;
