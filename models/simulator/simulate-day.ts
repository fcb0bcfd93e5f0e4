import { cashLines, type DayEmitter, payUpTo, post } from './cash-lines.ts';
import type { CountyState, CountyTraits } from './county-economy.ts';
import { householdWeek, serviceLoan, shutDown } from './household-and-loan.ts';
import type { RandomStream } from './random-stream.ts';
import { CALENDAR_FIRST_DAY, seasons } from './seasons.ts';
import { NOT_YET, type StationState } from './station-state.ts';
import type { StationTraits } from './station-traits.ts';

export interface StationWorld {
  readonly traits: StationTraits;
  readonly county: CountyTraits;
}

/** By stage: agent, partner, service centre. */
const demandByStage = [0.42, 1, 1.5] as const;
const reachByStage = [0.2, 0.42, 0.62] as const;
const overheadMinorByStage = [14_000, 85_000, 260_000] as const;
const closedShareByStage = [0.2, 0.05, 0.015] as const;

/**
 * Lives one day of a station: its trade, its costs, its household and its loan. The one process behind both
 * the reported history (with `emit`) and the re-simulated futures (without): the draws from `random` do not
 * depend on `emit`, and default happens only when the money runs out.
 */
export function simulateDay(
  state: StationState,
  world: StationWorld,
  county: Readonly<CountyState>,
  random: RandomStream,
  emit: DayEmitter | null,
): void {
  const { traits } = world;
  const day = state.day;
  const index = day - CALENDAR_FIRST_DAY;
  if (state.closedDay === NOT_YET) {
    strokesOfFate(state, traits, random, emit);
    if (state.closedDay === NOT_YET) {
      morning(state, traits, index, emit);
      if (isOpen(state, traits, index, random)) trade(state, world, county, index, random, emit);
      closing(state, index, emit);
    }
  }
  if ((day + 4) % 7 === 0) {
    if (state.closedDay === NOT_YET) tradingWeek(state, world, county, random, emit);
    householdWeek(state, traits, random, emit);
  }
  serviceLoan(state, traits, emit);
  state.day += 1;
}

/** Chances a day: illness, long illness, a blow to the household, customers lost at once, a move to the city. */
const ILLNESS = 0.9 / 365;
const LONG_ILLNESS = 0.13 / 365;
const HOUSEHOLD_BLOW = 0.65 / 365;
const CUSTOMERS_LOST = 0.45 / 365;
const MOVES_AWAY = 0.09 / 365;

function strokesOfFate(
  state: StationState,
  traits: StationTraits,
  random: RandomStream,
  emit: DayEmitter | null,
): void {
  if (state.illnessDaysLeft > 0) state.illnessDaysLeft -= 1;
  const planned = traits.training[state.nextTraining];
  if (planned !== undefined && planned.day <= state.day) {
    state.skill += planned.skillGain;
    state.nextTraining += 1;
  }
  let chance = random.uniform();
  if (chance > ILLNESS + LONG_ILLNESS + HOUSEHOLD_BLOW + CUSTOMERS_LOST + MOVES_AWAY) return;
  if (chance < ILLNESS) {
    state.illnessDaysLeft = 2 + random.below(8);
    return;
  }
  chance -= ILLNESS;
  if (chance < LONG_ILLNESS) {
    state.illnessDaysLeft = 25 + random.below(60);
    state.householdDebtMinor += Math.round(random.logNormal(900_000, 0.8));
    return;
  }
  chance -= LONG_ILLNESS;
  if (chance < HOUSEHOLD_BLOW) {
    // A wedding, a hospital, a roof: savings first, then the till, then relatives who want it back.
    // What they cost grows with what there is.
    const cost = Math.round(
      random.logNormal(500_000 + 0.6 * state.savingsMinor + 0.8 * state.cashMinor, 0.9),
    );
    const fromSavings = Math.min(cost, state.savingsMinor);
    state.savingsMinor -= fromSavings;
    const fromTill = payUpTo(state, emit, cashLines.householdDraw, (cost - fromSavings) * 0.8, 50_000);
    state.householdDebtMinor += cost - fromSavings - fromTill;
    return;
  }
  chance -= HOUSEHOLD_BLOW;
  if (chance < CUSTOMERS_LOST) {
    const lost = Math.floor(state.customers * (0.25 + 0.5 * random.uniform()));
    state.customers -= lost;
    state.customersLost += lost;
    state.momentum -= 0.4;
    return;
  }
  shutDown(state, emit);
}

