import { z } from 'zod';
import { type BusinessDate, businessDate } from '../calendar.ts';
import { DomainError, type FieldIssue } from '../errors.ts';
import { programId } from '../identifiers.ts';
import { amountMinor, positiveAmountMinor } from '../money.ts';
import { allInRateBps } from './all-in-rate.ts';
import { type LendingLawViolation, lendingLawRules, lendingLawViolations } from './lending-law.ts';
import { coLenders } from './loan-event.ts';
import { LOAN_PRINCIPAL_MINOR_MAX, type LoanProduct, loanProduct } from './loan-product.ts';
import { recommenderPolicy } from './recommender.ts';

/** A product as a program offers it, within bounds. */
export const offeredProduct = z
  .strictObject({
    product: loanProduct,
    annualRateMinBps: z.int().min(0).max(10_000),
    annualRateMaxBps: z.int().min(0).max(10_000),
    termMonthsMin: z.int().min(1).max(60),
    termMonthsMax: z.int().min(1).max(60),
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
  });

/** What a program lends on: versioned data. A draft may say anything; only what is lawful is committed. */
export const programTerms = z.strictObject({
  programId,
  version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/),
  effectiveFrom: businessDate,
  singleBorrowerLimitMinor: amountMinor,
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

/** A principal at which rounding to whole units does not show in a rate. */
const PRINCIPAL_FOR_RATES_MINOR = 1_000_000_000;

/**
 * Every clause that some loan within the terms would break if it were made on the day they take effect, by
 * the field that allows it. The dearest loan is at the highest rate; each term in months is tried, since an
 * up-front fee weighs most on the shortest and a fixed charge on the fastest repaid.
 */
export function programTermsViolations(terms: ProgramTerms): LendingLawViolation[] {
  return terms.products.flatMap((offered, index) => {
    const { product, annualRateMaxBps: annualRateBps, termMonthsMin, termMonthsMax } = offered;
    const found = new Map<string, LendingLawViolation>();
    for (let termMonths = termMonthsMax; termMonths >= termMonthsMin; termMonths -= 1) {
      const aprBps = allInRateOrNone({ product, annualRateBps, termMonths }, terms.effectiveFrom);
      const violations = lendingLawViolations(
        { product, annualRateBps, termMonths, ...(aprBps === null ? {} : { aprBps }) },
        terms.effectiveFrom,
      );
      for (const violation of violations) {
        const worst = found.get(violation.rule);
        if (worst !== undefined && worst.observed >= violation.observed) continue;
        found.set(violation.rule, {
          ...violation,
          field: `products.${index}.${offeringField(violation, product)}`,
        });
      }
    }
    return [...found.values()];
  });
}

/** Where the terms allow what was found: a sales-linked loan's cost is its fixed charge. */
function offeringField({ field }: LendingLawViolation, { repayment }: LoanProduct): string {
  if (field === 'annualRateBps') return 'annualRateMaxBps';
  if (field === 'termMonths') return 'termMonthsMax';
  if (field !== 'aprBps') return field;
  return repayment.method === 'sales_linked'
    ? 'product.repayment.fixedChargeBps'
    : 'product.originationFee.feeBps';
}

/** Null where the product has no schedule of this term: no such loan can be made. */
function allInRateOrNone(
  terms: Pick<Parameters<typeof allInRateBps>[0], 'product' | 'annualRateBps' | 'termMonths'>,
  on: BusinessDate,
): number | null {
  try {
    return allInRateBps({ ...terms, principalMinor: PRINCIPAL_FOR_RATES_MINOR }, on);
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
}

/**
 * Commit a draft: from here on it never changes, and a new version takes its place. Raises DomainError
 * `invalid_request` naming each field and clause when the law forbids a loan within it.
 */
export function commitProgramTerms(draft: ProgramTerms, today: BusinessDate): CommittedProgramTerms {
  const issues: FieldIssue[] = programTermsViolations(draft).map(({ rule, field, observed, bound }) => ({
    field,
    code: rule,
    message: `${observed} is over ${bound}: ${lendingLawRules[rule].clause}`,
  }));
  if (draft.effectiveFrom < today) {
    issues.push({
      field: 'effectiveFrom',
      code: 'date_in_past',
      message: `must not be before ${today}: loans already made keep the terms they were made on`,
    });
  }
  const first = issues[0];
  if (first === undefined) return { ...draft, committedOn: today };
  throw new DomainError('invalid_request', `${first.field}: ${first.message}`, { issues });
}
