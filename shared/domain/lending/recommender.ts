import { BPS, mulDivMinor } from '../money.ts';
import type { LoanSnapshot } from './loan-snapshot.ts';
import { isAtRisk } from './portfolio.ts';
import type { RecommenderPolicy } from './program-terms.ts';

/** How the loans a partner vouched for have fared. */
export interface RecommenderRecord {
  readonly recommenderId: string;
  /** Contracts not paid out yet: they count towards the bounds, and not towards how loans have fared. */
  readonly committedLoans: number;
  readonly principalCommittedMinor: number;
  readonly loans: number;
  readonly activeLoans: number;
  readonly principalDisbursedMinor: number;
  readonly principalOutstandingMinor: number;
  readonly over30Minor: number;
  readonly everOver30Loans: number;
  readonly chargedOffLoans: number;
  /** Principal written off, less what was recovered. */
  readonly lostMinor: number;
  /** Outstanding over 30 days past due as a share of outstanding. */
  readonly delinquencyBps: number;
  /** Lost as a share of disbursed. */
  readonly lossBps: number;
}

export function recommenderRecord(
  recommenderId: string,
  snapshots: Iterable<LoanSnapshot>,
): RecommenderRecord {
  const agreed = [...snapshots].filter((loan) => loan.recommenderId === recommenderId);
  const committed = agreed.filter((loan) => loan.principalCommittedMinor > 0);
  const vouched = agreed.filter((loan) => loan.disbursedOn !== null);
  const sum = (of: (loan: LoanSnapshot) => number) => vouched.reduce((total, loan) => total + of(loan), 0);
  const principalDisbursedMinor = sum((loan) => loan.principalDisbursedMinor);
  const principalOutstandingMinor = sum((loan) => loan.principalOutstandingMinor);
  const over30Minor = sum((loan) => (isAtRisk(loan.daysPastDue, 30) ? loan.principalOutstandingMinor : 0));
  const lostMinor = sum((loan) => Math.max(0, loan.writtenOffPrincipalMinor - loan.recoveredMinor));
  return {
    recommenderId,
    committedLoans: committed.length,
    principalCommittedMinor: committed.reduce((total, loan) => total + loan.principalCommittedMinor, 0),
    loans: vouched.length,
    activeLoans: vouched.filter((loan) => loan.status === 'active').length,
    principalDisbursedMinor,
    principalOutstandingMinor,
    over30Minor,
    everOver30Loans: vouched.filter((loan) => loan.daysPastDueMax > 30 || loan.status === 'charged_off')
      .length,
    chargedOffLoans: vouched.filter((loan) => loan.status === 'charged_off').length,
    lostMinor,
    delinquencyBps:
      principalOutstandingMinor === 0 ? 0 : mulDivMinor(over30Minor, BPS, principalOutstandingMinor),
    lossBps: principalDisbursedMinor === 0 ? 0 : mulDivMinor(lostMinor, BPS, principalDisbursedMinor),
  };
}

export const recommenderBounds = [
  'within_bounds',
  'loss_over_bound',
  'delinquency_over_bound',
  'too_many_active_loans',
  'outstanding_over_bound',
] as const;
export type RecommenderBound = (typeof recommenderBounds)[number];

/**
 * What a partner may still vouch for in a program, by their loans of all programs; null where nobody vouches or the
 * program sets no bound.
 */
export function mayVouchForMinor(
  recommenderId: string | null,
  programId: string,
  policy: RecommenderPolicy | undefined,
  vouched: Iterable<LoanSnapshot>,
): number | null {
  if (recommenderId === null || policy === undefined) return null;
  const ofProgram = [...vouched].filter((loan) => loan.programId === programId);
  return recommenderLimit(recommenderRecord(recommenderId, ofProgram), policy).limitMinor;
}

/** What the partner may still vouch for, and what bounds it. */
export function recommenderLimit(
  record: RecommenderRecord,
  policy: RecommenderPolicy,
): { readonly bound: RecommenderBound; readonly limitMinor: number } {
  const none = (bound: RecommenderBound) => ({ bound, limitMinor: 0 });
  if (record.lossBps > policy.lossMaxBps) return none('loss_over_bound');
  if (record.delinquencyBps > policy.delinquencyMaxBps) return none('delinquency_over_bound');
  if (record.activeLoans + record.committedLoans >= policy.activeLoansMax)
    return none('too_many_active_loans');
  const limitMinor =
    policy.outstandingMaxMinor - record.principalOutstandingMinor - record.principalCommittedMinor;
  return limitMinor <= 0 ? none('outstanding_over_bound') : { bound: 'within_bounds', limitMinor };
}
