import type { Program } from '../program.ts';
import { LOAN_PRINCIPAL_MINOR_MAX, loanProduct } from './loan-product.ts';
import type { CommittedProgramTerms, LendingTerms } from './program-terms.ts';

/** The rate of an implied product is bounded by the cap in force on the day alone. */
const ANNUAL_RATE_UNBOUNDED_BPS = 10_000;

/**
 * The terms a program lends on: the version that was committed, or what its policy says while none is. One shape,
 * so that all that prices, contracts or replays reads nothing else.
 */
export function termsOf(program: Program, committed: CommittedProgramTerms | null): LendingTerms {
  return committed ?? impliedTerms(program);
}

/** Equal installments within the bounds of the policy, 30/360, the fee with the first of them. */
function impliedTerms({ programId, opensOn, policy }: Program): LendingTerms {
  const product = loanProduct.parse({
    productCode: 'equal_installments',
    name: { zh: '等额本息', en: 'Equal installments' },
    repayment: { method: 'equal_installments' },
    dayCount: 'thirty_360',
    originationFee: { feeBps: policy.originationFeeBps, collected: 'first_installment' },
  });
  const bounded = (principalMinor: number) => Math.min(principalMinor, LOAN_PRINCIPAL_MINOR_MAX);
  return {
    programId,
    version: policy.policyVersion,
    effectiveFrom: opensOn,
    singleBorrowerLimitMinor: policy.singleBorrowerLimitMinor,
    guaranteeShareBps: policy.guaranteeShareBps,
    products: [
      {
        product,
        annualRateMinBps: 0,
        annualRateMaxBps: ANNUAL_RATE_UNBOUNDED_BPS,
        termMonthsMin: Math.min(...policy.termMonths),
        termMonthsMax: Math.max(...policy.termMonths),
        termMonths: policy.termMonths,
        principalMinMinor: bounded(policy.minimumPrincipalMinor),
        principalMaxMinor: bounded(policy.maximumPrincipalMinor),
      },
    ],
    committedOn: null,
  };
}
