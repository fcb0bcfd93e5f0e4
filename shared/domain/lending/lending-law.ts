import type { BusinessDate } from '../calendar.ts';
import type { Sentences } from '../decision.ts';
import { DomainError } from '../errors.ts';
import { loanPrimeRateOn } from '../loan-prime-rate.ts';
import type { LoanProduct } from './loan-product.ts';

/*
 * What these rules are, and are not. They were written from the texts they name by engineers, for a lawyer to read
 * before anybody lends by them.
 *
 * - The cap of four LPRs is that of private lending: Provisions of the Supreme People's Court on Several Issues
 *   concerning the Application of Law in the Trial of Private Lending Cases (Fashi 2015 no. 18, as amended by Fashi
 *   2020 no. 6 and 2020 no. 17), art. 25 to 31. Art. 1 leaves out institutions that financial regulators licensed to
 *   lend, and the Court's reply Fashi 2020 no. 27 seven kinds of local financial organizations, small-loan and
 *   guarantee companies among them. A bank or a licensed small-loan company is therefore not bound by it. What the
 *   courts hold a bank to is looser: on request they bring interest, penalty and fees together down to 24 % a year
 *   (Fafa 2017 no. 22, item 2). The project holds every lender to the stricter of the two, by choice: its borrowers
 *   are villagers, and a lender that is not licensed is bound.
 * - The year's bound on a bullet is that of art. 6 of the Interim Measures for Internet Loans of Commercial Banks
 *   (CBIRC order 2020 no. 9) for personal credit spent on consumption. For loans to a business the article asks a
 *   bank to set its own limits, and to review a credit of over a year every year. Here it binds all, by choice.
 * - The amounts, ratios and permits that regulators ask of a lender itself (capital, concentration, joint lending,
 *   internet lending, local small-loan rules) are not checked at all.
 */

/** Ceiling of a lending rate as a multiple of the one-year LPR. */
export const RATE_CAP_LPR_MULTIPLE = 4;
export const BULLET_TERM_MONTHS_MAX = 12;

/** What no terms may do: the rule, the clause it is taken from (see above for whom that binds), and how it reads. */
export const lendingLawRules = {
  rate_over_cap: {
    clause: 'Supreme People’s Court, Provisions on Private Lending (2020 second amendment), art. 25',
    sentences: {
      zh: '年利率不得超过合同成立时一年期贷款市场报价利率的四倍（最高人民法院民间借贷司法解释第二十五条）',
      en: 'The annual rate may be at most four times the one-year LPR when the contract is made (SPC Provisions on Private Lending, art. 25)',
    },
  },
  overdue_rate_over_cap: {
    clause: 'Supreme People’s Court, Provisions on Private Lending (2020 second amendment), art. 28',
    sentences: {
      zh: '逾期利率不得超过合同成立时一年期贷款市场报价利率的四倍（最高人民法院民间借贷司法解释第二十八条）',
      en: 'The rate on overdue principal may be at most four times the one-year LPR (SPC Provisions on Private Lending, art. 28)',
    },
  },
  all_in_rate_over_cap: {
    clause: 'Supreme People’s Court, Provisions on Private Lending (2020 second amendment), art. 29',
    sentences: {
      zh: '利息与费用合计不得超过一年期贷款市场报价利率的四倍（最高人民法院民间借贷司法解释第二十九条）',
      en: 'Interest and fees together may be at most four times the one-year LPR (SPC Provisions on Private Lending, art. 29)',
    },
  },
  late_fee_over_cap: {
    clause: 'Supreme People’s Court, Provisions on Private Lending (2020 second amendment), art. 29',
    sentences: {
      zh: '各期均逾期时，利息、费用与滞纳金合计不得超过一年期贷款市场报价利率的四倍（最高人民法院民间借贷司法解释第二十九条）',
      en: 'Interest, fees and late fees together, were every installment late, may be at most four times the one-year LPR (SPC Provisions on Private Lending, art. 29)',
    },
  },
  bullet_over_12_months: {
    clause: 'Interim Measures for Internet Loans of Commercial Banks (2020), art. 6',
    sentences: {
      zh: '到期一次性还本的，期限不得超过一年（商业银行互联网贷款管理暂行办法第六条）',
      en: 'A loan whose principal is repaid in one bullet may run at most one year (Interim Measures for Internet Loans of Commercial Banks, art. 6)',
    },
  },
} as const satisfies Record<string, { clause: string; sentences: Sentences }>;
export type LendingLawRule = keyof typeof lendingLawRules;

