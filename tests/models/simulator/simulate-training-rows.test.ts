import { describe, expect, it } from 'vitest';
import { simulateTrainingRows, type TrainingRow } from '../../../models/simulator/simulate-training-rows.ts';

const rows: readonly TrainingRow[] = [
  ...simulateTrainingRows({ seed: 17, applicants: 700, historyDaysMax: 30, resimulations: 24 }),
];
const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const truePd = (row: TrainingRow): number => row.truePd ?? Number.NaN;
const defaultRate = (of: readonly TrainingRow[]): number => mean(of.map((row) => (row.defaulted ? 1 : 0)));

/** Four standard errors of a default rate whose true probabilities are known. */
const tolerance = (of: readonly TrainingRow[]): number =>
  4 * Math.sqrt(mean(of.map((row) => truePd(row) * (1 - truePd(row)) + 0.01)) / of.length);

describe('simulated applicants', () => {
  it('default between one in twenty and one in seven', () => {
    expect(defaultRate(rows)).toBeGreaterThan(0.05);
    expect(defaultRate(rows)).toBeLessThan(0.143);
  });

  it('default as often as their true probability says, over all and in each third', () => {
    const ascending = [...rows].sort((a, b) => truePd(a) - truePd(b));
    const third = Math.floor(rows.length / 3);
    for (const group of [
      rows,
      ascending.slice(0, third),
      ascending.slice(third, 2 * third),
      ascending.slice(2 * third),
    ])
      expect(Math.abs(defaultRate(group) - mean(group.map(truePd)))).toBeLessThan(tolerance(group));
  });

  it('cannot be told apart perfectly even by who knows everything but luck', () => {
    const defaulted = rows.filter((row) => row.defaulted);
    const repaid = rows.filter((row) => !row.defaulted);
    let wins = 0;
    for (const bad of defaulted)
      for (const good of repaid)
        wins += truePd(bad) > truePd(good) ? 1 : truePd(bad) === truePd(good) ? 0.5 : 0;
    const areaUnderCurve = wins / (defaulted.length * repaid.length);
    expect(areaUnderCurve).toBeGreaterThan(0.78);
    expect(areaUnderCurve).toBeLessThan(0.95);
  });

  it('are safer with skill and with discipline', () => {
    for (const trait of ['skill', 'discipline'] as const) {
      const low = rows.filter((row) => row.latent[trait] < -0.5);
      const high = rows.filter((row) => row.latent[trait] > 0.5);
      expect(mean(high.map(truePd))).toBeLessThan(0.75 * mean(low.map(truePd)));
    }
  });

  it('ask regardless of skill: the same amounts for the same size of station', () => {
    const partners = rows.filter((row) => row.station.stage === 'partner');
    const low = partners.filter((row) => row.latent.skill < 0);
    const high = partners.filter((row) => row.latent.skill >= 0);
    const typical = (of: readonly TrainingRow[]) =>
      mean(of.map((row) => Math.log(row.request.requestedPrincipalMinor)));
    // Size follows skill a little; a request that knew of risk would differ by far more.
    expect(Math.abs(typical(high) - typical(low))).toBeLessThan(0.35);
  });

  it('carry only what was known before the day of decision', () => {
    for (const row of rows) {
      expect(row.summaries.every(({ day }) => day < row.applicationDay)).toBe(true);
      expect(row.station.openedOn < row.applicationDay).toBe(true);
      expect(row.station.closedOn).toBeUndefined();
      expect(row.entrepreneur.training.every(({ completedOn }) => completedOn < row.applicationDay)).toBe(
        true,
      );
    }
  });

  it('are spread over the years', () => {
    const years = new Set(rows.map((row) => row.applicationDay.slice(0, 4)));
    expect([...years].sort()).toEqual(['2020', '2021', '2022', '2023', '2024']);
  });

  it('are the same whether or not futures are simulated for them, and however many applicants follow', () => {
    const few = [...simulateTrainingRows({ seed: 17, applicants: 25, historyDaysMax: 30, resimulations: 0 })];
    const known = rows.slice(0, 25).map((row) => ({ ...row, truePd: null }));
    expect(few).toEqual(known);
  });

  it('have the same fate however much of their history is reported', () => {
    const longer = [
      ...simulateTrainingRows({ seed: 17, applicants: 40, historyDaysMax: 365, resimulations: 0 }),
    ];
    expect(longer.map(({ id, defaulted }) => ({ id, defaulted }))).toEqual(
      rows.slice(0, 40).map(({ id, defaulted }) => ({ id, defaulted })),
    );
  });
});
