import { type BusinessDate, daysBetween } from '../calendar.ts';
import { BPS, mulDivMinor } from '../money.ts';
import {
  type AssetClass,
  assetClasses,
  type DelinquencyBucket,
  delinquencyBuckets,
  isNonPerforming,
} from './asset-class.ts';
import type { AccountCode } from './chart-of-accounts.ts';
import type { LoanSnapshot } from './loan-snapshot.ts';

/** Portfolio at risk: outstanding of loans more than so many days past due, as a share of all outstanding. */
export const portfolioAtRiskDays = [1, 30, 90] as const;
export type PortfolioAtRiskDays = (typeof portfolioAtRiskDays)[number];

export interface Portfolio {
  readonly loans: number;
  readonly activeLoans: number;
  readonly principalDisbursedMinor: number;
  readonly principalOutstandingMinor: number;
  readonly interestOutstandingMinor: number;
  /** Interest and penalty owed that are not income while their loans do not accrue. */
  readonly suspendedMinor: number;
  /** Outstanding principal of loans at least 1, over 30 and over 90 days past due. */
  readonly atRiskMinor: Readonly<Record<PortfolioAtRiskDays, number>>;
  readonly restructuredOutstandingMinor: number;
  readonly outstandingByBucketMinor: Readonly<Record<DelinquencyBucket, number>>;
  readonly outstandingByClassMinor: Readonly<Record<AssetClass, number>>;
  readonly nonPerformingMinor: number;
  readonly provisionMinor: number;
  readonly writtenOffPrincipalMinor: number;
  readonly recoveredMinor: number;
}

function zeros<Key extends string>(keys: readonly Key[]): Record<Key, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<Key, number>;
}

/** PAR 1 counts the first day past due; PAR 30 and 90 count what is over 30 and 90 days. */
export function isAtRisk(overdueDays: number, days: PortfolioAtRiskDays): boolean {
  return days === 1 ? overdueDays >= 1 : overdueDays > days;
}

/** The figures of any set of loans: a sum, so portfolios of parts add up to the portfolio of the whole. */
export function portfolioOf(snapshots: Iterable<LoanSnapshot>): Portfolio {
  const atRiskMinor: Record<PortfolioAtRiskDays, number> = { 1: 0, 30: 0, 90: 0 };
  const outstandingByBucketMinor = zeros(delinquencyBuckets);
  const outstandingByClassMinor = zeros(assetClasses);
  const total = {
    loans: 0,
    activeLoans: 0,
    principalDisbursedMinor: 0,
    principalOutstandingMinor: 0,
    interestOutstandingMinor: 0,
    suspendedMinor: 0,
    restructuredOutstandingMinor: 0,
    nonPerformingMinor: 0,
    provisionMinor: 0,
    writtenOffPrincipalMinor: 0,
    recoveredMinor: 0,
  };
  for (const loan of snapshots) {
    const outstandingMinor = loan.principalOutstandingMinor;
    total.loans += 1;
    if (loan.status === 'active') total.activeLoans += 1;
    total.principalDisbursedMinor += loan.principalDisbursedMinor;
    total.principalOutstandingMinor += outstandingMinor;
    total.interestOutstandingMinor += loan.interestOutstandingMinor;
    total.suspendedMinor += loan.suspendedMinor;
    total.provisionMinor += loan.provisionMinor;
    total.writtenOffPrincipalMinor += loan.writtenOffPrincipalMinor;
    total.recoveredMinor += loan.recoveredMinor;
    if (loan.restructured) total.restructuredOutstandingMinor += outstandingMinor;
    if (isNonPerforming(loan.assetClass)) total.nonPerformingMinor += outstandingMinor;
    outstandingByBucketMinor[loan.bucket] += outstandingMinor;
    outstandingByClassMinor[loan.assetClass] += outstandingMinor;
    for (const days of portfolioAtRiskDays) {
      if (isAtRisk(loan.daysPastDue, days)) atRiskMinor[days] += outstandingMinor;
    }
  }
  return { ...total, atRiskMinor, outstandingByBucketMinor, outstandingByClassMinor };
}