export interface LendingLawViolation {
  readonly rule: LendingLawRule;
  /** The offending field of what was checked. */
  readonly field: string;
  readonly observed: number;
  readonly bound: number;
}

export interface LawfulLendingTerms {
  readonly product: LoanProduct;
  /** The highest rate and longest term that the policy allows, or the contract's own. */
  readonly annualRateBps: number;
  readonly termMonths: number;
  /** All-in APR where the dated flows are known. */
  readonly aprBps?: number;
  /** The same were every installment late, where the product has a late fee and the flows are known. */
  readonly lateAprBps?: number;
}

/**
 * The highest lawful annual rate on a date, in basis points: a simple rate, and interest with fees is held to it as
 * one (`allInRateBps`). An offer is held to more: its effective APR, which compounds and so is never the lower of
 * the two, must stay within the program's own multiple of the same LPR. What is offered is therefore lawful.
 */
export function rateCapBpsOn(date: BusinessDate): number {
  return RATE_CAP_LPR_MULTIPLE * loanPrimeRateOn(date).rateBps;
}

/** Every rule that terms agreed on a date would break; empty when lawful. */
export function lendingLawViolations(terms: LawfulLendingTerms, on: BusinessDate): LendingLawViolation[] {
  const capBps = rateCapBpsOn(on);
  const overdueRateBps = terms.annualRateBps + terms.product.penaltySpreadBps;
  const checks: (LendingLawViolation & { readonly broken: boolean })[] = [
    {
      rule: 'rate_over_cap',
      field: 'annualRateBps',
      observed: terms.annualRateBps,
      bound: capBps,
      broken: terms.annualRateBps > capBps,
    },
    {
      rule: 'overdue_rate_over_cap',
      field: 'product.penaltySpreadBps',
      observed: overdueRateBps,
      bound: capBps,
      broken: overdueRateBps > capBps,
    },
    {
      rule: 'all_in_rate_over_cap',
      field: 'aprBps',
      observed: terms.aprBps ?? 0,
      bound: capBps,
      broken: terms.aprBps !== undefined && terms.aprBps > capBps,
    },
    {
      rule: 'late_fee_over_cap',
      field: 'product.lateFee.amountMinor',
      observed: terms.lateAprBps ?? 0,
      bound: capBps,
      broken: terms.lateAprBps !== undefined && terms.lateAprBps > capBps,
    },
    {
      rule: 'bullet_over_12_months',
      field: 'termMonths',
      observed: terms.termMonths,
      bound: BULLET_TERM_MONTHS_MAX,
      broken: terms.product.repayment.method === 'bullet' && terms.termMonths > BULLET_TERM_MONTHS_MAX,
    },
  ];
  return checks.filter((check) => check.broken).map(({ broken: _, ...violation }) => violation);
}

/** Refuse terms that the law forbids: DomainError `invalid_request`, an issue for each clause broken. */
export function requireLawful(terms: LawfulLendingTerms, on: BusinessDate): void {
  const violations = lendingLawViolations(terms, on);
  const first = violations[0];
  if (first === undefined) return;
  throw new DomainError('invalid_request', `${first.field}: ${lendingLawRules[first.rule].sentences.en}`, {
    issues: violations.map(({ rule, field, observed, bound }) => ({
      field,
      code: rule,
      message: `${observed} is over ${bound}: ${lendingLawRules[rule].clause}`,
    })),
  });
}
