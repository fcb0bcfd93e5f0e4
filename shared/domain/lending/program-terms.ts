import { z } from 'zod';
import { businessDate } from '../calendar.ts';
import { programId } from '../identifiers.ts';
import { amountMinor, positiveAmountMinor, shareBps } from '../money.ts';
import { coLenders } from './loan-event.ts';
import { LOAN_PRINCIPAL_MINOR_MAX, loanProduct } from './loan-product.ts';

/** A program's bound on what one partner may vouch for; a contract counts from the day it is made. */
export const recommenderPolicy = z.strictObject({
  outstandingMaxMinor: amountMinor,
  activeLoansMax: z.int().min(0).max(10_000),
  delinquencyMaxBps: shareBps,
  lossMaxBps: shareBps,
});
export type RecommenderPolicy = z.output<typeof recommenderPolicy>;

/** A product as a program offers it, within bounds. */
export const offeredProduct = z
  .strictObject({
    product: loanProduct,
    annualRateMinBps: z.int().min(0).max(10_000),
    annualRateMaxBps: z.int().min(0).max(10_000),
    termMonthsMin: z.int().min(1).max(60),
    termMonthsMax: z.int().min(1).max(60),
    /** Terms on offer within those bounds. Default: every number of months. */
    termMonths: z.array(z.int().min(1).max(60)).min(1).max(8).optional(),
    principalMinMinor: positiveAmountMinor.max(LOAN_PRINCIPAL_MINOR_MAX),
    principalMaxMinor: positiveAmountMinor.max(LOAN_PRINCIPAL_MINOR_MAX),
  })
  .superRefine((offered, context) => {
    for (const [least, most] of [
      ['annualRateMinBps', 'annualRateMaxBps'],
      ['termMonthsMin', 'termMonthsMax'],
      ['principalMinMinor', 'principalMaxMinor'],
    ] as const) {
      if (offered[least] > offered[most]) {
        context.addIssue({ code: 'custom', path: [most], message: `must not be below ${least}` });
      }
    }
    for (const [index, months] of (offered.termMonths ?? []).entries()) {
      if (months >= offered.termMonthsMin && months <= offered.termMonthsMax) continue;
      const message = 'must lie from termMonthsMin to termMonthsMax';
      context.addIssue({ code: 'custom', path: ['termMonths', index], message });
    }
  });
export type OfferedProduct = z.output<typeof offeredProduct>;

/** Whether a program lends a product for so many months. */
export function admitsTerm(
  { termMonths, termMonthsMin, termMonthsMax }: OfferedProduct,
  months: number,
): boolean {
  return termMonths?.includes(months) ?? (months >= termMonthsMin && months <= termMonthsMax);
}

/** What a program lends on: versioned data. A draft may say anything; only what is lawful is committed. */
export const programTerms = z.strictObject({
  programId,
  version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/),
  effectiveFrom: businessDate,
  /** What one borrower may owe the lender in all. */
  singleBorrowerLimitMinor: amountMinor,
  /** Share of lost principal that the government's guarantee bears first. */
  guaranteeShareBps: shareBps,
  /** Who lends, and how much of every fen. Default: the program's lender alone. */
  lenders: coLenders.optional(),
  /** Bounds on what one partner may vouch for. Default: none. */
  recommenders: recommenderPolicy.optional(),
  products: z
    .array(offeredProduct)
    .min(1)
    .max(12)
    .refine(
      (products) => new Set(products.map(({ product }) => product.productCode)).size === products.length,
      'product codes must differ',
    ),
});
export type ProgramTerms = z.output<typeof programTerms>;
export const committedProgramTerms = programTerms.extend({ committedOn: businessDate });
export type CommittedProgramTerms = z.output<typeof committedProgramTerms>;

/** What a decision prices its offers on. */
export const lendingTerms = programTerms.extend({
  committedOn: businessDate.nullable().describe('Null: implied by the policy, as nothing is committed yet'),
});
export type LendingTerms = z.output<typeof lendingTerms>;

/** The terms of a product as a rule shows them: `6,12,18`, or `3-24` for every month between. */
export function termsText({ termMonths, termMonthsMin, termMonthsMax }: OfferedProduct): string {
  return termMonths?.join(',') ?? `${termMonthsMin}-${termMonthsMax}`;
}

/** The smallest loan that any of the products is lent as. */
export function leastPrincipalMinor({ products }: Pick<ProgramTerms, 'products'>): number {
  return Math.min(...products.map(({ principalMinMinor }) => principalMinMinor));
}