/** Pays for what was sold from the shelves since last week, and the month's rent, power and wages. */
function morning(state: StationState, traits: StationTraits, index: number, emit: DayEmitter | null): void {
  if (state.day % 7 === traits.restockWeekday && state.soldStockCostMinor > 0) {
    const wanted = state.soldStockCostMinor;
    const paid = payUpTo(state, emit, cashLines.restocking, wanted, 20_000);
    // Shelves that could not be filled sell less until the money is there again.
    state.shelfFill = 0.5 * state.shelfFill + 0.5 * (paid / wanted);
    state.soldStockCostMinor = Math.round((wanted - paid) * 0.5);
  }
  const dayOfMonth = seasons.dayOfMonth[index] ?? 0;
  if (dayOfMonth === 5) {
    const overhead = overheadMinorByStage[state.stage] ?? 0;
    const paid = payUpTo(state, emit, cashLines.overhead, overhead, 0);
    state.payablesMinor += overhead - paid;
    state.weekProfitMinor -= overhead;
  }
  if (dayOfMonth === 1) payUpTo(state, emit, cashLines.platformFee, 1_500 + 1_500 * state.stage, 0);
  if (dayOfMonth === 21 && (seasons.month[index] ?? 0) % 3 === 2) {
    post(state, emit, cashLines.bankInterest, 1, Math.round(state.cashMinor * 0.000_75));
  }
}

function isOpen(state: StationState, traits: StationTraits, index: number, random: RandomStream): boolean {
  const chance = random.uniform();
  if (state.illnessDaysLeft > 0) return false;
  if (seasons.festivalRest[index] === 1) return chance < 0.2;
  return chance < 1 - (closedShareByStage[state.stage] ?? 0) * traits.closedDays;
}

function trade(
  state: StationState,
  { traits, county: countyTraits }: StationWorld,
  county: Readonly<CountyState>,
  index: number,
  random: RandomStream,
  emit: DayEmitter | null,
): void {
  const skill = state.skill;
  const road = county.roadClosedDaysLeft > 0;
  const mood = Math.exp(county.economy + state.momentum + 0.22 * random.normal() + (road ? -0.7 : 0));
  if (!road || random.uniform() < 0.15) {
    const season = (seasons.produce[traits.crop][index] ?? 1) * county.harvest;
    const sourcing =
      traits.producerLinks * (1 + 1.3 * Math.min(2, Math.sqrt(state.extraSourcingMinor / 3_000_000)));
    const linked = (0.25 + 0.65 * state.stage) * Math.exp(0.3 * skill + state.momentum);
    const sales = random.poisson(linked * sourcing * season);
    if (sales > 0) sellProduce(state, traits, skill, sales, random, emit);
  }

  const visits = state.customers * (demandByStage[state.stage] ?? 1) * mood;
  const orders = 0.05 * visits * (1 - county.competition) * (seasons.purchase[index] ?? 1);

  const onlineCount = random.poisson(0.55 * orders);
  if (onlineCount > 0) {
    const total = basket(random, onlineCount, traits.orderSizeMinor, 0.8);
    post(state, emit, cashLines.onlineOrder, onlineCount, total);
    post(state, emit, cashLines.orderSettlement, 1, -total);
    const commission = Math.round(total * (0.062 + 0.006 * skill));
    state.commissionDueMinor += commission;
    state.weekProfitMinor += commission;
  }

  const stockReach = 1 + 1.2 * Math.min(2, Math.sqrt(state.extraStockMinor / 3_000_000));
  const shelfCount = random.poisson(0.42 * orders * stockReach * state.shelfFill);
  if (shelfCount > 0) {
    const total = basket(random, shelfCount, traits.orderSizeMinor * 0.6, 0.7);
    const margin = Math.max(0.02, 0.185 + 0.04 * skill);
    post(state, emit, cashLines.shelfSale, shelfCount, total);
    state.soldStockCostMinor += Math.round(total * (1 - margin));
    state.weekProfitMinor += Math.round(total * margin);
  }

  const parcels = random.poisson(0.026 * visits * traits.parcelMix * (seasons.parcel[index] ?? 1));
  if (parcels > 0) {
    const total = basket(random, parcels, 1_150, 0.4);
    post(state, emit, cashLines.parcel, parcels, total);
    const carrier = Math.round(total * 0.64);
    state.carrierDueMinor += carrier;
    state.weekProfitMinor += total - carrier;
  }

  const bills = random.poisson(0.022 * visits * traits.billMix * (seasons.bill[index] ?? 1));
  if (bills > 0) {
    const total = basket(random, bills, 9_500, 0.6);
    post(state, emit, cashLines.bill, bills, total);
    post(state, emit, cashLines.billSettlement, 1, -total);
    state.commissionDueMinor += 90 * bills;
    state.weekProfitMinor += 90 * bills;
  }

  const bookings = random.poisson(0.0035 * visits * traits.serviceMix * (seasons.service[index] ?? 1));
  if (bookings > 0) {
    const total = basket(random, bookings, 21_000 * countyTraits.income, 0.6);
    post(state, emit, cashLines.booking, bookings, total);
    post(state, emit, cashLines.bookingSettlement, 1, -total);
    const commission = Math.round(total * 0.055);
    state.commissionDueMinor += commission;
    state.weekProfitMinor += commission;
  }

  const refunds = random.poisson(0.02 * Math.exp(-0.35 * skill) * (onlineCount + shelfCount));
  if (refunds > 0) {
    const paid = payUpTo(
      state,
      emit,
      cashLines.refund,
      basket(random, refunds, traits.orderSizeMinor * 0.9, 0.6),
      0,
    );
    // The platform makes good what was its fault.
    const recovered = Math.round(paid * 0.55);
    state.commissionDueMinor += recovered;
    state.weekProfitMinor -= paid - recovered;
  }
}

