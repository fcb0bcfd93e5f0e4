import { z } from 'zod';
import { businessDate } from '../../shared/domain/calendar.ts';
import { idempotencyKey } from '../../shared/domain/idempotency.ts';
import {
  countyId,
  decisionId,
  entrepreneurId,
  loanId,
  offerId,
  programId,
  tenantId,
} from '../../shared/domain/identifiers.ts';
import { delinquencyBuckets } from '../../shared/domain/lending/asset-class.ts';
import { collectionContact } from '../../shared/domain/lending/collections.ts';
import { journalEntry } from '../../shared/domain/lending/ledger.ts';
import { loanEventId, loanEvents } from '../../shared/domain/lending/loan-event.ts';
import { loanReceipt } from '../../shared/domain/lending/loan-receipt.ts';
import { loanSnapshot } from '../../shared/domain/lending/loan-snapshot.ts';
import {
  committedProgramTerms,
  lendingTerms,
  programTerms,
} from '../../shared/domain/lending/program-terms.ts';
import { recommenderBounds } from '../../shared/domain/lending/recommender.ts';
import { AMOUNT_MINOR_MAX, amountMinor, positiveAmountMinor, shareBps } from '../../shared/domain/money.ts';
import { nextCursor, pageQuery } from '../../shared/http/paging.ts';
import { prepaymentQuote, statement } from './loan-documents.ts';
import { loanSchedule, loanView } from './loan-view.ts';
import { repaymentCalendar } from './offer-calendar.ts';
import { portfolioView, trialBalanceView, vintagesView, yieldView } from './portfolio-view.ts';
import { repaymentFileBody, repaymentFileCsv, repaymentFileReport } from './repayment-file.ts';

const ofProgram = z.object({ programId });
const ofLoan = z.object({ programId, loanId });
const ofOffer = z.object({ programId, decisionId, offerId });
/** Header names are lower-case, as API Gateway delivers them. */
const keyed = z.object({ 'idempotency-key': idempotencyKey });

export const getOfferCalendarContract = {
  params: ofOffer,
  query: z.strictObject({ disbursedOn: businessDate.optional().describe('Default: today') }),
  response: repaymentCalendar,
} as const;

export const acceptOfferContract = {
  params: ofOffer,
  headers: keyed,
  body: z.strictObject({}),
  response: loanReceipt,
} as const;

/** What a caller says of an event: the route names the loan, the key names the event. */
const said = { loanId: true, eventId: true } as const;
const on = { businessDate: businessDate.optional().describe('The day it counts from. Default: today') };
const paid = {
  ...on,
  reference: loanEventId
    .optional()
    .describe('The bank’s reference: it stands for one payment on one loan, for good'),
};

export const cancelLoanContract = {
  params: ofLoan,
  headers: keyed,
  body: z.strictObject({}),
  response: loanReceipt,
} as const;

export const recordDisbursementContract = {
  params: ofLoan,
  headers: keyed,
  body: z.strictObject({
    phase: z
      .enum(['instructed', 'posted', 'voided'])
      .describe('Tell the bank to pay; then what the bank said: paid out, or not'),
    ...on,
  }),
  response: loanReceipt,
} as const;

export const repaymentBody = z.discriminatedUnion('type', [
  loanEvents.repayment.omit(said).extend(paid),
  loanEvents.prepayment.omit(said).extend(paid),
  loanEvents.payoff.omit(said).extend(paid),
  loanEvents.recovery.omit(said).extend(paid),
]);

export const recordRepaymentContract = {
  params: ofLoan,
  headers: keyed,
  body: repaymentBody,
  response: loanReceipt,
} as const;

export const reverseRepaymentContract = {
  params: ofLoan.extend({ eventId: loanEventId.describe('The payment, by the id of its receipt') }),
  headers: keyed,
  body: z.strictObject(on),
  response: loanReceipt,
} as const;

export const recordRepaymentFileContract = {
  params: ofProgram,
  body: repaymentFileBody,
  csvBody: repaymentFileCsv,
  response: repaymentFileReport,
} as const;

export const changeBody = z.discriminatedUnion('type', [
  loanEvents.fee_assessed.omit(said).extend(on),
  loanEvents.waived.omit(said).extend(on),
  loanEvents.payment_holiday_granted.omit(said).extend(on),
  loanEvents.restructured.omit(said).extend(on),
  loanEvents.charged_off.omit(said).extend(on),
  loanEvents.guarantee_claim_paid.omit(said).extend(on),
  loanEvents.credit_refunded.omit(said).extend(on),
]);

export const changeLoanContract = {
  params: ofLoan,
  headers: keyed,
  body: changeBody,
  response: loanReceipt,
} as const;

export const getLoanContract = { params: ofLoan, response: loanView } as const;
export const getLoanScheduleContract = { params: ofLoan, response: loanSchedule } as const;

