import { z } from 'zod';
import { type BusinessDate, businessDate } from '../../shared/domain/calendar.ts';
import { countyId, loanId } from '../../shared/domain/identifiers.ts';
import { assetClasses, delinquencyBuckets } from '../../shared/domain/lending/asset-class.ts';
import { ageLoan } from '../../shared/domain/lending/loan.ts';
import { loanContract } from '../../shared/domain/lending/loan-event.ts';
import type { LoanRecord } from '../../shared/domain/lending/loan-record.ts';
import { snapshotOf } from '../../shared/domain/lending/loan-snapshot.ts';
import {
  allocation,
  amountsDue,
  feeDue,
  installment,
  type LoanState,
  loanState,
  nextPayment,
  payoffMinor,
} from '../../shared/domain/lending/loan-state.ts';
import { amountMinor, signedAmountMinor } from '../../shared/domain/money.ts';

/** A loan as its parties read it: what was agreed, what is owed today, how late it is. */
export const loanView = z.strictObject({
  loanId,
  countyId,
  applicationId: loanContract.shape.applicationId,
  contract: loanContract,
  ...loanState.pick({
    status: true,
    asOf: true,
    acceptedOn: true,
    disbursedOn: true,
    closedOn: true,
    chargedOffOn: true,
    terms: true,
    principalOutstandingMinor: true,
    creditMinor: true,
    paidMinor: true,
    restructures: true,
    paymentHolidayMonths: true,
    writtenOffMinor: true,
    recoveredMinor: true,
    guaranteeClaimedMinor: true,
    guaranteePaidMinor: true,
    waivedMinor: true,
    nonAccrualSince: true,
    suspendedInterestMinor: true,
    suspendedPenaltyMinor: true,
  }).shape,
  /** Of a sales-linked loan: its station's sales since the anchor as far as settled, and what of them fell due. */
  sales: z
    .strictObject({
      settledThrough: businessDate.nullable(),
      inflowMinor: signedAmountMinor,
      dueMinor: amountMinor,
    })
    .nullable(),
  interestOutstandingMinor: amountMinor,
  penaltyAndFeesMinor: amountMinor,
  /** Due today and unpaid, by component. */
  dueMinor: allocation,
  payoffMinor: amountMinor,
  nextInstallment: z.strictObject({ dueOn: businessDate, amountMinor }).nullable(),
  delinquency: z.strictObject({
    daysPastDue: z.int().min(0),
    daysPastDueMax: z.int().min(0),
    bucket: z.enum(delinquencyBuckets),
    overdueMinor: amountMinor,
    assetClass: z.enum(assetClasses),
    provisionMinor: amountMinor,
  }),
});
export type LoanView = z.output<typeof loanView>;

/** A loan's lines of what falls due. */
export const loanSchedule = z.strictObject({
  loanId,
  asOf: businessDate,
  installments: z.array(installment),
  fees: z.array(feeDue),
});

/** A stored state as it stands today: reading needs no nightly run to have come first. */
export function stateToday({ state }: LoanRecord, today: BusinessDate): LoanState {
  return today > state.asOf ? ageLoan(state, today).state : state;
}

export function loanViewOf(record: LoanRecord, today: BusinessDate): LoanView {
  const state = stateToday(record, today);
  const snapshot = snapshotOf(state, record.countyId);
  return {
    loanId: state.loanId,
    countyId: record.countyId,
    applicationId: state.contract.applicationId,
    contract: state.contract,
    status: state.status,
    asOf: state.asOf,
    acceptedOn: state.acceptedOn,
    disbursedOn: state.disbursedOn,
    closedOn: state.closedOn,
    chargedOffOn: state.chargedOffOn,
    terms: state.terms,
    principalOutstandingMinor: state.principalOutstandingMinor,
    creditMinor: state.creditMinor,
    paidMinor: state.paidMinor,
    restructures: state.restructures,
    paymentHolidayMonths: state.paymentHolidayMonths,
    writtenOffMinor: state.writtenOffMinor,
    recoveredMinor: state.recoveredMinor,
    guaranteeClaimedMinor: state.guaranteeClaimedMinor,
    guaranteePaidMinor: state.guaranteePaidMinor,
    waivedMinor: state.waivedMinor,
    nonAccrualSince: state.nonAccrualSince,
    suspendedInterestMinor: state.suspendedInterestMinor,
    suspendedPenaltyMinor: state.suspendedPenaltyMinor,
    sales:
      state.terms.repayment.method === 'sales_linked'
        ? {
            settledThrough: state.salesSettledThrough,
            inflowMinor: state.salesInflowMinor,
            dueMinor: state.salesDueMinor,
          }
        : null,
    interestOutstandingMinor: snapshot.interestOutstandingMinor,
    penaltyAndFeesMinor: snapshot.penaltyAndFeesMinor,
    dueMinor: amountsDue(state),
    payoffMinor: payoffMinor(state),
    nextInstallment: nextPayment(state) ?? null,
    delinquency: {
      daysPastDue: snapshot.daysPastDue,
      daysPastDueMax: snapshot.daysPastDueMax,
      bucket: snapshot.bucket,
      overdueMinor: snapshot.overdueMinor,
      assetClass: snapshot.assetClass,
      provisionMinor: snapshot.provisionMinor,
    },
  };
}
