import type { z } from 'zod';
import type { Route } from './routes.ts';

type WithBody = Extract<Route, { readonly contract: { readonly body: z.ZodType } }>;
type RequestExamples = {
  readonly [Each in WithBody as Each['operation']]: z.input<Each['contract']['body']>;
};

/** A body for every operation that takes one, as the reference shows it. One that is missing does not compile. */
export const requestExamples: RequestExamples = {
  putCounty: { name: '遂昌', leadingGroupHead: 'magistrate' },
  putStation: { countyId: 'cty_suichang', village: '官坑', openedOn: '2024-03-01', stage: 'partner' },
  putEntrepreneur: {
    role: 'partner',
    stationIds: ['stn_guankeng'],
    training: [{ course: 'rural-e-commerce', completedOn: '2024-02-20', hours: 24, passed: true }],
    returnedToVillage: true,
  },
  recordConsent: {
    purpose: 'credit_decision',
    recipientTenantId: 'ten_bank',
    expiresAt: '2027-03-01T00:00:00Z',
  },
  withdrawConsent: {},
  putProgram: {
    name: '村小二创业贷',
    countyId: 'cty_suichang',
    lenderTenantId: 'ten_bank',
    incubatorTenantId: 'ten_incubator',
    platformTenantId: 'ten_platform',
    capitalMinor: 100_000_000,
    opensOn: '2026-01-01',
    closesOn: '2026-12-31',
    policy: {
      policyVersion: '2026-1',
      eligibleStages: ['agent', 'partner', 'service'],
      minimumTenureDays: 120,
      minimumHistoryDays: 120,
      minimumActiveDays: 30,
      maximumHistoryAgeDays: 14,
      minimumCreditScore: 600,
      referBelowCreditScore: 620,
      minimumPrincipalMinor: 300_000,
      maximumPrincipalMinor: 15_000_000,
      singleBorrowerLimitMinor: 15_000_000,
      termMonths: [6, 12, 18, 24],
      stressedIncomeBps: 7_000,
      installmentToCashFlowBps: 5_000,
      lossGivenDefaultBps: 6_000,
      guaranteeShareBps: 5_000,
      marginBps: 350,
      originationFeeBps: 50,
      aprCapLprMultiple: 4,
    },
  },
  putPerson: {
    name: '李明',
    phone: '+86 138 0000 0000',
    documentKind: 'resident_identity_card',
    documentNumber: '330000199001010000',
  },
  erasePerson: { reason: 'asked_by_person' },
  reportTransactions: {
    transactions: [
      {
        transactionId: '20260301-0001',
        kind: 'parcel',
        occurredAt: '2026-03-01T08:15:00Z',
        amountMinor: 250,
        currency: 'CNY',
        counterparty: 'c-4711',
        channel: 'counter',
      },
      {
        transactionId: '20260301-0002',
        kind: 'stock_purchase',
        occurredAt: '2026-03-01T09:00:00Z',
        amountMinor: -120_000,
        currency: 'CNY',
      },
    ],
  },
  createImport: { stationId: 'stn_guankeng' },
  submitApplication: {
    stationId: 'stn_guankeng',
    entrepreneurId: 'ent_liming',
    requestedPrincipalMinor: 3_000_000,
    requestedTermMonths: 12,
    purpose: 'stock',
  },
  correctDecision: { corrected: ['history'] },
  contestDecision: { ground: 'missing_data' },
  claimReview: {},
  writeNote: { text: '已电话核实近三个月流水' },
  decideReview: {
    outcome: 'approved',
    reasonCode: 'cash_flow_verified',
    principalMaxMinor: 2_000_000,
    assessment: {
      monthlyInflowMinor: 900_000,
      monthlyOutflowMinor: 500_000,
      monthlyFixedOutflowMinor: 100_000,
      observedMonths: 12,
      probabilityOfDefault: 0.04,
    },
  },
  confirmReview: { agrees: true },
  acceptOffer: {},
  cancelLoan: {},
  recordDisbursement: { phase: 'instructed' },
  recordRepayment: {
    type: 'repayment',
    amountMinor: 261_000,
    businessDate: '2026-04-01',
    reference: 'bank-20260401-0815',
  },
  reverseRepayment: { businessDate: '2026-04-03' },
  recordRepaymentFile: {
    lines: [
      {
        reference: 'bank-20260401-0816',
        loanId: 'loan_7f3c',
        businessDate: '2026-04-01',
        amountMinor: 261_000,
      },
    ],
  },
  changeLoan: { type: 'payment_holiday_granted', months: 2 },
  recordContact: {
    channel: 'telephone',
    outcome: 'promised_to_pay',
    note: '下周一还款',
    promise: { amountMinor: 261_000, by: '2026-05-11' },
  },
  putTermsDraft: {
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
        annualRateMinBps: 300,
        annualRateMaxBps: 1_200,
        termMonthsMin: 6,
        termMonthsMax: 24,
        principalMinMinor: 100_000,
        principalMaxMinor: 10_000_000,
      },
    ],
  },
  commitTerms: { version: '2026-1' },
  createWebhookEndpoint: {
    url: 'https://lender.example/cunxin-events',
    eventTypes: ['decision.made'],
    description: 'Loan origination',
  },
  rotateWebhookSecret: {},
  redriveDeadLetters: { eventIds: ['evt_3f0b'] },
};
