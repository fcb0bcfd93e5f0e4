import { z } from 'zod';
import { businessDate } from '../calendar.ts';
import {
  applicationId,
  entrepreneurId,
  loanId,
  offerId,
  programId,
  stationId,
  tenantId,
} from '../identifiers.ts';
import { currency, positiveAmountMinor, shareBps, signedAmountMinor } from '../money.ts';
import { repaymentMethod, scheduleTerms } from './loan-product.ts';

/** Chosen by whoever reports the event; the same id with the same content is the same event. */
export const loanEventId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, "must be 1 to 64 letters, digits, '.', '_', ':' or '-'");

/** Who lends, and how much of every fen. One lender, or several that add up to the whole. */
export const coLenders = z
  .array(z.strictObject({ tenantId, shareBps: shareBps.min(1) }))
  .min(1)
  .max(8)
  .refine((lenders) => lenders.reduce((sum, lender) => sum + lender.shareBps, 0) === 10_000, {
    message: 'shares must add up to 10,000 basis points',
  })
  .refine((lenders) => new Set(lenders.map((lender) => lender.tenantId)).size === lenders.length, {
    message: 'lenders must differ',
  });
export type CoLenders = z.output<typeof coLenders>;

/** What was signed. Never changes: a restructuring is an event of its own. */
export const loanContract = scheduleTerms.extend({
  programId,
  applicationId,
  offerId,
  /** The program's lending terms that the offer was priced on. Absent where none were, as in a simulation. */
  termsVersion: z.string().optional(),
  borrowerId: entrepreneurId,
  /** The partner who vouched. */
  recommenderId: entrepreneurId.nullable(),
  currency,
  lenders: coLenders,
  /** Share of lost principal that the government's guarantee bears first. */
  guaranteeShareBps: shareBps,
  /** The station the borrower applied with: whose sales a sales-linked loan follows. */
  stationId: stationId.optional(),
});
export type LoanContract = z.output<typeof loanContract>;

export const assessableFees = ['collection', 'legal', 'contract_change'] as const;
export const restructureReasons = ['financial_difficulty', 're_ageing'] as const;
export const waivableComponents = ['fees', 'penalty', 'interest'] as const;
/** A closed list, no free text: the log outlives the person it is about. */
export const waiverReasons = [
  'hardship',
  'natural_disaster',
  'error_correction',
  'settlement',
  'goodwill',
] as const;

const common = {
  loanId,
  eventId: loanEventId,
  /** The day it counts from: the bank's value date, not the day it was keyed in. */
  businessDate,
};
const amount = { amountMinor: positiveAmountMinor };

