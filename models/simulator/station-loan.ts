import type { Application } from '../../shared/domain/application.ts';
import { CALENDAR_FIRST_DAY, seasons } from './seasons.ts';
import { type LoanState, NOT_YET, type StationState } from './station-state.ts';

/** Nominal annual rate of every simulated loan. */
export const SIMULATED_ANNUAL_RATE = 0.08;
export const DEFAULT_DAYS_PAST_DUE = 90;
/** Performance window: default counts when it comes within this many days of the decision. */
export const OUTCOME_HORIZON_DAYS = 365;

export function installmentOf(principalMinor: number, termMonths: number): number {
  const rate = SIMULATED_ANNUAL_RATE / 12;
  return Math.ceil((principalMinor * rate) / (1 - (1 + rate) ** -termMonths));
}

export interface LoanTerms {
  readonly purpose: Application['purpose'];
  readonly principalMinor: number;
  readonly termMonths: number;
  readonly fortune: number;
}

/** The loan as of `day`; the caller books the disbursal. */
export function newLoan(terms: LoanTerms, day: number): LoanState {
  return {
    purpose: terms.purpose,
    disbursedDay: day,
    dueDayOfMonth: Math.min(28, seasons.dayOfMonth[day - CALENDAR_FIRST_DAY] ?? 1),
    termMonths: terms.termMonths,
    installmentMinor: installmentOf(terms.principalMinor, terms.termMonths),
    paidMinor: 0,
    // A tenth stays in the till against a bad week.
    toInvestMinor: Math.round(terms.principalMinor * 0.9),
    fortune: terms.fortune,
    defaultedDay: NOT_YET,
  };
}

/** Due day of installment `number`, from 0. */
export function dueDayOf(loan: LoanState, number: number): number {
  const month = (seasons.monthIndex[loan.disbursedDay - CALENDAR_FIRST_DAY] ?? 0) + 1 + number;
  const start = seasons.monthStarts[month];
  if (start === undefined)
    throw new RangeError(`installment ${number} falls after the simulator's calendar, 2031`);
  return start + loan.dueDayOfMonth - 1;
}

/** What has fallen due by `day`, paid or not. */
function fallenDueMinor(loan: LoanState, day: number): number {
  const months =
    (seasons.monthIndex[day - CALENDAR_FIRST_DAY] ?? 0) -
    (seasons.monthIndex[loan.disbursedDay - CALENDAR_FIRST_DAY] ?? 0);
  const reached = (seasons.dayOfMonth[day - CALENDAR_FIRST_DAY] ?? 0) >= loan.dueDayOfMonth;
  const count = Math.min(loan.termMonths, Math.max(0, reached ? months : months - 1));
  return count * loan.installmentMinor;
}

export function arrearsMinor(loan: LoanState, day: number): number {
  return Math.max(0, fallenDueMinor(loan, day) - loan.paidMinor);
}

/** Days since the oldest installment not fully paid fell due; 0 when nothing is overdue. */
export function daysPastDue(loan: LoanState, day: number): number {
  if (arrearsMinor(loan, day) === 0) return 0;
  return day - dueDayOf(loan, Math.floor(loan.paidMinor / loan.installmentMinor));
}

export function isRepaid(loan: LoanState): boolean {
  return loan.paidMinor >= loan.installmentMinor * loan.termMonths;
}

/** Whether the loan of `state` fell 90 days behind within the performance window. */
export function hasDefaulted(state: StationState): boolean {
  const loan = state.loan;
  return (
    loan !== null &&
    loan.defaultedDay !== NOT_YET &&
    loan.defaultedDay <= loan.disbursedDay + OUTCOME_HORIZON_DAYS
  );
}
