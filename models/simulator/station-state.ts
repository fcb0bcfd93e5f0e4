import type { Application } from '../../shared/domain/application.ts';
import { stationStages } from '../../shared/domain/station.ts';
import type { StationTraits } from './station-traits.ts';

export const NOT_YET = -1;

/** A loan on its way. Installments fall due monthly on `dueDayOfMonth`, first in the month after disbursal. */
export interface LoanState {
  readonly purpose: Application['purpose'];
  readonly disbursedDay: number;
  readonly dueDayOfMonth: number;
  readonly termMonths: number;
  readonly installmentMinor: number;
  paidMinor: number;
  /** Still to be spent on the purpose. */
  toInvestMinor: number;
  /** How well this investment turns out, for good: hidden until it shows. */
  readonly fortune: number;
  /** Day on which it became 90 days past due, or NOT_YET. */
  defaultedDay: number;
}

/** A station and its household on the eve of `day`. Money in fen. Mutable: `simulateDay` moves it on. */
export interface StationState {
  /** The day that `simulateDay` will live next. */
  day: number;
  /** In the till and the station's account; never negative. */
  cashMinor: number;
  /** Bills the station could not pay when they came. */
  payablesMinor: number;
  savingsMinor: number;
  householdDebtMinor: number;
  closedDay: number;
  /** Index into stationStages. */
  stage: number;
  skill: number;
  nextTraining: number;
  illnessDaysLeft: number;
  customers: number;
  /** Customers who came and went for good since the station opened: which of the pool are still there. */
  customersJoined: number;
  customersLost: number;
  /** Logarithm of demand that nobody sees the cause of; first-order autoregressive by week. */
  momentum: number;
  produceLuck: number;
  /** Stock on the shelves beside what a week's trade needs: what a loan or savings paid for. */
  extraStockMinor: number;
  extraSourcingMinor: number;
  /** Logarithm of the reach that equipment, premises and logistics bought. */
  reach: number;
  /** Share of the shelves that the last restocking filled. */
  shelfFill: number;
  soldStockCostMinor: number;
  commissionDueMinor: number;
  carrierDueMinor: number;
  /** Trading profit of the week so far, and its exponential average by week. */
  weekProfitMinor: number;
  profitAverageMinor: number;
  loan: LoanState | null;
}

export function initialStationState(traits: StationTraits): StationState {
  return {
    day: traits.openedDay,
    cashMinor: traits.initialCashMinor,
    payablesMinor: 0,
    savingsMinor: traits.initialSavingsMinor,
    householdDebtMinor: 0,
    closedDay: NOT_YET,
    stage: traits.motivation > 0.7 ? 1 : 0,
    skill: traits.skill,
    nextTraining: 0,
    illnessDaysLeft: 0,
    customers: 12,
    customersJoined: 12,
    customersLost: 0,
    momentum: 0,
    produceLuck: 0,
    extraStockMinor: 0,
    extraSourcingMinor: 0,
    reach: 0,
    shelfFill: 1,
    soldStockCostMinor: 0,
    commissionDueMinor: 0,
    carrierDueMinor: 0,
    weekProfitMinor: 0,
    profitAverageMinor: traits.monthlyNeedMinor / 8,
    loan: null,
  };
}

export function copyStationState(state: StationState): StationState {
  return { ...state, loan: state.loan === null ? null : { ...state.loan } };
}

export function stageOf(state: StationState): (typeof stationStages)[number] {
  return stationStages[state.stage] ?? 'agent';
}
