import { addDays, type BusinessDate } from '../calendar.ts';
import { daysPastDueOver } from './asset-class.ts';
import type { AccountCode } from './chart-of-accounts.ts';
import { NOTHING_ACCRUED } from './day-count.ts';
import type { LoanEventOf } from './loan-event.ts';
import {
  type Allocation,
  feesOutstandingMinor,
  fixedChargeLeftMinor,
  type Installment,
  interestOutstandingMinor,
  type LoanState,
  oldestUnpaidInstallment,
  unpaidOf,
} from './loan-state.ts';
import type { Movement, MovementKind } from './movement.ts';
import { allocateDue } from './waterfall.ts';

/** A state while it is folded, and what the fold moves between accounts. Never leaves the fold. */
export interface LoanDraft {
  readonly state: LoanState;
  readonly movements: Movement[];
}

export function acceptedLoan(event: LoanEventOf<'contract_accepted'>): LoanState {
  const { contract, businessDate } = event;
  return {
    loanId: event.loanId,
    contract,
    status: 'accepted',
    asOf: businessDate,
    acceptedOn: businessDate,
    disbursedOn: null,
    closedOn: null,
    chargedOffOn: null,
    terms: {
      annualRateBps: contract.annualRateBps,
      termMonths: contract.termMonths,
      repayment: contract.product.repayment,
    },
    anchorOn: businessDate,
    periodStartOn: businessDate,
    principalOutstandingMinor: 0,
    principalPrepaidMinor: 0,
    interestCapitalizedMinor: 0,
    installments: [],
    fees: [],
    interestUnbilledMinor: 0,
    interestAccumulator: NOTHING_ACCRUED,
    penaltyMinor: 0,
    penaltyAccumulator: NOTHING_ACCRUED,
    interestUnpostedMinor: 0,
    penaltyUnpostedMinor: 0,
    creditMinor: 0,
    paidMinor: { fees: 0, penalty: 0, interest: 0, principal: 0 },
    writtenOffMinor: 0,
    writtenOffPrincipalMinor: 0,
    guaranteeClaimedMinor: 0,
    guaranteePaidMinor: 0,
    recoveredMinor: 0,
    restructures: [],
    paymentHolidayMonths: 0,
    nonPerformingSince: null,
    nonAccrualSince: null,
    suspendedInterestMinor: 0,
    suspendedPenaltyMinor: 0,
    waivedMinor: { fees: 0, penalty: 0, interest: 0 },
    salesInflowMinor: 0,
    salesDueMinor: 0,
    salesSettledThrough: null,
    arrearsClearedOn: null,
    daysPastDueMax: 0,
    lapsedEventIds: [],
  };
}

/** Record a movement on the draft's day; one without an amount is none. */
export function move(
  draft: LoanDraft,
  kind: MovementKind,
  eventId: string | null,
  moves: Partial<Record<AccountCode, number>>,
  balancing: AccountCode,
): void {
  const lines: { account: AccountCode; amountMinor: number }[] = [];
  for (const [account, amountMinor] of Object.entries(moves) as [AccountCode, number][]) {
    if (amountMinor !== 0) lines.push({ account, amountMinor });
  }
  if (lines.length === 0) return;
  draft.movements.push({ kind, businessDate: draft.state.asOf, eventId, moves: lines, balancing });
}

/** Enter interest that has come to be owed: as income, or in suspense while the loan does not accrue. */
export function enterInterest(draft: LoanDraft, eventId: string | null, interestMinor: number): void {
  const { state } = draft;
  const suspended = state.nonAccrualSince !== null;
  if (suspended) state.suspendedInterestMinor += interestMinor;
  const balancing = suspended ? 'suspended_interest' : 'interest_income';
  move(draft, 'interest_accrued', eventId, { interest_receivable: interestMinor }, balancing);
}

/** Enter interest and penalty accrued since the last movement. */
export function postAccruals(draft: LoanDraft): void {
  const { state } = draft;
  enterInterest(draft, null, state.interestUnpostedMinor);
  const suspended = state.nonAccrualSince !== null;
  if (suspended) state.suspendedPenaltyMinor += state.penaltyUnpostedMinor;
  move(
    draft,
    'penalty_accrued',
    null,
    { penalty_receivable: state.penaltyUnpostedMinor },
    suspended ? 'suspended_penalty' : 'penalty_income',
  );
  state.interestUnpostedMinor = 0;
  state.penaltyUnpostedMinor = 0;
}

export function assessFee(
  draft: LoanDraft,
  eventId: string | null,
  fee: {
    readonly fee: LoanState['fees'][number]['fee'];
    readonly amountMinor: number;
    readonly dueOn: BusinessDate;
  },
): void {
  if (fee.amountMinor === 0) return;
  draft.state.fees.push({ ...fee, paidMinor: 0 });
  move(draft, 'fee_assessed', eventId, { fee_receivable: fee.amountMinor }, 'fee_income');
}

