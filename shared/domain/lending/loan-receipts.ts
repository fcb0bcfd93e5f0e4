import { BPS, mulDivMinor } from '../money.ts';
import { NOTHING_ACCRUED } from './day-count.ts';
import {
  closeWhenSettled,
  earnSuspended,
  type LoanDraft,
  markSettled,
  move,
  settle,
  settlementMoves,
} from './loan-draft.ts';
import { rebuildSchedule, regularMinor } from './loan-rescheduling.ts';
import { type Allocation, feesOutstandingMinor, overduePrincipalMinor, unpaidOf } from './loan-state.ts';
import { allocateDue, allocateRepayment } from './waterfall.ts';

const NOTHING_PAID: Allocation = { fees: 0, penalty: 0, interest: 0, principal: 0 };

function add(a: Allocation, b: Partial<Allocation>): Allocation {
  return {
    fees: a.fees + (b.fees ?? 0),
    penalty: a.penalty + (b.penalty ?? 0),
    interest: a.interest + (b.interest ?? 0),
    principal: a.principal + (b.principal ?? 0),
  };
}

/** Money from the borrower, whatever the loan has become meanwhile: cash that arrived is never refused. */
export function receiveRepayment(draft: LoanDraft, amountMinor: number, eventId: string): void {
  const { state } = draft;
  if (state.status === 'charged_off') {
    recover(draft, amountMinor, eventId);
    return;
  }
  const { allocation, restMinor } = allocateDue(state, amountMinor);
  settle(draft, allocation);
  const ahead =
    state.status === 'active' && state.terms.repayment.method === 'sales_linked'
      ? payAhead(draft, restMinor, eventId)
      : { paid: {}, restMinor };
  state.creditMinor += ahead.restMinor;
  move(
    draft,
    'repayment',
    eventId,
    { ...settlementMoves(add(allocation, ahead.paid)), borrower_credit: -ahead.restMinor },
    'settlement_cash',
  );
  earnSuspended(draft, eventId, allocation);
  closeWhenSettled(draft);
}

/** A sales-linked loan keeps no credit while something is to come: what waited is paid ahead at once. */
export function spendCreditAhead(draft: LoanDraft, eventId: string): void {
  const { state } = draft;
  if (state.creditMinor === 0 || state.terms.repayment.method !== 'sales_linked') return;
  const { paid, restMinor } = payAhead(draft, state.creditMinor, eventId);
  const usedMinor = state.creditMinor - restMinor;
  state.creditMinor = restMinor;
  move(
    draft,
    'credit_applied',
    eventId,
    { borrower_credit: usedMinor, ...settlementMoves(add(NOTHING_PAID, paid)) },
    'co_lender_settlement',
  );
  closeWhenSettled(draft);
}

/** A sales-linked loan takes what the month's sales bring: it meets the coming floors in order. */
function payAhead(
  draft: LoanDraft,
  amountMinor: number,
  eventId: string,
): { readonly paid: Partial<Allocation>; readonly restMinor: number } {
  const { state } = draft;
  let restMinor = amountMinor;
  let interest = 0;
  let principal = 0;
  for (const item of state.installments) {
    if (restMinor === 0) break;
    const takenMinor = item.billed ? 0 : Math.min(restMinor, unpaidOf(item));
    if (takenMinor === 0) continue;
    const paidMinor = item.principalPaidMinor + item.interestPaidMinor + takenMinor;
    const interestPaidMinor = mulDivMinor(
      item.interestMinor,
      paidMinor,
      item.principalMinor + item.interestMinor,
    );
    interest += interestPaidMinor - item.interestPaidMinor;
    principal += paidMinor - interestPaidMinor - item.principalPaidMinor;
    item.interestPaidMinor = interestPaidMinor;
    item.principalPaidMinor = paidMinor - interestPaidMinor;
    markSettled(item, state.asOf);
    restMinor -= takenMinor;
  }
  // Nothing of the fixed total is left: a fee that was to come meets what remains.
  const fees = Math.min(restMinor, feesOutstandingMinor(state));
  settle(draft, { fees, penalty: 0, interest: 0, principal: 0 });
  state.principalOutstandingMinor -= principal;
  state.paidMinor.interest += interest;
  state.paidMinor.principal += principal;
  move(draft, 'interest_accrued', eventId, { interest_receivable: interest }, 'interest_income');
  return { paid: { fees, interest, principal }, restMinor: restMinor - fees };
}

/**
 * Money meant to shorten or lighten the loan: what is due first, then fees to come and the interest to the
 * day, then principal ahead of schedule. Credit that waited for the next installment goes along.
 */
