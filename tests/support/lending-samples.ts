import type { RouteSample } from './route-sample.ts';

const accepted = { programId: 'prg_1', loanId: 'loan_offered' };
const cancellable = { programId: 'prg_1', loanId: 'loan_signed' };
const loan = { programId: 'prg_1', loanId: 'loan_lent' };
const applicant = 'ent_offered';
const borrower = 'ent_lent';
const offer = { programId: 'prg_1', decisionId: 'dec_offered', offerId: 'ofr_1' };
const program = { programId: 'prg_1' };
const lender = 'ten_lender';
const keyed = (key: string) => ({ headers: { 'idempotency-key': key } });

/** Lending terms that the law allows on the day of the samples. */
export const lendingTerms = {
  version: '2026-1',
  effectiveFrom: '2026-03-01',
  singleBorrowerLimitMinor: 10_000_000,
  guaranteeShareBps: 3_000,
  products: [
    {
      product: {
        productCode: 'monthly',
        name: { zh: '等额本息', en: 'Equal installments' },
        repayment: { method: 'equal_installments' },
        dayCount: 'thirty_360',
      },
      annualRateMinBps: 0,
      annualRateMaxBps: 1_200,
      termMonthsMin: 6,
      termMonthsMax: 24,
      principalMinMinor: 100_000,
      principalMaxMinor: 10_000_000,
    },
  ],
};

/** Samples of the lending routes, on what `seedLending` makes: an offer, a loan that is paid out, one that is not. */
export const lendingSamples = {
  getOfferCalendar: { owner: 'ten_incubator', params: offer, applicant },
  // Of the applicant's own tenant, so that the applicant's request is the same request.
  acceptOffer: { owner: 'ten_platform', params: offer, applicant, ...keyed('accept-1'), body: {} },
  cancelLoan: {
    owner: 'ten_platform',
    params: cancellable,
    applicant: 'ent_signed',
    ...keyed('cancel-1'),
    body: {},
  },
  recordDisbursement: {
    owner: lender,
    params: accepted,
    ...keyed('instruct-1'),
    body: { phase: 'instructed' },
  },
  recordRepayment: {
    owner: lender,
    params: loan,
    ...keyed('repay-1'),
    body: { type: 'repayment', amountMinor: 10_000, reference: 'bank-1' },
  },
  reverseRepayment: {
    owner: lender,
    params: { ...loan, eventId: 'bank-1' },
    ...keyed('reverse-1'),
    body: {},
  },
  recordRepaymentFile: {
    owner: lender,
    params: program,
    body: {
      lines: [{ reference: 'bank-2', loanId: loan.loanId, businessDate: '2026-03-01', amountMinor: 5_000 }],
    },
  },
  changeLoan: {
    owner: lender,
    params: loan,
    ...keyed('change-1'),
    body: { type: 'fee_assessed', fee: 'collection', amountMinor: 1_000 },
  },
  recordContact: {
    owner: lender,
    params: loan,
    ...keyed('contact-1'),
    body: { channel: 'telephone', outcome: 'reached', note: '' },
  },
  listLoans: { owner: lender, params: program },
  getLoan: { owner: lender, params: loan, applicant: borrower },
  getLoanSchedule: { owner: lender, params: loan, applicant: borrower },
  getLoanJournal: { owner: lender, params: loan },
  getLoanStatement: { owner: lender, params: loan, applicant: borrower },
  getPrepaymentQuote: { owner: lender, params: loan, applicant: borrower },
  getPortfolio: { owner: lender, params: {} },
  getVintages: { owner: lender, params: {}, query: { from: '2026-01-01', through: '2026-12-31' } },
  getYields: { owner: lender, params: {}, query: { from: '2026-01-01', through: '2026-03-31' } },
  getTrialBalance: { owner: lender, params: { ...program, date: '2026-03-01' } },
  getCapital: { owner: lender, params: program },
  getRecommender: { owner: lender, params: { ...program, entrepreneurId: 'ent_9' } },
  listCollections: { owner: lender, params: program },
  listContacts: { owner: lender, params: loan },
  putTermsDraft: { owner: lender, params: program, body: lendingTerms },
  commitTerms: { owner: lender, params: program, body: { version: '2026-1' } },
  getTerms: { owner: lender, params: program },
} as const satisfies Readonly<Record<string, RouteSample>>;
