import { z } from 'zod';
import { businessDate } from '../calendar.ts';
import { countyId, entrepreneurId, loanId, programId } from '../identifiers.ts';
import { amountMinor } from '../money.ts';
import {
  type AssetClass,
  assetClasses,
  delinquencyBucket,
  delinquencyBuckets,
  provisionMinor,
} from './asset-class.ts';
import { assetClassOf } from './asset-classification.ts';
import { repaymentMethods } from './loan-product.ts';
import {
  amountsDue,
  daysPastDue,
  endedOn,
  feesOutstandingMinor,
  interestOutstandingMinor,
  type LoanState,
  loanStatuses,
} from './loan-state.ts';

/** What a portfolio needs to know of a loan on a day: small, flat, and all a fold reads. */
export const loanSnapshot = z.strictObject({
  loanId,
  asOf: businessDate,
  programId,
  countyId,
  borrowerId: entrepreneurId,
  recommenderId: entrepreneurId.nullable(),
  status: z.enum(loanStatuses),
  disbursedOn: businessDate.nullable(),
  /** Repaid, cancelled or charged off on this day. */
  endedOn: businessDate.nullable(),
  repaymentMethod: z.enum(repaymentMethods),
  /** Agreed by contract and not paid out yet. */
  principalCommittedMinor: amountMinor,
  principalDisbursedMinor: amountMinor,
  principalOutstandingMinor: amountMinor,
  interestOutstandingMinor: amountMinor,
  penaltyAndFeesMinor: amountMinor,
  /** Due and unpaid today, all components. */
  overdueMinor: amountMinor,
  /** Of the interest and penalty owed, what is not income while the loan does not accrue. */
  suspendedMinor: amountMinor,
  daysPastDue: z.int().min(0),
  daysPastDueMax: z.int().min(0),
  bucket: z.enum(delinquencyBuckets),
  assetClass: z.enum(assetClasses),
  provisionMinor: amountMinor,
  writtenOffPrincipalMinor: amountMinor,
  recoveredMinor: amountMinor,
  restructured: z.boolean(),
});
export type LoanSnapshot = Readonly<z.output<typeof loanSnapshot>>;

/** A loan's snapshot on its state's date. The county is the program's. */
export function snapshotOf(
  state: LoanState,
  county: string,
  provisionRatesBps?: Readonly<Record<AssetClass, number>>,
): LoanSnapshot {
  const assetClass = assetClassOf(state);
  const due = amountsDue(state);
  const overdueDays = daysPastDue(state);
  const active = state.status === 'active';
  return {
    loanId: state.loanId,
    asOf: state.asOf,
    programId: state.contract.programId,
    countyId: county,
    borrowerId: state.contract.borrowerId,
    recommenderId: state.contract.recommenderId,
    status: state.status,
    disbursedOn: state.disbursedOn,
    endedOn: endedOn(state),
    repaymentMethod: state.terms.repayment.method,
    principalCommittedMinor:
      state.disbursedOn === null && state.status !== 'cancelled' ? state.contract.principalMinor : 0,
    principalDisbursedMinor: state.disbursedOn === null ? 0 : state.contract.principalMinor,
    principalOutstandingMinor: state.principalOutstandingMinor,
    interestOutstandingMinor: active ? interestOutstandingMinor(state) : 0,
    penaltyAndFeesMinor: active ? state.penaltyMinor + feesOutstandingMinor(state) : 0,
    overdueMinor: active ? due.fees + due.penalty + due.interest + due.principal : 0,
    suspendedMinor: state.suspendedInterestMinor + state.suspendedPenaltyMinor,
    daysPastDue: overdueDays,
    daysPastDueMax: state.daysPastDueMax,
    bucket: delinquencyBucket(overdueDays),
    assetClass,
    provisionMinor: provisionMinor(state.principalOutstandingMinor, assetClass, provisionRatesBps),
    writtenOffPrincipalMinor: state.writtenOffPrincipalMinor,
    recoveredMinor: state.recoveredMinor,
    restructured: state.restructures.length > 0,
  };
}