/** Each event by its type; a route takes of them what its caller may say. */
export const loanEvents = {
  contract_accepted: z.strictObject({
    ...common,
    type: z.literal('contract_accepted'),
    contract: loanContract,
  }),
  disbursement_instructed: z.strictObject({ ...common, type: z.literal('disbursement_instructed') }),
  disbursement_posted: z.strictObject({ ...common, type: z.literal('disbursement_posted') }),
  disbursement_voided: z.strictObject({ ...common, type: z.literal('disbursement_voided') }),
  /** The contract ends before anything is paid out, and what it held of the program's capital is free again. */
  contract_cancelled: z.strictObject({
    ...common,
    type: z.literal('contract_cancelled'),
    cancelledBy: z.enum(['borrower', 'lender']),
  }),
  /** Meets what is due in the waterfall's order; the rest waits as the borrower's credit. */
  repayment: z.strictObject({ ...common, ...amount, type: z.literal('repayment') }),
  /** Meets what is due and the interest to the day, then principal ahead of schedule. */
  prepayment: z.strictObject({
    ...common,
    ...amount,
    type: z.literal('prepayment'),
    effect: z.enum(['reduce_installment', 'shorten_term']),
  }),
  /** Prepayment of everything: refused when it falls short of `payoffMinor`. */
  payoff: z.strictObject({ ...common, ...amount, type: z.literal('payoff') }),
  /** The payment bounced or was never ours: the loan is as if it had not been made. */
  repayment_reversed: z.strictObject({
    ...common,
    type: z.literal('repayment_reversed'),
    paymentEventId: loanEventId,
  }),
  fee_assessed: z.strictObject({
    ...common,
    ...amount,
    type: z.literal('fee_assessed'),
    fee: z.enum(assessableFees),
  }),
  /** The lender gives up what is owed of a component, in part or whole; principal is never waived but charged off. */
  waived: z.strictObject({
    ...common,
    ...amount,
    type: z.literal('waived'),
    component: z.enum(waivableComponents),
    reason: z.enum(waiverReasons),
  }),
  /**
   * The settlement of a sales-linked loan for a day that is over: what the station's records add to its sales since
   * the settlement before, late reports included. Negative when more was taken back than sold. Only ageing says it.
   */
  sales_settled: z.strictObject({
    ...common,
    type: z.literal('sales_settled'),
    inflowMinor: signedAmountMinor,
  }),
  /** Installments not yet due move so many months later; interest runs on. */
  payment_holiday_granted: z.strictObject({
    ...common,
    type: z.literal('payment_holiday_granted'),
    months: z.int().min(1).max(12),
  }),
  /** New dates and terms for what is owed; its marks stay with the loan. */
  restructured: z.strictObject({
    ...common,
    type: z.literal('restructured'),
    /** `re_ageing` spreads arrears of a borrower who has not met financial difficulty. */
    reason: z.enum(restructureReasons),
    annualRateBps: z.int().min(0).max(10_000),
    termMonths: z.int().min(1).max(60),
    repayment: repaymentMethod,
    /** Unpaid interest joins principal; otherwise it falls due with the first new installment. */
    capitalizesInterest: z.boolean(),
  }),
  charged_off: z.strictObject({ ...common, type: z.literal('charged_off') }),
  recovery: z.strictObject({ ...common, ...amount, type: z.literal('recovery') }),
  guarantee_claim_paid: z.strictObject({ ...common, ...amount, type: z.literal('guarantee_claim_paid') }),
  credit_refunded: z.strictObject({ ...common, ...amount, type: z.literal('credit_refunded') }),
} as const;

export const loanEvent = z.discriminatedUnion('type', [
  loanEvents.contract_accepted,
  loanEvents.disbursement_instructed,
  loanEvents.disbursement_posted,
  loanEvents.disbursement_voided,
  loanEvents.contract_cancelled,
  loanEvents.repayment,
  loanEvents.prepayment,
  loanEvents.payoff,
  loanEvents.repayment_reversed,
  loanEvents.fee_assessed,
  loanEvents.waived,
  loanEvents.sales_settled,
  loanEvents.payment_holiday_granted,
  loanEvents.restructured,
  loanEvents.charged_off,
  loanEvents.recovery,
  loanEvents.guarantee_claim_paid,
  loanEvents.credit_refunded,
]);
export type LoanEvent = z.output<typeof loanEvent>;
export type LoanEventType = LoanEvent['type'];
export type LoanEventOf<Type extends LoanEventType> = Extract<LoanEvent, { type: Type }>;

/** Every way an event can be met, in order of precedence. Only `applied` changes anything. */
export const loanResultCodes = [
  'applied',
  'event_exists',
  'event_exists_with_different_content',
  'date_in_future',
  'contract_exists',
  'contract_missing',
  'loan_id_differs',
  'date_before_contract',
  'date_before_disbursement',
  'date_before_previous_step',
  'schedule_impossible',
  'sales_linked_terms',
  'station_unknown',
  'terms_unlawful',
  'disbursement_already_instructed',
  'disbursement_not_instructed',
  'disbursement_already_posted',
  'loan_cancelled',
  'cooling_off_over',
  'loan_not_disbursed',
  'payment_not_found',
  'payment_already_reversed',
  'loan_closed',
  'loan_charged_off',
  'loan_not_charged_off',
  'not_sales_linked',
  'sales_day_settled',
  'exceeds_waivable',
  'nothing_left_to_move',
  'payoff_short',
  'exceeds_credit',
  'exceeds_guarantee_claim',
] as const;
export type LoanResultCode = (typeof loanResultCodes)[number];
export type LoanRefusalCode = Exclude<LoanResultCode, 'applied'>;
