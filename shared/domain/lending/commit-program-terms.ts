import type { BusinessDate } from '../calendar.ts';
import { DomainError, type FieldIssue } from '../errors.ts';
import { allInRateBps, lawfulRates } from './all-in-rate.ts';
import { type LendingLawViolation, lendingLawRules, lendingLawViolations } from './lending-law.ts';
import type { LoanProduct } from './loan-product.ts';
import {
  admitsTerm,
  type CommittedProgramTerms,
  type OfferedProduct,
  type ProgramTerms,
} from './program-terms.ts';

/** A principal at which rounding to whole units does not show in a rate. */
const PRINCIPAL_FOR_RATES_MINOR = 1_000_000_000;

/**
 * Every clause that some loan within the terms would break if it were made on the day they take effect, by
 * the field that allows it. The dearest loan is at the highest rate; each term on offer is tried, since an
 * up-front fee weighs most on the shortest and a fixed charge on the fastest repaid.
 */
export function programTermsViolations(terms: ProgramTerms): LendingLawViolation[] {
  return terms.products.flatMap((offered, index) => {
    const { product, annualRateMaxBps: annualRateBps, termMonthsMin, termMonthsMax } = offered;
    const found = new Map<string, LendingLawViolation>();
    for (let termMonths = termMonthsMax; termMonths >= termMonthsMin; termMonths -= 1) {
      if (!admitsTerm(offered, termMonths)) continue;
      const rates = ratesOrNone(offered, termMonths, terms.effectiveFrom);
      const violations = lendingLawViolations(
        { product, annualRateBps, termMonths, ...rates },
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

/**
 * At the highest rate; nothing where the product has no schedule of this term, as no such loan can be made. A late
 * fee is a sum, not a rate: it weighs most on the smallest loan.
 */
function ratesOrNone(
  { product, annualRateMaxBps, principalMinMinor }: OfferedProduct,
  termMonths: number,
  on: BusinessDate,
): Partial<ReturnType<typeof lawfulRates>> {
  const loan = { product, annualRateBps: annualRateMaxBps, termMonths };
  try {
    const aprBps = allInRateBps({ ...loan, principalMinor: PRINCIPAL_FOR_RATES_MINOR }, on);
    return { ...lawfulRates({ ...loan, principalMinor: principalMinMinor }, on), aprBps };
  } catch (error) {
    if (error instanceof DomainError) return {};
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
