import { z } from 'zod';
import { amountMinor, positiveAmountMinor, shareBps } from '../money.ts';
import { dayCounts } from './day-count.ts';

/** Months of the term in which only interest falls due. */
const principalGraceMonths = z.int().min(0).max(24).default(0);

/** How principal and interest come back. */
export const repaymentMethod = z.discriminatedUnion('method', [
  /** 等额本息: the same amount every month. */
  z.strictObject({ method: z.literal('equal_installments'), principalGraceMonths }),
  /** 等额本金: the same principal every month, with interest on what is left. */
  z.strictObject({ method: z.literal('equal_principal'), principalGraceMonths }),
  /** 先息后本: interest every so many months, principal in one bullet on the last day. */
  z.strictObject({ method: z.literal('bullet'), interestEveryMonths: z.int().min(1).max(12).default(1) }),
  /** Equal principal in the chosen calendar months only, when the harvest is sold; interest with it. */
  z.strictObject({
    method: z.literal('seasonal'),
    months: z
      .array(z.int().min(1).max(12))
      .min(1)
      .max(12)
      .refine((months) => new Set(months).size === months.length, 'months must differ'),
  }),
  /**
   * A share of the station's daily inflow until principal and a fixed charge are repaid; at least a floor every
   * month, and everything by the end of the term. The charge takes the place of interest.
   */
  z.strictObject({
    method: z.literal('sales_linked'),
    inflowShareBps: shareBps.min(1),
    /** Fixed charge, as a share of principal. */
    fixedChargeBps: z.int().min(0).max(5_000),
    /** Least share of the fixed total to be repaid in each month of the term. */
    monthlyFloorBps: shareBps,
  }),
]);
export type RepaymentMethod = z.output<typeof repaymentMethod>;
export const repaymentMethods = repaymentMethod.options.map((option) => option.shape.method.value);

export const allocationComponents = ['fees', 'penalty', 'interest', 'principal'] as const;
export type AllocationComponent = (typeof allocationComponents)[number];

/** Which debt a repayment meets first. Default: Civil Code art. 561, costs before interest before principal. */
export const waterfallOrder = z
  .array(z.enum(allocationComponents))
  .length(allocationComponents.length)
  .refine(
    (order) => new Set(order).size === order.length,
    'must name each of fees, penalty, interest, principal once',
  )
  .default(['fees', 'penalty', 'interest', 'principal']);

export const loanProduct = z.strictObject({
  productCode: z.string().regex(/^[a-z][a-z0-9_]{0,31}$/),
  name: z.strictObject({ zh: z.string().min(1), en: z.string().min(1) }),
  repayment: repaymentMethod,
  dayCount: z.enum(dayCounts),
  originationFee: z
    .strictObject({
      feeBps: z.int().min(0).max(500),
      /** `first_installment` keeps the sum paid out equal to the principal (Civil Code art. 670). */
      collected: z.enum(['deducted', 'first_installment']),
    })
    .default({ feeBps: 0, collected: 'first_installment' }),
  lateFee: z
    .strictObject({
      /** Once for each installment that is late. */
      amountMinor,
      /** Days past due that pass without the fee. */
      graceDays: z.int().min(0).max(30),
    })
    .default({ amountMinor: 0, graceDays: 0 }),
  /** 罚息: added to the annual rate, on overdue principal only. */
  penaltySpreadBps: z.int().min(0).max(1_500).default(0),
  waterfall: waterfallOrder,
  /** Whether interest and principal are met installment by installment, or all interest as one. */
  waterfallAcross: z.enum(['installments', 'components']).default('installments'),
});
export type LoanProduct = z.output<typeof loanProduct>;

/** A hundred million yuan: the bound within which a month's accrual stays exact in integers. */
export const LOAN_PRINCIPAL_MINOR_MAX = 10_000_000_000;

/** What a schedule is computed from. */
export const scheduleTerms = z.strictObject({
  product: loanProduct,
  principalMinor: positiveAmountMinor.max(LOAN_PRINCIPAL_MINOR_MAX),
  /** Nominal annual rate; 0 for sales-linked loans, whose charge is fixed. */
  annualRateBps: z.int().min(0).max(10_000),
  termMonths: z.int().min(1).max(60),
});
export type ScheduleTerms = z.output<typeof scheduleTerms>;