function payDown<Item>(
  items: readonly Item[],
  amountMinor: number,
  owed: (item: Item) => number,
  pay: (item: Item, paidMinor: number) => void,
): number {
  let restMinor = amountMinor;
  for (const item of items) {
    if (restMinor === 0) break;
    const paidMinor = Math.min(restMinor, owed(item));
    pay(item, paidMinor);
    restMinor -= paidMinor;
  }
  return restMinor;
}

/** Mark amounts as paid, oldest first within each component. Interest goes to billed installments first. */
export function settle(draft: LoanDraft, paid: Allocation): void {
  const { state } = draft;
  const billed = state.installments.filter((installment) => installment.billed);
  payDown(
    state.fees,
    paid.fees,
    (fee) => fee.amountMinor - fee.paidMinor,
    (fee, minor) => {
      fee.paidMinor += minor;
    },
  );
  state.penaltyMinor -= paid.penalty;
  state.interestUnbilledMinor -= payDown(
    billed,
    paid.interest,
    (item) => item.interestMinor - item.interestPaidMinor,
    (item, minor) => {
      item.interestPaidMinor += minor;
    },
  );
  payDown(
    billed,
    paid.principal,
    (item) => item.principalMinor - item.principalPaidMinor,
    (item, minor) => {
      item.principalPaidMinor += minor;
    },
  );
  state.principalOutstandingMinor -= paid.principal;
  for (const item of billed) markSettled(item, state.asOf);
  for (const component of ['fees', 'penalty', 'interest', 'principal'] as const) {
    state.paidMinor[component] += paid[component];
  }
}

export function markSettled(installment: Installment, on: BusinessDate): void {
  if (installment.settledOn === null && unpaidOf(installment) === 0) installment.settledOn = on;
}

/** Accounts that a settlement brings down. */
export function settlementMoves(paid: Allocation): Partial<Record<AccountCode, number>> {
  return {
    fee_receivable: -paid.fees,
    penalty_receivable: -paid.penalty,
    interest_receivable: -paid.interest,
    loan_principal: -paid.principal,
  };
}

/** Let the borrower's credit meet what is due. */
export function applyCredit(draft: LoanDraft): void {
  const { state } = draft;
  if (state.creditMinor === 0) return;
  const { allocation, restMinor } = allocateDue(state, state.creditMinor);
  const usedMinor = state.creditMinor - restMinor;
  state.creditMinor = restMinor;
  settle(draft, allocation);
  move(
    draft,
    'credit_applied',
    null,
    { borrower_credit: usedMinor, ...settlementMoves(allocation) },
    'co_lender_settlement',
  );
  earnSuspended(draft, null, allocation);
  closeWhenSettled(draft);
}

/** What was owed in suspense becomes income when it is paid, or all of it when `paid` is left out. */
export function earnSuspended(
  draft: LoanDraft,
  eventId: string | null,
  paid?: Pick<Allocation, 'interest' | 'penalty'>,
): void {
  const { state } = draft;
  const interestMinor = Math.min(state.suspendedInterestMinor, paid?.interest ?? Number.POSITIVE_INFINITY);
  const penaltyMinor = Math.min(state.suspendedPenaltyMinor, paid?.penalty ?? Number.POSITIVE_INFINITY);
  state.suspendedInterestMinor -= interestMinor;
  state.suspendedPenaltyMinor -= penaltyMinor;
  move(
    draft,
    'interest_restored',
    eventId,
    {
      suspended_interest: interestMinor,
      suspended_penalty: penaltyMinor,
      penalty_income: 0 - penaltyMinor,
    },
    'interest_income',
  );
}

export function closeWhenSettled(draft: LoanDraft): void {
  const { state } = draft;
  if (state.status !== 'active') return;
  const owedMinor =
    state.principalOutstandingMinor +
    interestOutstandingMinor(state) +
    fixedChargeLeftMinor(state) +
    state.penaltyMinor +
    feesOutstandingMinor(state);
  if (owedMinor !== 0) return;
  earnSuspended(draft, null);
  state.nonAccrualSince = null;
  state.status = 'closed';
  state.closedOn = state.asOf;
  state.interestAccumulator = NOTHING_ACCRUED;
  state.penaltyAccumulator = NOTHING_ACCRUED;
}

/** Keep the marks that classification needs when arrears shrink or clear. `before`: the oldest unpaid due date. */
export function markArrears({ state }: LoanDraft, before: BusinessDate | null): void {
  // What falls due today and is paid today was never in arrears.
  if (before === null || before >= state.asOf) return;
  const after = oldestUnpaidInstallment(state)?.dueOn ?? null;
  const nonPerformingOn = addDays(before, daysPastDueOver.substandard + 1);
  if (nonPerformingOn <= state.asOf && after !== before) state.nonPerformingSince ??= nonPerformingOn;
  if (state.nonPerformingSince !== null) state.arrearsClearedOn = after === null ? state.asOf : null;
}