/** Sum of `count` amounts around `typicalMinor`; in all never under three tenths of what is typical. */
function basket(random: RandomStream, count: number, typicalMinor: number, spread: number): number {
  const relative = 1 + (spread / Math.sqrt(count)) * random.triangular();
  return Math.max(count, Math.round(count * typicalMinor * Math.max(0.3, relative)));
}

function sellProduce(
  state: StationState,
  traits: StationTraits,
  skill: number,
  wanted: number,
  random: RandomStream,
  emit: DayEmitter | null,
): void {
  const sold = basket(random, wanted, traits.produceOrderSizeMinor, 0.6);
  const margin = Math.min(0.4, 0.125 + 0.03 * skill + state.produceLuck);
  const cost = Math.round(sold * (1 - margin));
  // Farmers are paid in the morning: no money, no produce.
  const share = Math.min(1, Math.max(0, state.cashMinor - 30_000) / cost);
  const count = Math.floor(wanted * share);
  if (count === 0) return;
  const part = count / wanted;
  post(state, emit, cashLines.produceBought, Math.max(1, count >> 1), -Math.floor(cost * part));
  const takings = Math.floor(sold * part);
  post(state, emit, cashLines.produceSold, count, takings);
  state.weekProfitMinor += takings - Math.floor(cost * part);
}

/** Settles what could not be paid earlier. */
function closing(state: StationState, index: number, emit: DayEmitter | null): void {
  if (state.payablesMinor > 0 && (seasons.dayOfMonth[index] ?? 0) % 5 === 0) {
    state.payablesMinor -= payUpTo(state, emit, cashLines.lateOverhead, state.payablesMinor, 60_000);
  }
}

/** Commission comes, the carrier is paid, customers come and go, and the partner thinks about going on. */
function tradingWeek(
  state: StationState,
  { traits, county: countyTraits }: StationWorld,
  county: Readonly<CountyState>,
  random: RandomStream,
  emit: DayEmitter | null,
): void {
  if (state.commissionDueMinor > 0) {
    post(state, emit, cashLines.commission, 1, state.commissionDueMinor);
    state.commissionDueMinor = 0;
  }
  state.carrierDueMinor -= payUpTo(state, emit, cashLines.carrier, state.carrierDueMinor, 0);

  const share =
    (reachByStage[state.stage] ?? 0) *
    countyTraits.support *
    Math.exp(0.3 * state.skill + 0.15 * traits.motivation + state.reach + 0.5 * state.momentum) *
    (1 - 0.6 * county.competition);
  // Nobody wins a whole village: the share bends towards 1.2 (neighbouring hamlets come too).
  const potential = (traits.households * 1.2 * share) / (0.6 + share);
  const gap = Math.max(0, potential - state.customers);
  const joined = random.poisson(0.3 + 0.045 * gap * Math.exp(0.15 * traits.motivation));
  const churn = 0.011 * Math.exp(-0.35 * state.skill) + (state.customers > potential ? 0.03 : 0);
  const lost = Math.min(state.customers, random.poisson(churn * state.customers));
  state.customers += joined - lost;
  state.customersJoined += joined;
  state.customersLost += lost;

  state.momentum = 0.98 * state.momentum + 0.065 * random.normal();
  state.produceLuck = 0.8 * state.produceLuck + 0.03 * random.normal();
  state.profitAverageMinor += (state.weekProfitMinor - state.profitAverageMinor) / 10;
  state.weekProfitMinor = 0;

  upgrade(state, traits, random, emit);
  const earns = state.profitAverageMinor * 4.35;
  const enough = traits.monthlyNeedMinor * (0.3 - 0.12 * traits.motivation - (state.stage === 0 ? 0.18 : 0));
  const tired =
    (earns < enough ? 0.006 : 0) + (earns < 0 ? 0.04 : 0) + (state.payablesMinor > 400_000 ? 0.03 : 0);
  if (random.uniform() < tired) shutDown(state, emit);
}

/** Agents turn partners, partners grow into service centres, when customers and money allow. */
function upgrade(
  state: StationState,
  traits: StationTraits,
  random: RandomStream,
  emit: DayEmitter | null,
): void {
  const chance = random.uniform();
  const ready = Math.exp(0.4 * traits.motivation);
  if (state.stage === 0 && state.customers > 35 && chance < 0.02 * ready) {
    if (payUpTo(state, emit, cashLines.investedExpense, 200_000, 150_000) > 0) state.stage = 1;
  } else if (state.stage === 1 && state.customers > 130 && state.cashMinor > 1_500_000) {
    if (chance < 0.008 * ready) {
      payUpTo(state, emit, cashLines.investedExpense, 700_000, 500_000);
      state.stage = 2;
    }
  }
}