/** Portfolio at risk in basis points of outstanding principal; 0 when nothing is outstanding. */
export function portfolioAtRiskBps(portfolio: Portfolio, days: PortfolioAtRiskDays): number {
  if (portfolio.principalOutstandingMinor === 0) return 0;
  return mulDivMinor(portfolio.atRiskMinor[days], BPS, portfolio.principalOutstandingMinor);
}

export type PortfolioDimension = 'programId' | 'countyId' | 'recommenderId';

/** Portfolios by program, county or recommender; loans without one are under the empty string. */
export function portfolioBy(
  snapshots: Iterable<LoanSnapshot>,
  dimension: PortfolioDimension,
): Map<string, Portfolio> {
  const groups = Map.groupBy(snapshots, (loan) => loan[dimension] ?? '');
  return new Map([...groups].map(([key, loans]) => [key, portfolioOf(loans)]));
}

export interface VintagePoint {
  /** `YYYY-MM` of disbursement. */
  readonly cohort: string;
  /** Whole calendar months since. */
  readonly monthsOnBook: number;
  readonly principalDisbursedMinor: number;
  readonly loans: number;
  /** Loans that were ever over 30 days past due, or charged off, by then. */
  readonly everOver30Loans: number;
  /** Outstanding over 30 days past due, plus principal written off, as a share of disbursed. */
  readonly over30OrLostBps: number;
  readonly lostBps: number;
}

/** Vintages: cohorts by month of disbursement followed through month-end snapshots, in order. */
export function vintages(monthEndSnapshots: Iterable<LoanSnapshot>): VintagePoint[] {
  const cells = Map.groupBy(
    [...monthEndSnapshots].filter((loan) => loan.disbursedOn !== null),
    (loan) => `${(loan.disbursedOn ?? '').slice(0, 7)} ${loan.asOf.slice(0, 7)}`,
  );
  return [...cells]
    .map(([key, loans]) => {
      const [cohort = '', month = ''] = key.split(' ');
      const disbursed = loans.reduce((sum, loan) => sum + loan.principalDisbursedMinor, 0);
      const lost = loans.reduce((sum, loan) => sum + loan.writtenOffPrincipalMinor, 0);
      const over30 = loans
        .filter((loan) => isAtRisk(loan.daysPastDue, 30))
        .reduce((sum, loan) => sum + loan.principalOutstandingMinor, 0);
      return {
        cohort,
        monthsOnBook: monthNumber(month) - monthNumber(cohort),
        principalDisbursedMinor: disbursed,
        loans: loans.length,
        everOver30Loans: loans.filter((loan) => loan.daysPastDueMax > 30 || loan.status === 'charged_off')
          .length,
        over30OrLostBps: mulDivMinor(over30 + lost, BPS, disbursed),
        lostBps: mulDivMinor(lost, BPS, disbursed),
      };
    })
    .toSorted((a, b) =>
      a.cohort < b.cohort ? -1 : a.cohort > b.cohort ? 1 : a.monthsOnBook - b.monthsOnBook,
    );
}

function monthNumber(month: string): number {
  return Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7));
}

/** What a yield is made of. Income in suspense is none yet; what was waived is income given back. */
export const yieldAccounts = ['interest_income', 'penalty_income', 'fee_income', 'waived_income'] as const;
export type YieldAccount = (typeof yieldAccounts)[number];

/**
 * Yield of a period in basis points a year: interest, penalty and fees earned, less what was waived, over the average
 * principal outstanding. `movements`: changes of balance in the period (credits negative), as trial balances differ.
 */
export function portfolioYieldBps(
  movements: Readonly<Record<YieldAccount, number>> & Partial<Record<AccountCode, number>>,
  averageOutstandingMinor: number,
  from: BusinessDate,
  to: BusinessDate,
): number {
  const days = daysBetween(from, to);
  if (averageOutstandingMinor <= 0 || days <= 0) return 0;
  const earnedMinor = 0 - yieldAccounts.reduce((sum, account) => sum + movements[account], 0);
  return mulDivMinor(earnedMinor, BPS * 365, averageOutstandingMinor * days);
}
