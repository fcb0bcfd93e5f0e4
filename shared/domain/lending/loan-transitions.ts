import { addDays } from '../calendar.ts';
import { DomainError } from '../errors.ts';
import { allInRateBps } from './all-in-rate.ts';
import { lendingLawViolations } from './lending-law.ts';
import { ageTo } from './loan-ageing.ts';
import {
  acceptedLoan,
  assessFee,
  closeWhenSettled,
  type LoanDraft,
  markArrears,
  move,
  postAccruals,
} from './loan-draft.ts';
import type { LoanEvent, LoanEventOf, LoanEventType, LoanResultCode } from './loan-event.ts';
import { chargeOff, receivePrepayment, receiveRepayment, spendCreditAhead } from './loan-receipts.ts';
import { grantPaymentHoliday, layOutContract, restructure } from './loan-rescheduling.ts';
import { type LoanState, nextInstallment, oldestUnpaidInstallment, payoffMinor } from './loan-state.ts';
import { waivableMinor, waive } from './loan-waiver.ts';
import { dueDates } from './repayment-calendar.ts';
import { originationFeeMinor } from './repayment-schedule.ts';
import { settleSales } from './sales-remittance.ts';

/**
 * Days after the contract in which its borrower may cancel it, the day of the contract not counted, while nothing is
 * paid out: the right of withdrawal of Directive 2008/48/EC, art. 14. The lender may cancel at any time until then.
 */
export const COOLING_OFF_DAYS = 14;

/** Money that has moved at the bank: whatever the books say later, it is entered. */
const cashEvents: ReadonlySet<LoanEventType> = new Set([
  'repayment',
  'prepayment',
  'payoff',
  'recovery',
  'guarantee_claim_paid',
  'credit_refunded',
]);