export function receivePrepayment(
  draft: LoanDraft,
  amountMinor: number,
  eventId: string,
  effect: 'reduce_installment' | 'shorten_term',
): void {
  const { state } = draft;
  if (state.status !== 'active' || state.terms.repayment.method === 'sales_linked') {
    receiveRepayment(draft, amountMinor, eventId);
    return;
  }
  const keepMinor = effect === 'shorten_term' ? regularMinor(state) : undefined;
  const creditBeforeMinor = state.creditMinor;
  const due = allocateDue(state, amountMinor + creditBeforeMinor);
  settle(draft, due.allocation);
  const early = allocateRepayment(
    due.restMinor,
    {
      fees: feesOutstandingMinor(state),
      penalty: 0,
      interest: state.interestUnbilledMinor,
      principal: state.principalOutstandingMinor - overduePrincipalMinor(state),
    },
    ['fees', 'interest', 'principal'],
  );
  // What is due is paid by now wherever something is left, so interest settles the unbilled part.
  settle(draft, early.allocation);
  state.creditMinor = early.restMinor;
  move(
    draft,
    'repayment',
    eventId,
    {
      ...settlementMoves(add(due.allocation, early.allocation)),
      borrower_credit: creditBeforeMinor - early.restMinor,
    },
    'settlement_cash',
  );
  earnSuspended(draft, eventId, add(due.allocation, early.allocation));
  if (early.allocation.principal > 0) {
    state.principalPrepaidMinor += early.allocation.principal;
    state.interestAccumulator = NOTHING_ACCRUED;
    state.periodStartOn = state.asOf;
    rebuildSchedule(state, keepMinor);
  }
  closeWhenSettled(draft);
}

/** Money on a loan that was written off: the guarantor's share is the share of the loss it bore. */
export function recover(draft: LoanDraft, amountMinor: number, eventId: string): void {
  const { state } = draft;
  const recoveredMinor = Math.min(amountMinor, state.writtenOffMinor - state.recoveredMinor);
  const guarantorMinor = (totalMinor: number) =>
    state.writtenOffMinor === 0
      ? 0
      : mulDivMinor(state.guaranteeClaimedMinor, totalMinor, state.writtenOffMinor);
  const owedMinor =
    guarantorMinor(state.recoveredMinor + recoveredMinor) - guarantorMinor(state.recoveredMinor);
  state.recoveredMinor += recoveredMinor;
  state.creditMinor += amountMinor - recoveredMinor;
  move(
    draft,
    'recovery',
    eventId,
    {
      recovery_income: -(recoveredMinor - owedMinor),
      guarantor_payable: -owedMinor,
      borrower_credit: -(amountMinor - recoveredMinor),
    },
    'settlement_cash',
  );
}

/** Write the loan off the books: the guarantee bears its share of lost principal, the lenders the rest. */
export function chargeOff(draft: LoanDraft, eventId: string): void {
  const { state } = draft;
  const offsetMinor = Math.min(state.creditMinor, state.principalOutstandingMinor);
  if (offsetMinor > 0) {
    state.creditMinor -= offsetMinor;
    state.principalOutstandingMinor -= offsetMinor;
    state.principalPrepaidMinor += offsetMinor;
    state.paidMinor.principal += offsetMinor;
    // Credit waits only while nothing is due, so what it offsets was still to come.
    rebuildSchedule(state);
    move(
      draft,
      'credit_applied',
      eventId,
      { borrower_credit: offsetMinor, loan_principal: -offsetMinor },
      'co_lender_settlement',
    );
  }
  const principal = state.principalOutstandingMinor;
  const interest = state.installments
    .filter((item) => item.billed)
    .reduce((sum, item) => sum + item.interestMinor - item.interestPaidMinor, state.interestUnbilledMinor);
  const written: Allocation = {
    fees: feesOutstandingMinor(state),
    penalty: state.penaltyMinor,
    interest,
    principal,
  };
  state.guaranteeClaimedMinor = mulDivMinor(principal, state.contract.guaranteeShareBps, BPS);
  state.writtenOffPrincipalMinor = principal;
  state.writtenOffMinor = written.fees + written.penalty + written.interest + written.principal;
  state.principalOutstandingMinor = 0;
  state.status = 'charged_off';
  state.chargedOffOn = state.asOf;
  // What was never income is no loss.
  const { suspendedInterestMinor, suspendedPenaltyMinor } = state;
  state.suspendedInterestMinor = 0;
  state.suspendedPenaltyMinor = 0;
  move(
    draft,
    'charge_off',
    eventId,
    {
      guarantee_receivable: state.guaranteeClaimedMinor,
      ...settlementMoves(written),
      suspended_interest: suspendedInterestMinor,
      suspended_penalty: suspendedPenaltyMinor,
    },
    'loan_loss',
  );
}
