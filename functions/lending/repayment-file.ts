import { z } from 'zod';
import { businessDate } from '../../shared/domain/calendar.ts';
import { loanId } from '../../shared/domain/identifiers.ts';
import { loanEventId, loanEvents } from '../../shared/domain/lending/loan-event.ts';
import { loanReceipt } from '../../shared/domain/lending/loan-receipt.ts';

export const REPAYMENT_LINES_MAX = 500;

/** A line of the bank's file. Its reference is the bank's own, and stands for this payment for good. */
export const repaymentFileLine = z.strictObject({
  reference: loanEventId,
  loanId,
  businessDate: businessDate.describe('Value date'),
  amountMinor: loanEvents.repayment.shape.amountMinor,
});

/** What became of a line. */
export const repaymentFileResult = z.discriminatedUnion('result', [
  z.strictObject({ reference: loanEventId, result: z.literal('recorded'), receipt: loanReceipt }),
  z.strictObject({ reference: loanEventId, result: z.literal('duplicate'), receipt: loanReceipt }),
  z.strictObject({
    reference: loanEventId,
    result: z.literal('rejected'),
    error: z.strictObject({ code: z.string(), field: z.string(), message: z.string() }),
  }),
]);
