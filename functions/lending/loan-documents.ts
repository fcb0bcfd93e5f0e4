import { z } from 'zod';
import { businessDate } from '../../shared/domain/calendar.ts';
import { loanId } from '../../shared/domain/identifiers.ts';
import { loanContract, loanEventId } from '../../shared/domain/lending/loan-event.ts';
import { installment, loanStatuses } from '../../shared/domain/lending/loan-state.ts';
import { amountMinor, signedAmountMinor } from '../../shared/domain/money.ts';

const ofLoan = { loanId, applicationId: loanContract.shape.applicationId };

/** What a borrower is sent: every movement in words, with the balance after it. */
export const statement = z.strictObject({
  ...ofLoan,
  language: z.enum(['zh', 'en']),
  title: z.string(),
  opening: z.string(),
  closing: z.string(),
  from: businessDate,
  through: businessDate,
  currency: loanContract.shape.currency,
  openingMinor: signedAmountMinor,
  lines: z.array(
    z.strictObject({
      businessDate,
      eventId: loanEventId.nullable(),
      text: z.string(),
      principalMinor: signedAmountMinor,
      interestMinor: signedAmountMinor,
      penaltyMinor: signedAmountMinor,
      feesMinor: signedAmountMinor,
      creditMinor: signedAmountMinor,
      balanceMinor: signedAmountMinor,
    }),
  ),
  closingMinor: signedAmountMinor,
});

export const prepaymentQuote = z.strictObject({
  ...ofLoan,
  on: businessDate,
  payoffMinor: amountMinor.describe('Closes the loan on that day'),
  principalOutstandingMinor: amountMinor,
  interestMinor: amountMinor,
  penaltyMinor: amountMinor,
  creditMinor: amountMinor,
  after: z
    .strictObject({
      amountMinor,
      effect: z.enum(['reduce_installment', 'shorten_term']),
      status: z.enum(loanStatuses),
      principalOutstandingMinor: amountMinor,
      interestSavedMinor: signedAmountMinor.describe('Against keeping to the calendar as it is'),
      installments: z.array(installment),
    })
    .nullable()
    .describe('What a payment of `amountMinor` would change'),
});
