import { type BusinessDate, dateOfEpochDay, epochDayOf } from '../../shared/domain/calendar.ts';
import type { County } from '../../shared/domain/county.ts';
import type { Entrepreneur } from '../../shared/domain/entrepreneur.ts';
import type { Station } from '../../shared/domain/station.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import { CountyPath } from './county-economy.ts';
import { RandomStream, streamPurposes } from './random-stream.ts';
import { CALENDAR_FIRST_DAY, CALENDAR_LAST_DAY } from './seasons.ts';
import { hasDefaulted, OUTCOME_HORIZON_DAYS } from './station-loan.ts';
import { type LoanRequest, StationRun } from './station-run.ts';
import { NOT_YET, type StationState, stageOf } from './station-state.ts';
import { drawStation, entrepreneurOn, type StationTraits } from './station-traits.ts';

export interface SimulatedApplication extends LoanRequest {
  /** The loan is granted on the morning of this day; what was known ends with the day before. */
  readonly day: BusinessDate;
  readonly stage: Station['stage'];
  /** 90 days past due within 365 days; null while the simulated window ends before those have passed. */
  readonly defaulted: boolean | null;
  /** Share of re-simulated futures that default; null when `resimulations` is 0. */
  readonly truePd: number | null;
}

export interface SimulatedStation {
  readonly county: County;
  /** As the register has it at the end of the window. */
  readonly station: Station;
  readonly entrepreneur: Entrepreneur;
  /** At most one: every station borrows once, whoever it is. */
  readonly applications: readonly SimulatedApplication[];
  /** In order of time, from the later of opening and the window's first day. Each call starts anew. */
  transactions(): Generator<Transaction>;
  /** The same, a day at a time; days without transactions are left out. */
  transactionDays(): Generator<{ readonly day: BusinessDate; readonly transactions: readonly Transaction[] }>;
}

export interface CountyOptions {
  /** Safe integer ≥ 0. */
  readonly seed: number;
  readonly countyIndex: number;
  readonly stations: number;
  readonly startDay: BusinessDate;
  readonly days: number;
  /** Share of stations that borrow within the window. Default 0.7. */
  readonly applicationShare?: number;
  /** Every station that is open and old enough borrows on this day, instead of a share on days of their own. */
  readonly applicationsOn?: BusinessDate;
  /** Futures per application for `truePd`; default 0. Each costs about 0.2 ms. */
  readonly resimulations?: number;
}

/**
 * A county's stations, one at a time. Station k depends on the seed, the county's index, k and the window,
 * never on how many stations are asked for. Raises RangeError when the window leaves 2016 to 2031.
 */
export function* simulateCounty(options: CountyOptions): Generator<SimulatedStation> {
  const firstDay = epochDayOf(options.startDay);
  const endDay = firstDay + options.days;
  if (firstDay < CALENDAR_FIRST_DAY + 60 || endDay > CALENDAR_LAST_DAY - 60) {
    throw new RangeError(
      `window from ${options.startDay} of ${options.days} days leaves March 2016 to October 2031`,
    );
  }
  const path = new CountyPath(options.seed, options.countyIndex);
  for (let index = 0; index < options.stations; index += 1) {
    yield simulateStation(options, path, index, firstDay, endDay);
  }
}

function simulateStation(
  options: CountyOptions,
  path: CountyPath,
  stationIndex: number,
  firstDay: number,
  endDay: number,
): SimulatedStation {
  const { seed, countyIndex } = options;
  const random = new RandomStream([seed, streamPurposes.application, countyIndex, stationIndex]);
  const earlierOpening = Math.max(
    CALENDAR_FIRST_DAY + 30,
    firstDay - 700 + random.below(700 + Math.max(1, Math.floor(options.days * 0.6))),
  );
  const newOpening = firstDay + random.below(Math.max(1, Math.floor(options.days * 0.6)));
  // Who would have closed before the window opens a station within it: there is none without a history.
  const openedDay = closesBefore(options, path, stationIndex, earlierOpening, firstDay)
    ? newOpening
    : earlierOpening;
  const earliest = Math.max(firstDay, openedDay) + 120;
  const borrows = random.uniform() < (options.applicationShare ?? 0.7) && earliest < endDay;
  const ownDay = borrows ? earliest + random.below(endDay - earliest) : null;
  const loanDay =
    options.applicationsOn === undefined ? ownDay : commonLoanDay(options.applicationsOn, earliest);
  const traits = drawStation(seed, path.traits, countyIndex, stationIndex, openedDay);
  const run = new StationRun(seed, path, traits, loanDay);
  const applications: SimulatedApplication[] = [];
  if (loanDay !== null) {
    run.liveUntil(loanDay);
    const stage = stageOf(run.state);
    const request = run.drawRequest();
    const open = run.state.closedDay === NOT_YET;
    const resimulations = options.resimulations ?? 0;
    const truePd = open && resimulations > 0 ? run.trueProbabilityOfDefault(request, resimulations) : null;
    run.liveUntil(endDay);
    const over = endDay > loanDay + OUTCOME_HORIZON_DAYS;
    const defaulted = over ? hasDefaulted(run.state) : null;
    if (open) applications.push({ day: dateOfEpochDay(loanDay), ...request, stage, defaulted, truePd });
  }
  run.liveUntil(endDay);

  function* transactionDays() {
    const again = new StationRun(seed, path, traits, loanDay);
    again.liveUntil(firstDay);
    for (const { day, transactions } of again.reportUntil(endDay)) {
      if (transactions.length > 0) yield { day: dateOfEpochDay(day), transactions };
    }
  }
  return {
    county: path.traits.county,
    station: stationOf(traits, run.state),
    entrepreneur: entrepreneurOn(traits, endDay),
    applications,
    transactionDays,
    *transactions() {
      for (const { transactions } of transactionDays()) yield* transactions;
    },
  };
}

function commonLoanDay(applicationsOn: BusinessDate, earliest: number): number | null {
  const day = epochDayOf(applicationsOn);
  return day < earliest ? null : day;
}

function closesBefore(
  options: CountyOptions,
  path: CountyPath,
  stationIndex: number,
  openedDay: number,
  firstDay: number,
): boolean {
  if (openedDay >= firstDay) return false;
  const traits = drawStation(options.seed, path.traits, options.countyIndex, stationIndex, openedDay);
  const run = new StationRun(options.seed, path, traits, null);
  run.liveUntil(firstDay);
  return run.state.closedDay !== NOT_YET;
}

/** The station as the register has it on the eve of the state's day. */
export function stationOf(traits: StationTraits, state: StationState): Station {
  return {
    stationId: traits.stationId,
    countyId: `cty_sim-${traits.countyIndex}`,
    village: `Village ${traits.countyIndex}-${traits.stationIndex}`,
    openedOn: dateOfEpochDay(traits.openedDay),
    ...(state.closedDay === NOT_YET ? {} : { closedOn: dateOfEpochDay(state.closedDay) }),
    stage: stageOf(state),
    currency: 'CNY',
    timeZone: 'Asia/Shanghai',
  };
}
