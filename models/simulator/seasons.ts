import { dateOfEpochDay, epochDayOf } from '../../shared/domain/calendar.ts';

/** First day of the lunar year (春节), from the Hong Kong Observatory's conversion tables. */
export const springFestivalDates = [
  '2016-02-08',
  '2017-01-28',
  '2018-02-16',
  '2019-02-05',
  '2020-01-25',
  '2021-02-12',
  '2022-02-01',
  '2023-01-22',
  '2024-02-10',
  '2025-01-29',
  '2026-02-17',
  '2027-02-06',
  '2028-01-26',
  '2029-02-13',
  '2030-02-03',
  '2031-01-23',
  '2032-02-11',
] as const;

/** The calendar the simulator knows: 2016 to 2031. */
export const CALENDAR_FIRST_DAY = epochDayOf('2016-01-01');
export const CALENDAR_LAST_DAY = epochDayOf('2031-12-31');
const DAYS = CALENDAR_LAST_DAY - CALENDAR_FIRST_DAY + 1;

/** Harvest: the middle of the season (day of year), its spread in days, and the share sold all year round. */
export const crops = {
  tea: { middle: 105, spread: 20, allYear: 0.3 },
  bayberry: { middle: 172, spread: 14, allYear: 0.1 },
  rice: { middle: 275, spread: 28, allYear: 0.35 },
  citrus: { middle: 325, spread: 32, allYear: 0.15 },
  bamboo_shoots: { middle: 85, spread: 22, allYear: 0.2 },
  vegetables: { middle: 200, spread: 70, allYear: 0.7 },
} as const;
export type Crop = keyof typeof crops;
export const cropNames: readonly Crop[] = [
  'tea',
  'bayberry',
  'rice',
  'citrus',
  'bamboo_shoots',
  'vegetables',
];

/** One number per calendar day, indexed by epoch day − CALENDAR_FIRST_DAY. Demand factors average about 1. */
export interface SeasonTable {
  /** Orders of goods to the village. */
  readonly purchase: Float64Array;
  readonly parcel: Float64Array;
  readonly bill: Float64Array;
  readonly service: Float64Array;
  readonly produce: Readonly<Record<Crop, Float64Array>>;
  /** Relative hazard of a road closure: the rainy season. */
  readonly rain: Float64Array;
  /** `YYYY-MM-DD`. */
  readonly dates: readonly string[];
  /** 1 on the days when nearly everything is shut for the Spring Festival. */
  readonly festivalRest: Uint8Array;
  readonly dayOfMonth: Uint8Array;
  /** 0 to 11. */
  readonly month: Uint8Array;
  /** Months since January 2016. */
  readonly monthIndex: Uint16Array;
  /** Epoch day on which each month since January 2016 begins. */
  readonly monthStarts: Int32Array;
}

function springFestivalOffset(day: number): number {
  let nearest = 1_000;
  for (const date of springFestivalDates) {
    const offset = day - epochDayOf(date);
    if (Math.abs(offset) < Math.abs(nearest)) nearest = offset;
  }
  return nearest;
}

/** The platform's sales: 双十一 towers over 618 and 双十二. */
function onlineSale(month: number, dayOfMonth: number): number {
  if (month === 10) {
    if (dayOfMonth === 11) return 3.2;
    if (dayOfMonth < 11) return 1.15;
    return dayOfMonth <= 14 ? 1.3 : 0.95;
  }
  if (month === 5 && dayOfMonth >= 16 && dayOfMonth <= 18) return 1.6;
  if (month === 11 && dayOfMonth >= 10 && dayOfMonth <= 12) return 1.4;
  return 1;
}

/** New-year shopping, the shut-down, and the migrants still at home. */
function festivalShopping(offset: number): number {
  if (offset >= -24 && offset < -2) return 1.25 + 0.6 * (1 - Math.abs(offset + 8) / 16);
  if (offset >= -2 && offset <= 5) return 0.45;
  return offset > 5 && offset <= 16 ? 1.1 : 1;
}

