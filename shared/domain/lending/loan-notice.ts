import { z } from 'zod';
import { businessDate, instant } from '../calendar.ts';
import { applicationId, loanId } from '../identifiers.ts';
import { delinquencyBuckets } from './asset-class.ts';
import { type LoanEvent, loanEvent } from './loan-event.ts';
import { type LoanRecord, recordSnapshot } from './loan-record.ts';
import { loanStatuses } from './loan-state.ts';

/** How a loan stands after a step, in codes that tell nothing of its borrower. */
export const loanStanding = z.strictObject({
  loanId,
  applicationId,
  status: z.enum(loanStatuses),
  asOf: businessDate,
  bucket: z.enum(delinquencyBuckets),
  daysPastDue: z.int().min(0),
});

/**
 * What the parties of its program are told of a step of a loan. It stands beside the packed loan in the same item,
 * and only where there is something to tell: whoever tells it reads the stream in the order of that one item, need
 * not unpack a loan, and is not woken by a night in which loans merely aged.
 */
export const loanNotice = z.strictObject({
  at: instant,
  standing: loanStanding,
  /** What was recorded, without its id, which may be a bank's reference; null when time alone has passed. */
  recorded: z
    .strictObject({
      type: z.enum(loanEvent.options.map((option) => option.shape.type.value)),
      businessDate,
    })
    .nullable(),
  bucketBefore: z.enum(delinquencyBuckets),
  /** By this step nothing is owed any more. */
  closes: z.boolean(),
});
export type LoanNotice = z.output<typeof loanNotice>;

/** The notice of a step; null when nobody needs to be told of it. `before` is null when the loan opens. */
export function noticeOf(
  before: LoanRecord | null,
  after: LoanRecord,
  event: LoanEvent | null,
  atMs: number,
): LoanNotice | null {
  const { loanId: id, status, asOf, bucket, daysPastDue } = recordSnapshot(after);
  const bucketBefore = before === null ? bucket : recordSnapshot(before).bucket;
  const closes = status === 'closed' && before?.state.status !== 'closed';
  if (event === null && bucketBefore === bucket && !closes) return null;
  return {
    at: new Date(atMs).toISOString(),
    standing: {
      loanId: id,
      applicationId: after.state.contract.applicationId,
      status,
      asOf,
      bucket,
      daysPastDue,
    },
    recorded: event === null ? null : { type: event.type, businessDate: event.businessDate },
    bucketBefore,
    closes,
  };
}
