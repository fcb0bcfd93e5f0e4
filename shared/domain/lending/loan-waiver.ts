import { type LoanDraft, markSettled, move } from './loan-draft.ts';
import type { LoanEventOf } from './loan-event.ts';
import { interestOutstandingMinor, type LoanState } from './loan-state.ts';

type Waiver = LoanEventOf<'waived'>;

/** A refund that was paid twice is money to give back, not a fee to give up. */
const isWaivableFee = ({ fee }: LoanState['fees'][number]) => fee !== 'refund_overpaid';

/** What may be waived of a component on the state's day, in minor units: all that is owed of it, due or not. */
export function waivableMinor(state: LoanState, component: Waiver['component']): number {
  switch (component) {
    case 'fees':
      return state.fees.filter(isWaivableFee).reduce((sum, fee) => sum + fee.amountMinor - fee.paidMinor, 0);
    case 'penalty':
      return state.penaltyMinor;
    case 'interest':
      return interestOutstandingMinor(state);
  }
}

/**
 * Give up what is owed, oldest first. What was in suspense was never income and leaves suspense; the rest is an
 * expense beside the income it was recognised as. The caller has seen that no more is waived than is owed.
 */
export function waive(draft: LoanDraft, { component, amountMinor, eventId }: Waiver): void {
  const { state } = draft;
  state.waivedMinor = { ...state.waivedMinor, [component]: state.waivedMinor[component] + amountMinor };
  switch (component) {
    case 'fees': {
      let restMinor = amountMinor;
      for (const fee of state.fees.filter(isWaivableFee)) {
        const takenMinor = Math.min(restMinor, fee.amountMinor - fee.paidMinor);
        fee.amountMinor -= takenMinor;
        restMinor -= takenMinor;
      }
      move(draft, 'waiver', eventId, { fee_receivable: -amountMinor }, 'waived_income');
      break;
    }
    case 'penalty': {
      state.penaltyMinor -= amountMinor;
      const suspendedMinor = Math.min(amountMinor, state.suspendedPenaltyMinor);
      state.suspendedPenaltyMinor -= suspendedMinor;
      const moves = { penalty_receivable: -amountMinor, suspended_penalty: suspendedMinor };
      move(draft, 'waiver', eventId, moves, 'waived_income');
      break;
    }
    case 'interest': {
      waiveInterest(state, amountMinor);
      const suspendedMinor = Math.min(amountMinor, state.suspendedInterestMinor);
      state.suspendedInterestMinor -= suspendedMinor;
      const moves = { interest_receivable: -amountMinor, suspended_interest: suspendedMinor };
      move(draft, 'waiver', eventId, moves, 'waived_income');
      break;
    }
  }
}

function waiveInterest(state: LoanState, amountMinor: number): void {
  let restMinor = amountMinor;
  for (const item of state.installments.filter(({ billed }) => billed)) {
    const takenMinor = Math.min(restMinor, item.interestMinor - item.interestPaidMinor);
    item.interestMinor -= takenMinor;
    restMinor -= takenMinor;
    markSettled(item, state.asOf);
  }
  state.interestUnbilledMinor -= restMinor;
}
