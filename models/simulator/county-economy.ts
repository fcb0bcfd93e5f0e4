import type { County } from '../../shared/domain/county.ts';
import { leadingGroupHeads } from '../../shared/domain/county.ts';
import { RandomStream, streamPurposes } from './random-stream.ts';
import { CALENDAR_FIRST_DAY, CALENDAR_LAST_DAY, type Crop, cropNames, seasons } from './seasons.ts';

export interface CountyTraits {
  readonly county: County;
  /** What most villages of the county grow. */
  readonly mainCrop: Crop;
  /** Purchasing power against the average county. */
  readonly income: number;
  /** How well the county supports its stations: reach of customers, against the average. */
  readonly support: number;
  /** Closures a year at the height of the rainy season's hazard. */
  readonly roadClosuresPerYear: number;
}

/** What is happening in a county on a day. Mutable: `stepCounty` moves it to the next day. */
export interface CountyState {
  day: number;
  /** Logarithm of demand, first-order autoregressive by month. */
  economy: number;
  /** This year's harvest against a normal one. */
  harvest: number;
  roadClosedDaysLeft: number;
  /** Share of demand a competing platform has taken, and where that is heading. */
  competition: number;
  competitionTarget: number;
}

/** Support by the office that heads the leading group: attention costs a county nothing but rank. */
const supportByHead = [1.12, 1.06, 1.0, 0.96, 0.88] as const;

export function countyTraits(seed: number, countyIndex: number): CountyTraits {
  const random = new RandomStream([seed, streamPurposes.countyTraits, countyIndex]);
  const head = random.below(leadingGroupHeads.length);
  return {
    county: {
      countyId: `cty_sim-${countyIndex}`,
      name: `Simulated county ${countyIndex}`,
      leadingGroupHead: leadingGroupHeads[head] ?? 'none',
    },
    mainCrop: cropNames[random.below(cropNames.length)] ?? 'rice',
    income: random.logNormal(1, 0.15),
    support: (supportByHead[head] ?? 1) * random.logNormal(1, 0.08),
    roadClosuresPerYear: random.logNormal(1.2, 0.6),
  };
}

export function initialCountyState(day: number): CountyState {
  return { day, economy: 0, harvest: 1, roadClosedDaysLeft: 0, competition: 0, competitionTarget: 0 };
}

/** Moves the county one day on. The same process makes the past and, with a fresh stream, possible futures. */
export function stepCounty(state: CountyState, traits: CountyTraits, random: RandomStream): void {
  state.day += 1;
  const index = state.day - CALENDAR_FIRST_DAY;
  if (seasons.dayOfMonth[index] === 1) {
    state.economy = 0.88 * state.economy + 0.05 * random.normal();
    if (seasons.month[index] === 0) {
      const failed = random.uniform() < 0.1;
      state.harvest = (failed ? 0.5 : 1) * random.logNormal(1, 0.13);
    }
    // A competing platform comes about once in eleven years and fades as the stations answer.
    if (random.uniform() < 0.0075) state.competitionTarget = 0.15 + 0.35 * random.uniform();
    else state.competitionTarget *= 0.97;
  }
  state.competition += (state.competitionTarget - state.competition) / 90;
  if (state.roadClosedDaysLeft > 0) state.roadClosedDaysLeft -= 1;
  else if (random.uniform() < ((seasons.rain[index] ?? 0) * traits.roadClosuresPerYear) / 120) {
    state.roadClosedDaysLeft = 3 + Math.floor(-8 * Math.log(random.uniform()));
  }
}

/** The county as it really went, day by day; the part of a station's fate it shares with its neighbours. */
export class CountyPath {
  readonly traits: CountyTraits;
  private readonly days: readonly Readonly<CountyState>[];

  constructor(seed: number, countyIndex: number) {
    this.traits = countyTraits(seed, countyIndex);
    const random = new RandomStream([seed, streamPurposes.countyPath, countyIndex]);
    const state = initialCountyState(CALENDAR_FIRST_DAY);
    const days: CountyState[] = [{ ...state }];
    while (state.day < CALENDAR_LAST_DAY) {
      stepCounty(state, this.traits, random);
      days.push({ ...state });
    }
    this.days = days;
  }

  /** Raises RangeError outside 2016 to 2031. */
  on(day: number): Readonly<CountyState> {
    const state = this.days[day - CALENDAR_FIRST_DAY];
    if (state === undefined)
      throw new RangeError(`day ${day} is outside the simulator's calendar, 2016-2031`);
    return state;
  }
}
