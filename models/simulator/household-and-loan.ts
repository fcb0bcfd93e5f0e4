import { cashLines, type DayEmitter, payUpTo, post } from './cash-lines.ts';
import type { RandomStream } from './random-stream.ts';
import { arrearsMinor, DEFAULT_DAYS_PAST_DUE, daysPastDue, isRepaid } from './station-loan.ts';
import { type LoanState, NOT_YET, type StationState } from './station-state.ts';
import type { StationTraits } from './station-traits.ts';

/** Week of the household: what it earns elsewhere, what it needs, what it takes from the till. */
export function householdWeek(
  state: StationState,
  traits: StationTraits,
  random: RandomStream,
  emit: DayEmitter | null,
): void {
  const closed = state.closedDay !== NOT_YET;
  // Whoever gave up the station looks for wages; the search takes two months.
  const wages = closed && state.day > state.closedDay + 60 ? 260_000 : 0;
  const weekly = 7 / 30.4;
  // An agent keeps the station beside a field or a job.
  const beside = !closed && state.stage === 0 ? 70_000 : 0;
  const pressed = state.loan !== null && arrearsMinor(state.loan, state.day) > 0;
  const oddJobs = random.uniform() < 0.35 && pressed ? 30_000 + 40_000 * random.uniform() : 0;
  const earned =
    (traits.monthlyOutsideIncomeMinor + wages + beside) * weekly * (0.5 + random.uniform()) + oddJobs;
  const repaid = Math.min(state.householdDebtMinor, 30_000);
  state.householdDebtMinor -= repaid;
  // A household without savings lives on two thirds.
  const thrift = state.savingsMinor > 0 ? 1 : 0.67;
  const need = traits.monthlyNeedMinor * weekly * thrift + repaid;

  let drawn = 0;
  if (!closed) {
    const cushion = cushionMinor(state, traits);
    const looseness = 0.09 * Math.exp(-0.55 * traits.discipline);
    const wanted = Math.max(0, need - earned) + looseness * Math.max(0, state.cashMinor - cushion);
    drawn = payUpTo(state, emit, cashLines.householdDraw, wanted, 60_000 * Math.exp(0.6 * traits.discipline));
  }
  // Savings beyond half a year's need go into the house and the children.
  const idle = 0.02 * Math.max(0, state.savingsMinor - 6 * traits.monthlyNeedMinor);
  state.savingsMinor = Math.max(0, Math.round(state.savingsMinor + earned + drawn - need - idle));
  if (pressed && state.loan !== null && random.uniform() < 0.11 * Math.exp(0.3 * traits.discipline)) {
    // Relatives step in, to be paid back.
    const lent = arrearsMinor(state.loan, state.day);
    state.householdDebtMinor += lent;
    post(state, emit, cashLines.householdHelp, 1, lent);
  }

  // Savings above the household's reserve refill an empty till, when the partner still believes in it.
  if (!closed && state.cashMinor < 120_000 && traits.motivation > -1) {
    const spare = state.savingsMinor - traits.savingsReserveMinor;
    if (spare > 50_000) help(state, Math.min(spare, 300_000), emit);
  }
}

/** What a careful partner leaves in the till: stock for two weeks and, when there is a loan, an installment. */
function cushionMinor(state: StationState, traits: StationTraits): number {
  const installment = state.loan === null || isRepaid(state.loan) ? 0 : state.loan.installmentMinor;
  return (
    200_000 +
    250_000 * state.stage +
    installment * Math.max(0, 1 + 0.5 * traits.discipline) +
    state.soldStockCostMinor
  );
}

function help(state: StationState, amountMinor: number, emit: DayEmitter | null): void {
  const given = Math.round(amountMinor);
  state.savingsMinor -= given;
  post(state, emit, cashLines.householdHelp, 1, given);
}

/** Spends the loan on its purpose, pays what is due, falls behind when there is nothing to pay with. */
export function serviceLoan(state: StationState, traits: StationTraits, emit: DayEmitter | null): void {
  const loan = state.loan;
  if (loan === null || isRepaid(loan) || loan.defaultedDay !== NOT_YET) return;
  const open = state.closedDay === NOT_YET;
  if (open && loan.toInvestMinor > 0 && (state.day + 2) % 7 === 0) invest(state, loan, emit);

  const arrears = arrearsMinor(loan, state.day);
  if (arrears === 0) return;
  // Trade comes first while there is trade: a till emptied for the bank earns nothing tomorrow.
  const keep = open ? 40_000 + 30_000 * state.stage : 0;
  if (state.cashMinor - keep < arrears) {
    const late = daysPastDue(loan, state.day);
    // Families help late, and the less disciplined later.
    const patience = 10 - 8 * traits.discipline;
    const spare = state.savingsMinor - traits.savingsReserveMinor;
    if (late >= patience && spare > 20_000 && state.day % 7 === 2)
      help(state, Math.min(spare, arrears), emit);
    if (open && late > 20 && state.day % 7 === 4) sellOff(state, 0.2, 0.75, emit);
  }
  const paid = payUpTo(state, emit, cashLines.installment, arrears, keep);
  loan.paidMinor += paid;
  if (paid < arrears && daysPastDue(loan, state.day) >= DEFAULT_DAYS_PAST_DUE) loan.defaultedDay = state.day;
}

/** Puts a fifth of what is left, or the rest, to its purpose: what it brings depends on skill and fortune. */
function invest(state: StationState, loan: LoanState, emit: DayEmitter | null): void {
  const wanted = loan.toInvestMinor < 150_000 ? loan.toInvestMinor : Math.round(loan.toInvestMinor * 0.3);
  const goods = loan.purpose === 'stock' || loan.purpose === 'produce_sourcing';
  const spent = payUpTo(
    state,
    emit,
    goods ? cashLines.investment : cashLines.investedExpense,
    wanted,
    50_000,
  );
  loan.toInvestMinor = spent < wanted ? 0 : loan.toInvestMinor - spent;
  const worth = loan.fortune * Math.exp(0.25 * state.skill);
  switch (loan.purpose) {
    case 'stock':
      state.extraStockMinor += Math.round(spent * worth);
      break;
    case 'produce_sourcing':
      state.extraSourcingMinor += Math.round(spent * worth);
      break;
    case 'training':
      state.skill += Math.min(0.4, (spent / 6_000_000) * worth);
      break;
    case 'equipment':
    case 'premises':
    case 'logistics':
      state.reach += Math.min(0.4, (spent / 5_000_000) * worth);
      break;
  }
}

/** Turns a share of the extra stock into money, at a loss. */
function sellOff(state: StationState, share: number, priceShare: number, emit: DayEmitter | null): void {
  const stock = Math.round(state.extraStockMinor * share);
  const sourcing = Math.round(state.extraSourcingMinor * share);
  state.extraStockMinor -= stock;
  state.extraSourcingMinor -= sourcing;
  const takings = Math.round((stock + sourcing * 0.6) * priceShare);
  if (takings > 1_000)
    post(state, emit, cashLines.clearance, Math.max(1, Math.round(takings / 15_000)), takings);
}

/** The station closes: shelves are cleared, what is owed for stock and rent is paid first. */
export function shutDown(state: StationState, emit: DayEmitter | null): void {
  state.closedDay = state.day;
  post(state, emit, cashLines.commission, 1, state.commissionDueMinor);
  state.commissionDueMinor = 0;
  sellOff(state, 1, 0.55, emit);
  payUpTo(
    state,
    emit,
    cashLines.lateOverhead,
    state.payablesMinor + state.carrierDueMinor + state.soldStockCostMinor * 0.3,
    0,
  );
  state.payablesMinor = 0;
}