function normalized(raw: Float64Array): Float64Array {
  const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length;
  return raw.map((value) => value / mean);
}

function build(): SeasonTable {
  const [purchase, parcel, bill, service, rain] = Array.from({ length: 5 }, () => new Float64Array(DAYS));
  if (!purchase || !parcel || !bill || !service || !rain) throw new RangeError('empty calendar');
  const produceRaw = new Map(cropNames.map((crop) => [crop, new Float64Array(DAYS)]));
  const festivalRest = new Uint8Array(DAYS);
  const dayOfMonths = new Uint8Array(DAYS);
  const months = new Uint8Array(DAYS);
  const monthIndex = new Uint16Array(DAYS);
  const monthStarts: number[] = [];
  const dates: string[] = [];
  for (let index = 0; index < DAYS; index += 1) {
    const day = CALENDAR_FIRST_DAY + index;
    const date = dateOfEpochDay(day);
    dates.push(date);
    const month = Number(date.slice(5, 7)) - 1;
    const dayOfMonth = Number(date.slice(8, 10));
    if (dayOfMonth === 1) monthStarts.push(day);
    const offset = springFestivalOffset(day);
    const dayOfYear = day - epochDayOf(`${date.slice(0, 4)}-01-01`);
    // 1970-01-01 was a Thursday.
    const weekend = (day + 4) % 7 === 0 || (day + 4) % 7 === 6;
    purchase[index] = festivalShopping(offset) * onlineSale(month, dayOfMonth) * (weekend ? 1.12 : 0.95);
    parcel[index] = (offset >= -4 && offset <= 7 ? 0.3 : 1) * (month === 10 && dayOfMonth > 10 ? 1.4 : 1);
    bill[index] = (dayOfMonth <= 10 ? 1.5 : 0.75) * (month >= 10 ? 1.35 : 1) * (offset === 0 ? 0.2 : 1);
    // Tickets before the festival and back to the city after it; school in late August.
    service[index] = (offset >= -30 && offset <= 12 ? 1.8 : 1) * (month === 7 && dayOfMonth > 14 ? 1.4 : 1);
    for (const crop of cropNames) {
      const { middle, spread, allYear } = crops[crop];
      const direct = Math.abs(dayOfYear - middle);
      const distance = Math.min(direct, 365 - direct) / spread;
      const gifts = offset >= -26 && offset < -4 ? 1.5 : 1;
      const values = produceRaw.get(crop);
      if (values) values[index] = (allYear + 2.4 * Math.exp(-0.5 * distance * distance)) * gifts;
    }
    rain[index] = dayOfYear >= 150 && dayOfYear <= 215 ? 1 : 0.12;
    festivalRest[index] = offset >= -1 && offset <= 4 ? 1 : 0;
    dayOfMonths[index] = dayOfMonth;
    months[index] = month;
    monthIndex[index] = monthStarts.length - 1;
  }
  const produceOf = (crop: Crop): Float64Array => normalized(produceRaw.get(crop) ?? new Float64Array(DAYS));
  return {
    purchase: normalized(purchase),
    parcel: normalized(parcel),
    bill: normalized(bill),
    service: normalized(service),
    produce: {
      tea: produceOf('tea'),
      bayberry: produceOf('bayberry'),
      rice: produceOf('rice'),
      citrus: produceOf('citrus'),
      bamboo_shoots: produceOf('bamboo_shoots'),
      vegetables: produceOf('vegetables'),
    },
    rain,
    dates,
    festivalRest,
    dayOfMonth: dayOfMonths,
    month: months,
    monthIndex,
    monthStarts: Int32Array.from(monthStarts),
  };
}

export const seasons: SeasonTable = build();

/** The business date of an epoch day from 2016 to 2031, from a table: `dateOfEpochDay` costs a Date. */
export function calendarDate(day: number): string {
  const date = seasons.dates[day - CALENDAR_FIRST_DAY];
  if (date === undefined) throw new RangeError(`day ${day} is outside the simulator's calendar, 2016-2031`);
  return date;
}