function hasSchedule(event: LoanEventOf<'contract_accepted'> | LoanEventOf<'restructured'>): boolean {
  const terms = event.type === 'restructured' ? event : event.contract;
  const method = event.type === 'restructured' ? event.repayment : event.contract.product.repayment;
  try {
    return dueDates(method, event.businessDate, terms.termMonths).length > 0;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}

/** Whether an event may happen to a loan as it stands on the event's day; `applied` when it may. */
export function checkEvent(state: LoanState | null, event: LoanEvent): LoanResultCode {
  if (event.type === 'contract_accepted') {
    if (state !== null) return 'contract_exists';
    return hasSchedule(event) ? 'applied' : 'schedule_impossible';
  }
  if (state === null) return 'contract_missing';
  switch (event.type) {
    case 'disbursement_instructed':
      return checkNotInstructed(state);
    case 'contract_cancelled': {
      const result = checkNotInstructed(state);
      if (result !== 'applied' || event.cancelledBy === 'lender') return result;
      return event.businessDate > addDays(state.acceptedOn, COOLING_OFF_DAYS) ? 'cooling_off_over' : result;
    }
    case 'disbursement_posted':
    case 'disbursement_voided':
      if (state.status === 'cancelled') return 'loan_cancelled';
      if (state.status === 'accepted') return 'disbursement_not_instructed';
      return state.status === 'disbursing' ? 'applied' : 'disbursement_already_posted';
    case 'repayment':
      return state.disbursedOn === null ? 'loan_not_disbursed' : 'applied';
    case 'recovery':
      if (state.disbursedOn === null) return 'loan_not_disbursed';
      return state.status === 'charged_off' ? 'applied' : 'loan_not_charged_off';
    case 'guarantee_claim_paid':
      if (state.disbursedOn === null) return 'loan_not_disbursed';
      if (state.status !== 'charged_off') return 'loan_not_charged_off';
      return event.amountMinor > state.guaranteeClaimedMinor - state.guaranteePaidMinor
        ? 'exceeds_guarantee_claim'
        : 'applied';
    case 'credit_refunded':
      if (state.disbursedOn === null) return 'loan_not_disbursed';
      return event.amountMinor > state.creditMinor ? 'exceeds_credit' : 'applied';
    case 'repayment_reversed':
      return 'applied';
    case 'prepayment':
    case 'payoff':
    case 'fee_assessed':
    case 'waived':
    case 'sales_settled':
    case 'payment_holiday_granted':
    case 'restructured':
    case 'charged_off':
      return checkActive(state, event);
  }
}

function checkNotInstructed({ status }: LoanState): LoanResultCode {
  if (status === 'accepted') return 'applied';
  if (status === 'cancelled') return 'loan_cancelled';
  return status === 'disbursing' ? 'disbursement_already_instructed' : 'disbursement_already_posted';
}

function checkActive(
  state: LoanState,
  event: LoanEventOf<
    | 'prepayment'
    | 'payoff'
    | 'fee_assessed'
    | 'waived'
    | 'sales_settled'
    | 'payment_holiday_granted'
    | 'restructured'
    | 'charged_off'
  >,
): LoanResultCode {
  if (state.disbursedOn === null) return 'loan_not_disbursed';
  if (state.status === 'closed') return 'loan_closed';
  if (state.status === 'charged_off') return 'loan_charged_off';
  if (event.type === 'payoff' && event.amountMinor < payoffMinor(state)) return 'payoff_short';
  if (event.type === 'payment_holiday_granted' && nextInstallment(state) === undefined) {
    return 'nothing_left_to_move';
  }
  if (event.type === 'waived' && event.amountMinor > waivableMinor(state, event.component)) {
    return 'exceeds_waivable';
  }
  if (event.type === 'sales_settled') {
    if (state.terms.repayment.method !== 'sales_linked') return 'not_sales_linked';
    const settled = state.salesSettledThrough;
    return settled !== null && event.businessDate <= settled ? 'sales_day_settled' : 'applied';
  }
  return event.type === 'restructured' ? checkRestructuring(state, event) : 'applied';
}

function checkRestructuring(state: LoanState, event: LoanEventOf<'restructured'>): LoanResultCode {
  if (state.principalOutstandingMinor === 0) return 'nothing_left_to_move';
  if (event.repayment.method === 'sales_linked') {
    if (state.contract.stationId === undefined) return 'station_unknown';
    // Its total is fixed: no rate runs on it, and no old interest stands beside it.
    if (event.annualRateBps !== 0 || !event.capitalizesInterest) return 'sales_linked_terms';
  }
  if (!hasSchedule(event)) return 'schedule_impossible';
  const { annualRateBps, termMonths, repayment, businessDate } = event;
  const terms = {
    // What the origination cost was charged for is not charged again.
    product: {
      ...state.contract.product,
      repayment,
      originationFee: { feeBps: 0, collected: 'first_installment' as const },
    },
    principalMinor: state.principalOutstandingMinor,
    annualRateBps,
    termMonths,
  };
  const aprBps = allInRateBps(terms, businessDate);
  return lendingLawViolations({ ...terms, aprBps }, businessDate).length > 0 ? 'terms_unlawful' : 'applied';
}

/**
 * Let an event happen on its day. One that a backdated event has left nothing to do for lapses, and is
 * named in `lapsedEventIds`; cash never lapses.
 */
export function applyEvent(draft: LoanDraft, event: LoanEvent): void {
  const { state } = draft;
  ageTo(draft, event.businessDate);
  const allowed = checkEvent(state, event) === 'applied';
  if (!allowed && (!cashEvents.has(event.type) || state.disbursedOn === null)) {
    // Nobody decided on a settlement of sales: a loan that needs none is the same with or without it.
    if (event.type !== 'sales_settled') state.lapsedEventIds.push(event.eventId);
    return;
  }
  postAccruals(draft);
  const arrearsBefore = oldestUnpaidInstallment(state)?.dueOn ?? null;
  perform(draft, event);
  markArrears(draft, state.status === 'charged_off' ? null : arrearsBefore);
}

function perform(draft: LoanDraft, event: LoanEvent): void {
  const { state } = draft;
  switch (event.type) {
    case 'contract_accepted':
    case 'repayment_reversed':
      return;
    case 'disbursement_instructed':
      state.status = 'disbursing';
      move(
        draft,
        event.type,
        event.eventId,
        { disbursement_in_transit: paidOutMinor(state) },
        'settlement_cash',
      );
      return;
    case 'disbursement_voided':
      state.status = 'accepted';
      move(
        draft,
        event.type,
        event.eventId,
        { disbursement_in_transit: -paidOutMinor(state) },
        'settlement_cash',
      );
      return;
    case 'disbursement_posted':
      disburse(draft, event.eventId);
      return;
    case 'contract_cancelled':
      state.status = 'cancelled';
      state.closedOn = state.asOf;
      return;
    case 'repayment':
    case 'recovery':
      receiveRepayment(draft, event.amountMinor, event.eventId);
      return;
    case 'prepayment':
      receivePrepayment(draft, event.amountMinor, event.eventId, event.effect);
      return;
    case 'payoff':
      receivePrepayment(draft, event.amountMinor, event.eventId, 'shorten_term');
      return;
    case 'fee_assessed':
      assessFee(draft, event.eventId, {
        fee: event.fee,
        amountMinor: event.amountMinor,
        dueOn: event.businessDate,
      });
      return;
    case 'waived':
      waive(draft, event);
      closeWhenSettled(draft);
      return;
    case 'sales_settled':
      settleSales(state, event);
      return;
    case 'payment_holiday_granted':
      grantPaymentHoliday(draft, event.months);
      return;
    case 'restructured':
      restructure(draft, event);
      spendCreditAhead(draft, event.eventId);
      return;
    case 'charged_off':
      chargeOff(draft, event.eventId);
      return;
    case 'guarantee_claim_paid':
      receiveGuarantee(draft, event);
      return;
    case 'credit_refunded':
      refundCredit(draft, event);
      return;
  }
}

/** What leaves for the borrower: principal, less an origination fee that is deducted. */
function paidOutMinor({ contract }: LoanState): number {
  const deducted = contract.product.originationFee.collected === 'deducted';
  return contract.principalMinor - (deducted ? originationFeeMinor(contract) : 0);
}

function disburse(draft: LoanDraft, eventId: string): void {
  const { state } = draft;
  const { contract } = state;
  const feeMinor = originationFeeMinor(contract);
  state.status = 'active';
  state.disbursedOn = state.asOf;
  state.anchorOn = state.asOf;
  state.periodStartOn = state.asOf;
  state.principalOutstandingMinor = contract.principalMinor;
  layOutContract(state);
  move(
    draft,
    'disbursement_posted',
    eventId,
    { loan_principal: contract.principalMinor, disbursement_in_transit: -paidOutMinor(state) },
    'fee_income',
  );
  if (contract.product.originationFee.collected === 'first_installment') {
    assessFee(draft, eventId, {
      fee: 'origination',
      amountMinor: feeMinor,
      dueOn: nextInstallment(state)?.dueOn ?? state.asOf,
    });
  }
}

function receiveGuarantee(draft: LoanDraft, event: LoanEventOf<'guarantee_claim_paid'>): void {
  const { state } = draft;
  const claimedMinor = Math.min(event.amountMinor, state.guaranteeClaimedMinor - state.guaranteePaidMinor);
  state.guaranteePaidMinor += claimedMinor;
  // More than the claim that stands after a backdated event is owed back.
  move(
    draft,
    event.type,
    event.eventId,
    { guarantee_receivable: -claimedMinor, guarantor_payable: -(event.amountMinor - claimedMinor) },
    'settlement_cash',
  );
}

function refundCredit(draft: LoanDraft, event: LoanEventOf<'credit_refunded'>): void {
  const { state } = draft;
  const creditMinor = Math.min(event.amountMinor, state.creditMinor);
  const overpaidMinor = event.amountMinor - creditMinor;
  state.creditMinor -= creditMinor;
  // The bank has paid; what was no longer the borrower's to have is owed again, or lost with the rest.
  if (overpaidMinor > 0) {
    state.fees.push({ fee: 'refund_overpaid', dueOn: state.asOf, amountMinor: overpaidMinor, paidMinor: 0 });
  }
  if (state.status === 'charged_off') {
    state.writtenOffMinor += overpaidMinor;
    move(
      draft,
      event.type,
      event.eventId,
      { borrower_credit: creditMinor, loan_loss: overpaidMinor },
      'settlement_cash',
    );
    return;
  }
  if (overpaidMinor > 0 && state.status === 'closed') {
    state.status = 'active';
    state.closedOn = null;
  }
  move(
    draft,
    event.type,
    event.eventId,
    { borrower_credit: creditMinor, fee_receivable: overpaidMinor },
    'settlement_cash',
  );
  closeWhenSettled(draft);
}

/** The first draft of a loan. */
export function openDraft(event: LoanEventOf<'contract_accepted'>): LoanDraft {
  return { state: acceptedLoan(event), movements: [] };
}
