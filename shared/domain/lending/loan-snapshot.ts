import type { BusinessDate } from '../calendar.ts';
import { type AssetClass, type DelinquencyBucket, delinquencyBucket, provisionMinor } from './asset-class.ts';
import { assetClassOf } from './asset-classification.ts';
import {
  amountsDue,
  daysPastDue,
  feesOutstandingMinor,
  interestOutstandingMinor,
  type LoanState,
  type LoanStatus,
} from './loan-state.ts';

/** What a portfolio needs to know of a loan on a day: small, flat, and all a fold reads. */
export interface LoanSnapshot {
  readonly loanId: string;
  readonly asOf: BusinessDate;
  readonly programId: string;
  readonly countyId: string;
  readonly borrowerId: string;
  readonly recommenderId: string | null;
  readonly status: LoanStatus;
  readonly disbursedOn: BusinessDate | null;
  readonly principalDisbursedMinor: number;
  readonly principalOutstandingMinor: number;
  readonly interestOutstandingMinor: number;
  readonly penaltyAndFeesMinor: number;
  /** Due and unpaid today, all components. */
  readonly overdueMinor: number;
  readonly daysPastDue: number;
  readonly daysPastDueMax: number;
  readonly bucket: DelinquencyBucket;
  readonly assetClass: AssetClass;
  readonly provisionMinor: number;
  readonly writtenOffPrincipalMinor: number;
  readonly recoveredMinor: number;
  readonly restructured: boolean;
}

/** A loan's snapshot on its state's date. The county is the program's. */
export function snapshotOf(
  state: LoanState,
  countyId: string,
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
    countyId,
    borrowerId: state.contract.borrowerId,
    recommenderId: state.contract.recommenderId,
    status: state.status,
    disbursedOn: state.disbursedOn,
    principalDisbursedMinor: state.disbursedOn === null ? 0 : state.contract.principalMinor,
    principalOutstandingMinor: state.principalOutstandingMinor,
    interestOutstandingMinor: active ? interestOutstandingMinor(state) : 0,
    penaltyAndFeesMinor: active ? state.penaltyMinor + feesOutstandingMinor(state) : 0,
    overdueMinor: active ? due.fees + due.penalty + due.interest + due.principal : 0,
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
