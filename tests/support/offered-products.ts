import {
  type LoanProduct,
  loanProduct,
  type RepaymentMethod,
} from '../../shared/domain/lending/loan-product.ts';
import {
  type LendingTerms,
  lendingTerms,
  type OfferedProduct,
} from '../../shared/domain/lending/program-terms.ts';

/** A product within wide bounds, its code its method's name. */
export function offeredProductOf(
  repayment: Partial<RepaymentMethod> & Pick<RepaymentMethod, 'method'>,
  product: Partial<LoanProduct> = {},
): OfferedProduct {
  return {
    product: loanProduct.parse({
      productCode: repayment.method,
      name: { zh: '创业贷', en: repayment.method },
      repayment,
      dayCount: 'thirty_360',
      ...product,
    }),
    annualRateMinBps: 0,
    annualRateMaxBps: 1_200,
    termMonthsMin: 3,
    termMonthsMax: 24,
    principalMinMinor: 500_000,
    principalMaxMinor: 20_000_000,
  };
}

/** Terms that the sample program's lender committed before the sample applications. */
export function committedTerms(
  products: readonly OfferedProduct[],
  change: Partial<LendingTerms> = {},
): LendingTerms {
  return lendingTerms.parse({
    programId: 'prg_anji-2026',
    version: 'terms-1',
    effectiveFrom: '2026-02-01',
    singleBorrowerLimitMinor: 20_000_000,
    guaranteeShareBps: 5_000,
    products,
    committedOn: '2026-01-20',
    ...change,
  });
}
