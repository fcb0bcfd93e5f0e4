import { z } from 'zod';
import { businessDate } from '../calendar.ts';
import { loanId } from '../identifiers.ts';
import { amountMinor, signedAmountMinor } from '../money.ts';
import { type LoanEvent, loanEvent, loanEventId } from './loan-event.ts';
import type { LoanRecord } from './loan-record.ts';
import { daysPastDue, type LoanState, loanStatuses, nextPayment, payoffMinor } from './loan-state.ts';

/** What an event did to a loan, as answered when it was recorded; a repeated request gets the same again. */
export const loanReceipt = z.strictObject({
  loanId,
  eventId: loanEventId,
  type: z.enum(loanEvent.options.map((option) => option.shape.type.value)),
  businessDate,
  recordedOn: businessDate,
  status: z.enum(loanStatuses),
  /** What was paid of each component by this event; negative when a payment was taken back. */
  paidMinor: z.strictObject({
    fees: signedAmountMinor,
    penalty: signedAmountMinor,
    interest: signedAmountMinor,
    principal: signedAmountMinor,
  }),
  /** Change of what waits for the next installment. */
  creditChangeMinor: signedAmountMinor,
  principalOutstandingMinor: amountMinor,
  payoffMinor: amountMinor,
  daysPastDue: z.int().min(0),
  nextDueOn: businessDate.nullable(),
});
export type LoanReceipt = z.output<typeof loanReceipt>;

/** The receipt of an event: the loan after it against the loan before it. */
export function receiptOf(
  before: LoanState | null,
  { state }: Pick<LoanRecord, 'state'>,
  event: LoanEvent,
  recordedOn: string,
): LoanReceipt {
  const change = (component: keyof LoanState['paidMinor']) =>
    state.paidMinor[component] - (before?.paidMinor[component] ?? 0);
  return {
    loanId: state.loanId,
    eventId: event.eventId,
    type: event.type,
    businessDate: event.businessDate,
    recordedOn,
    status: state.status,
    paidMinor: {
      fees: change('fees'),
      penalty: change('penalty'),
      interest: change('interest'),
      principal: change('principal'),
    },
    creditChangeMinor: state.creditMinor - (before?.creditMinor ?? 0),
    principalOutstandingMinor: state.principalOutstandingMinor,
    payoffMinor: payoffMinor(state),
    daysPastDue: daysPastDue(state),
    nextDueOn: nextPayment(state)?.dueOn ?? null,
  };
}
