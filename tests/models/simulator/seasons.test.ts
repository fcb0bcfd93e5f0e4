import { describe, expect, it } from 'vitest';
import {
  CALENDAR_FIRST_DAY,
  cropNames,
  crops,
  seasons,
  springFestivalDates,
} from '../../../models/simulator/seasons.ts';
import { simulateCounty } from '../../../models/simulator/simulate-county.ts';
import { epochDayOf } from '../../../shared/domain/calendar.ts';
import type { TransactionKind } from '../../../shared/domain/transaction.ts';

const lunar = new Intl.DateTimeFormat('en-u-ca-chinese', {
  month: 'numeric',
  day: 'numeric',
  timeZone: 'UTC',
});
const at = (values: ArrayLike<number>, date: string): number =>
  values[epochDayOf(date) - CALENDAR_FIRST_DAY] ?? Number.NaN;

/** Transactions of a kind per day over the days that `inSeason` picks, of 50 stations in two counties. */
function perDay(kind: TransactionKind, days: readonly (readonly [from: string, to: string])[]): number[] {
  const counts = days.map(() => 0);
  for (const countyIndex of [0, 1])
    for (const simulated of simulateCounty({
      seed: 31,
      countyIndex,
      stations: 25,
      startDay: '2021-06-01',
      days: 640,
      applicationShare: 0,
    }))
      for (const { day, transactions } of simulated.transactionDays())
        for (const [index, [from, to]] of days.entries())
          if (day >= from && day <= to)
            counts[index] = (counts[index] ?? 0) + transactions.filter((row) => row.kind === kind).length;
  return counts.map((count, index) => {
    const [from, to] = days[index] ?? ['', ''];
    return count / (epochDayOf(to) - epochDayOf(from) + 1);
  });
}

describe('the seasons', () => {
  // ICU's new moon is minutes off, which moves the day when it falls near midnight in Beijing (2027, 2030).
  it.each(springFestivalDates)('put the Spring Festival on the first day of the lunar year: %s', (date) => {
    const expected = ['2027-02-06', '2030-02-03'].includes(date) ? ['12/30', '1/2'] : ['1/1'];
    expect(expected).toContain(lunar.format(Date.parse(`${date}T00:00:00Z`)));
  });

  it('average one, so that a season moves trade and does not make it', () => {
    for (const values of [seasons.purchase, seasons.parcel, seasons.bill, seasons.service])
      expect(values.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(1, 9);
  });

  it('put each harvest in its month', () => {
    for (const crop of cropNames) {
      const middle = Date.UTC(2023, 0, 1 + crops[crop].middle);
      const peak = new Date(middle).toISOString().slice(0, 10);
      const opposite = new Date(middle - 182 * 86_400_000).toISOString().slice(0, 10);
      expect(at(seasons.produce[crop], peak)).toBeGreaterThan(1.4 * at(seasons.produce[crop], opposite));
    }
  });

  it('show in what stations report: 双十一 above its neighbours, the Spring Festival a lull', () => {
    const [singlesDay = 0, october = 0, shopping = 0, festival = 0] = perDay('purchase_order', [
      ['2022-11-11', '2022-11-11'],
      ['2022-10-10', '2022-10-31'],
      ['2023-01-05', '2023-01-19'],
      ['2023-01-22', '2023-01-26'],
    ]);
    expect(singlesDay).toBeGreaterThan(1.8 * october);
    expect(shopping).toBeGreaterThan(2 * festival);
  });
});
