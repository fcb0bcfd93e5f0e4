import { describe, expect, it } from 'vitest';
import { type SimulatedStation, simulateCounty } from '../../../models/simulator/simulate-county.ts';
import { entrepreneur } from '../../../shared/domain/entrepreneur.ts';
import { station } from '../../../shared/domain/station.ts';
import { transaction } from '../../../shared/domain/transaction.ts';

const window = { startDay: '2022-01-01', days: 500 } as const;
const county = (seed: number, stations: number, countyIndex = 0): SimulatedStation[] => [
  ...simulateCounty({ seed, countyIndex, stations, ...window }),
];
const print = (simulated: SimulatedStation | undefined): string =>
  JSON.stringify({ ...simulated, rows: [...(simulated?.transactions() ?? [])] });

describe('a simulated county', () => {
  it('is the same again from the same seed, and another from another', () => {
    const first = county(1, 4).map(print);
    expect(county(1, 4).map(print)).toEqual(first);
    expect(county(2, 4).map(print)).not.toEqual(first);
  });

  it('gives station k the same history however many stations are generated, in whatever order they are read', () => {
    const alone = print([...simulateCounty({ seed: 9, countyIndex: 3, stations: 6, ...window })][5]);
    const among = county(9, 12, 3);
    for (const other of [...among].reverse()) print(other);
    expect(print(among[5])).toBe(alone);
  });

  it('gives no two stations or counties the same history', () => {
    const histories = [...county(4, 5, 0), ...county(4, 5, 1)].map((simulated) =>
      [...simulated.transactions()].map((row) => row.amountMinor).join(),
    );
    expect(new Set(histories).size).toBe(histories.length);
  });

  it('reports transactions, stations and entrepreneurs that the domain accepts', () => {
    for (const simulated of county(5, 6)) {
      expect(station.parse(simulated.station)).toEqual(simulated.station);
      expect(entrepreneur.parse(simulated.entrepreneur)).toEqual(simulated.entrepreneur);
      let rows = 0;
      for (const row of simulated.transactions()) {
        if (rows % 7 === 0) expect(transaction.parse(row)).toEqual(row);
        expect(Number.isSafeInteger(row.amountMinor) && row.amountMinor !== 0).toBe(true);
        rows += 1;
      }
      expect(rows).toBeGreaterThan(0);
    }
  });

  it('reports in order of time, within the window and the life of the station, each id once', () => {
    const ids = new Set<string>();
    let rows = 0;
    for (const simulated of county(6, 8)) {
      let before = '';
      for (const { day, transactions } of simulated.transactionDays()) {
        expect(day >= window.startDay && day < '2023-05-16').toBe(true);
        expect(day >= simulated.station.openedOn).toBe(true);
        if (simulated.station.closedOn !== undefined) expect(day <= simulated.station.closedOn).toBe(true);
        for (const row of transactions) {
          // 08:00 in UTC is 16:00 in Shanghai; the local day is the business day.
          expect(new Date(Date.parse(row.occurredAt) + 28_800_000).toISOString().slice(0, 10)).toBe(day);
          expect(row.occurredAt >= before).toBe(true);
          before = row.occurredAt;
          ids.add(row.transactionId);
          rows += 1;
        }
      }
    }
    expect(ids.size).toBe(rows);
    for (const id of [...ids].slice(0, 50))
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('never contradicts its balances: each is the one before plus the amount, and no till closes below zero', () => {
    let checked = 0;
    for (const simulated of county(7, 16)) {
      const rows = [...simulated.transactions()];
      if (rows[0]?.balanceAfterMinor === undefined) continue;
      let balance = rows[0].balanceAfterMinor - rows[0].amountMinor;
      const gaps = rows.filter((row) => {
        const expected = balance + row.amountMinor;
        balance = row.balanceAfterMinor ?? Number.NaN;
        return expected !== row.balanceAfterMinor;
      });
      // A day that was never reported shows as one jump.
      const everyDay = gaps.length === 0;
      if (everyDay) checked += 1;
      else expect(gaps.length).toBeLessThan(window.days / 4);
      for (const { transactions } of simulated.transactionDays())
        expect(transactions.at(-1)?.balanceAfterMinor ?? 0).toBeGreaterThanOrEqual(0);
    }
    expect(checked).toBeGreaterThan(2);
  });

  it('has stations that state balances and name customers, and stations that do not', () => {
    const shares = county(8, 30).map((simulated) => {
      const rows = [...simulated.transactions()].filter((row) => row.kind === 'purchase_order');
      return {
        balances: rows.some((row) => row.balanceAfterMinor !== undefined),
        named: rows.filter((row) => row.counterparty !== undefined).length / rows.length,
      };
    });
    expect(new Set(shares.map((share) => share.balances)).size).toBe(2);
    expect(shares.some((share) => share.named === 0)).toBe(true);
    expect(shares.some((share) => share.named > 0.8)).toBe(true);
  });

  it('has customers who come back', () => {
    const visits = new Map<string, number>();
    for (const simulated of county(10, 5))
      for (const row of simulated.transactions())
        if (row.kind === 'purchase_order' && row.counterparty !== undefined)
          visits.set(row.counterparty, (visits.get(row.counterparty) ?? 0) + 1);
    const all = [...visits.values()].reduce((sum, count) => sum + count, 0);
    const byRegulars = [...visits.values()]
      .filter((count) => count >= 4)
      .reduce((sum, count) => sum + count, 0);
    expect(byRegulars / all).toBeGreaterThan(0.5);
    expect([...visits.values()].some((count) => count === 1)).toBe(true);
  });

  it('uses every kind of transaction but those only a correction makes', () => {
    const kinds = new Set(
      county(11, 12).flatMap((simulated) => [...simulated.transactions()].map((row) => row.kind)),
    );
    expect(kinds.size).toBe(13);
  });

  it('leaves an outcome open while its year is not over', () => {
    const applications = county(12, 40).flatMap((simulated) => simulated.applications);
    expect(applications.length).toBeGreaterThan(10);
    for (const application of applications)
      expect(application.defaulted === null).toBe(application.day >= '2022-05-16');
  });

  it('refuses a window outside its calendar', () => {
    expect(() => [
      ...simulateCounty({ seed: 1, countyIndex: 0, stations: 1, startDay: '2031-01-01', days: 730 }),
    ]).toThrow(RangeError);
  });
});