export const listLoansContract = {
  params: ofProgram,
  query: pageQuery,
  response: z.strictObject({ loans: z.array(loanSnapshot), nextCursor }),
} as const;

export const getLoanJournalContract = {
  params: ofLoan,
  query: pageQuery,
  response: z.strictObject({ entries: z.array(journalEntry), nextCursor }),
} as const;

export const getLoanStatementContract = {
  params: ofLoan,
  query: z.strictObject({
    from: businessDate.optional(),
    through: businessDate.optional(),
    language: z.enum(['zh', 'en']).default('zh'),
  }),
  response: statement,
} as const;

export const getPrepaymentQuoteContract = {
  params: ofLoan,
  query: z.strictObject({
    on: businessDate.optional().describe('Default: today'),
    amountMinor: z
      .string()
      .regex(/^\d{1,13}$/, 'must be a whole number of minor units')
      .transform(Number)
      .pipe(positiveAmountMinor)
      .optional()
      .meta({
        override: ({ jsonSchema }) => {
          Object.assign(jsonSchema, { type: 'integer', minimum: 1, maximum: AMOUNT_MINOR_MAX });
        },
      }),
    effect: loanEvents.prepayment.shape.effect.default('shorten_term'),
  }),
  response: prepaymentQuote,
} as const;

const portfolioScope = { programId: programId.optional(), countyId: countyId.optional() };

export const getPortfolioContract = {
  query: z.strictObject({
    by: z.enum(['program', 'county', 'recommender']).default('program'),
    ...portfolioScope,
  }),
  response: portfolioView,
} as const;

export const getVintagesContract = {
  query: z.strictObject({ from: businessDate, through: businessDate, ...portfolioScope }),
  response: vintagesView,
} as const;

export const getYieldsContract = {
  query: z.strictObject({ from: businessDate, through: businessDate, ...portfolioScope }),
  response: yieldView,
} as const;

export const getTrialBalanceContract = {
  params: ofProgram.extend({ date: businessDate }),
  query: z.strictObject({
    lenderTenantId: tenantId.optional().describe('One of its co-lenders. Default: all together'),
  }),
  response: trialBalanceView,
} as const;

export const getCapitalContract = {
  params: ofProgram,
  response: z.strictObject({
    programId,
    capitalMinor: amountMinor,
    availableMinor: z.int(),
    reservedMinor: z.int(),
    outstandingMinor: z.int(),
    lostMinor: z.int(),
  }),
} as const;

export const getRecommenderContract = {
  params: z.object({ programId, entrepreneurId }),
  response: z.strictObject({
    recommenderId: entrepreneurId,
    committedLoans: z.int().describe('Contracts not paid out yet'),
    principalCommittedMinor: z.int(),
    loans: z.int(),
    activeLoans: z.int(),
    principalDisbursedMinor: z.int(),
    principalOutstandingMinor: z.int(),
    over30Minor: z.int(),
    everOver30Loans: z.int(),
    chargedOffLoans: z.int(),
    lostMinor: z.int(),
    delinquencyBps: shareBps,
    lossBps: shareBps,
    /** What the program lets the partner still vouch for; null without a bound. */
    limit: z.strictObject({ bound: z.enum(recommenderBounds), limitMinor: amountMinor }).nullable(),
  }),
} as const;

export const listCollectionsContract = {
  params: ofProgram,
  response: z.strictObject({
    loans: z.array(
      z.strictObject({
        loanId,
        borrowerId: entrepreneurId,
        bucket: z.enum(delinquencyBuckets),
        daysPastDue: z.int(),
        overdueMinor: amountMinor,
        lastContactOn: businessDate.nullable(),
        promise: z
          .strictObject({
            status: z.enum(['open', 'kept', 'broken']),
            amountMinor: positiveAmountMinor,
            by: businessDate,
          })
          .nullable(),
        brokenPromises: z.int(),
        contactOn: businessDate,
      }),
    ),
  }),
} as const;

const { channel, outcome, note, promise } = collectionContact.shape;

export const recordContactContract = {
  params: ofLoan,
  headers: keyed,
  body: z.strictObject({ channel, outcome, note, promise }),
  response: collectionContact,
} as const;

export const listContactsContract = {
  params: ofLoan,
  response: z.strictObject({ contacts: z.array(collectionContact) }),
} as const;

export const putTermsDraftContract = {
  params: ofProgram,
  body: programTerms.omit({ programId: true }),
  response: programTerms,
} as const;

export const commitTermsContract = {
  params: ofProgram,
  /** The draft that was read: another that took its place meanwhile is not committed unseen. */
  body: programTerms.pick({ version: true }),
  response: committedProgramTerms,
} as const;

export const getTermsContract = {
  params: ofProgram,
  response: z.strictObject({
    inForce: lendingTerms.describe('What offers are priced on today'),
    committed: z.array(committedProgramTerms),
    draft: programTerms.nullable(),
  }),
} as const;
