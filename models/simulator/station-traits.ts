import { dateOfEpochDay } from '../../shared/domain/calendar.ts';
import type { Entrepreneur } from '../../shared/domain/entrepreneur.ts';
import type { CountyTraits } from './county-economy.ts';
import { RandomStream, streamPurposes } from './random-stream.ts';
import { type Crop, cropNames } from './seasons.ts';

export interface PlannedTraining {
  readonly day: number;
  readonly course: string;
  readonly hours: number;
  readonly passed: boolean;
  /** What it adds to skill. */
  readonly skillGain: number;
}

/**
 * What a station is born with. Nothing here is ever reported as such: skill, motivation and discipline show
 * only through what the station does. Money in fen (minor units), per month where it says so.
 */
export interface StationTraits {
  readonly countyIndex: number;
  readonly stationIndex: number;
  readonly stationId: string;
  readonly entrepreneurId: string;
  readonly openedDay: number;
  readonly crop: Crop;
  /** Standard normal: trade margins, customers who stay, what a loan is made to earn. */
  readonly skill: number;
  /** Standard normal: opens, seeks customers, trains, carries on. */
  readonly motivation: number;
  /** Standard normal: keeps household and till apart, keeps hours, pays when short. */
  readonly discipline: number;
  /** Days the door stays shut, against the average: a habit of motivation and discipline. */
  readonly closedDays: number;
  readonly households: number;
  readonly producerLinks: number;
  /** Bills, parcels and bookings relative to the average station. */
  readonly billMix: number;
  readonly parcelMix: number;
  readonly serviceMix: number;
  readonly orderSizeMinor: number;
  readonly produceOrderSizeMinor: number;
  readonly monthlyNeedMinor: number;
  readonly monthlyOutsideIncomeMinor: number;
  readonly initialSavingsMinor: number;
  /** What the household will not give up for a debt. */
  readonly savingsReserveMinor: number;
  readonly initialCashMinor: number;
  readonly openMinute: number;
  readonly closeMinute: number;
  readonly restockWeekday: number;
  readonly returnedToVillage: boolean;
  readonly training: readonly PlannedTraining[];
  /** Reporting: the share of days that reach the platform, of customers named, and whether balances do. */
  readonly reportedDayShare: number;
  readonly namedCustomerShare: number;
  readonly reportsBalance: boolean;
}

const courses = [
  'Platform operations',
  'Photographing and listing produce',
  'Bookkeeping for a small shop',
  'Cold chain and packing',
  'Customer service',
] as const;

function plannedTraining(
  random: RandomStream,
  openedDay: number,
  motivation: number,
  countySupport: number,
): PlannedTraining[] {
  const planned: PlannedTraining[] = [];
  // The motivated train more often: selection, beside the course's own effect.
  const coursesPerYear = 0.9 * countySupport * Math.exp(0.45 * motivation);
  let day = openedDay - 20;
  for (let number = 0; number < 12; number += 1) {
    const course = courses[random.below(courses.length)] ?? courses[0];
    const hours = 4 * (1 + random.below(8));
    const passed = random.uniform() < 0.82 + 0.06 * Math.max(-2, Math.min(2, motivation));
    const skillGain = passed ? (0.06 * Math.sqrt(hours / 16)) / (1 + number / 3) : 0.01;
    planned.push({ day, course, hours, passed, skillGain });
    day += Math.ceil((-365 / coursesPerYear) * Math.log(random.uniform()));
  }
  return planned;
}

/** Draws station `stationIndex` of a county: a function of its arguments alone. */
export function drawStation(
  seed: number,
  county: CountyTraits,
  countyIndex: number,
  stationIndex: number,
  openedDay: number,
): StationTraits {
  const random = new RandomStream([seed, streamPurposes.stationTraits, countyIndex, stationIndex]);
  const skill = random.normal();
  const motivation = 0.35 * skill + 0.937 * random.normal();
  const discipline = random.normal();
  const savings = random.logNormal(900_000, 0.6);
  const need = random.logNormal(180_000, 0.15);
  const openMinute = 420 + 15 * random.below(9);
  return {
    countyIndex,
    stationIndex,
    stationId: `stn_sim-${countyIndex}-${stationIndex}`,
    entrepreneurId: `ent_sim-${countyIndex}-${stationIndex}`,
    openedDay,
    crop:
      random.uniform() < 0.65 ? county.mainCrop : (cropNames[random.below(cropNames.length)] ?? 'vegetables'),
    skill,
    motivation,
    discipline,
    closedDays: Math.min(4, Math.exp(-0.3 * motivation - 0.25 * discipline)),
    households: Math.round(random.logNormal(330, 0.35)),
    producerLinks: random.logNormal(1, 0.6),
    billMix: random.logNormal(1, 0.4),
    parcelMix: random.logNormal(1, 0.4),
    serviceMix: random.logNormal(1, 0.5),
    orderSizeMinor: Math.round(random.logNormal(7_800, 0.2) * county.income),
    produceOrderSizeMinor: Math.round(random.logNormal(19_000, 0.35)),
    monthlyNeedMinor: Math.round(need),
    monthlyOutsideIncomeMinor: Math.round(random.logNormal(145_000, 0.2)),
    initialSavingsMinor: Math.round(savings),
    savingsReserveMinor: Math.round(need * random.logNormal(4.5, 0.35) * Math.exp(-0.25 * discipline)),
    initialCashMinor: Math.round(random.logNormal(800_000, 0.5)),
    openMinute,
    closeMinute: openMinute + 540 + 15 * random.below(17),
    restockWeekday: random.below(7),
    returnedToVillage: random.uniform() < 0.4 + 0.08 * Math.max(-2, Math.min(2, motivation)),
    training: plannedTraining(random, openedDay, motivation, county.support),
    reportedDayShare: random.uniform() < 0.8 ? 1 : 0.8 + 0.2 * random.uniform(),
    namedCustomerShare: random.uniform() < 0.15 ? 0 : 0.5 + 0.5 * random.uniform(),
    reportsBalance: random.uniform() < 0.8,
  };
}

/** The entrepreneur as the register knew them on a day: only courses finished by then. */
export function entrepreneurOn(traits: StationTraits, day: number): Entrepreneur {
  return {
    entrepreneurId: traits.entrepreneurId,
    role: 'partner',
    stationIds: [traits.stationId],
    training: traits.training
      .filter((item) => item.day <= day)
      .map((item) => ({
        course: item.course,
        hours: item.hours,
        passed: item.passed,
        completedOn: dateOfEpochDay(item.day),
      })),
    returnedToVillage: traits.returnedToVillage,
  };
}
