import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays } from '../../shared/domain/calendar.ts';
import { type DaySummary, HASH_CEILING_EXACT } from '../../shared/domain/day-summary.ts';
import { transactionKinds } from '../../shared/domain/transaction.ts';
import { type FeatureName, features } from '../../shared/features/feature-list.ts';
import { HISTORY_WINDOW_DAYS, historyView } from '../../shared/features/history-view.ts';
import { historyExtent, pointInTimeFeatures } from '../../shared/features/point-in-time-features.ts';
import type { RequestFacts } from '../../shared/features/request-facts.ts';
import { AS_OF, day, days, facts } from './day-summaries.ts';

const AMOUNT_MAX = 1_000_000_000;

const totals = fc.record({
  count: fc.integer({ min: 1, max: 500 }),
  inflowMinor: fc.nat(AMOUNT_MAX),
  outflowMinor: fc.nat(AMOUNT_MAX),
});

function summaryOf(daysAgo: fc.Arbitrary<number>): fc.Arbitrary<DaySummary> {
  return fc
    .record({
      daysAgo,
      kinds: fc.dictionary(fc.constantFrom(...transactionKinds), totals, { maxKeys: 5 }),
      reversedCount: fc.nat(5),
      minutes: fc.tuple(fc.nat(1439), fc.nat(1439)),
      balance: fc.option(fc.integer({ min: -AMOUNT_MAX, max: AMOUNT_MAX })),
      hashCeiling: fc.constantFrom(HASH_CEILING_EXACT, 2 ** 31, 2 ** 29),
      customers: fc.uniqueArray(
        fc.record({
          hash: fc.nat(2 ** 32 - 1),
          count: fc.integer({ min: 1, max: 9 }),
          turnoverMinor: fc.nat(AMOUNT_MAX),
        }),
        { selector: (customer) => customer.hash, maxLength: 6 },
      ),
    })
    .map((draw) => {
      const transactionCount = Object.values(draw.kinds).reduce((sum, kind) => sum + kind.count, 0);
      const active = transactionCount > 0;
      return {
        day: addDays(AS_OF, -draw.daysAgo),
        transactionCount,
        reversedCount: draw.reversedCount,
        kinds: draw.kinds,
        firstMinuteOfDay: active ? Math.min(...draw.minutes) : null,
        lastMinuteOfDay: active ? Math.max(...draw.minutes) : null,
        closingBalanceMinor: active ? draw.balance : null,
        lowestBalanceMinor: active && draw.balance !== null ? draw.balance - 1 : null,
        customers: {
          hashCeiling: draw.hashCeiling,
          customers: draw.customers
            .filter((customer) => active && customer.hash < draw.hashCeiling)
            .sort((a, b) => a.hash - b.hash),
        },
      };
    });
}

const distinctDays = (daysAgo: fc.Arbitrary<number>) =>
  fc.uniqueArray(summaryOf(daysAgo), { selector: (summary) => summary.day, maxLength: 60 });
const history = distinctDays(
  fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: HISTORY_WINDOW_DAYS + 100 })),
);

const requests: fc.Arbitrary<RequestFacts> = fc.record({
  requestedPrincipalMinor: fc.option(fc.integer({ min: 1, max: AMOUNT_MAX })),
  requestedTermMonths: fc.option(fc.integer({ min: 1, max: 60 })),
  indicativeAnnualRateBps: fc.nat(3_600),
  station: fc.record({
    openedOn: fc.option(fc.constantFrom('2016-05-01', '2025-12-31', AS_OF)),
    stage: fc.option(fc.constantFrom('agent', 'partner', 'service')),
  }),
  entrepreneur: fc.option(fc.constant({ training: [], returnedToVillage: false })),
});

const bytesOf = (vector: Float32Array) => Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
const vectorBytes = (summaries: readonly DaySummary[], request: RequestFacts, asOf = AS_OF) =>
  bytesOf(pointInTimeFeatures(summaries, request, asOf)).toString('hex');

describe('point-in-time features', () => {
  it('never change by anything dated asOf or later', () => {
    fc.assert(
      fc.property(
        history,
        distinctDays(fc.integer({ min: -400, max: 0 })),
        requests,
        (past, future, request) => {
          expect(vectorBytes([...future, ...past], request)).toBe(vectorBytes(past, request));
        },
      ),
    );
  });

  it('never change by anything older than the window', () => {
    fc.assert(
      fc.property(
        distinctDays(fc.integer({ min: 1, max: HISTORY_WINDOW_DAYS })),
        distinctDays(fc.integer({ min: HISTORY_WINDOW_DAYS + 1, max: 2_000 })),
        requests,
        (past, older, request) => {
          expect(vectorBytes([...past, ...older], request)).toBe(vectorBytes(past, request));
        },
      ),
    );
  });

  it('do not depend on the order of the days', () => {
    fc.assert(
      fc.property(
        history.chain((past) =>
          fc.tuple(fc.constant(past), fc.shuffledSubarray(past, { minLength: past.length })),
        ),
        requests,
        ([past, shuffled], request) => {
          expect(vectorBytes(shuffled, request)).toBe(vectorBytes(past, request));
        },
      ),
    );
  });

  it('are missing or inside their bounds, never infinite', () => {
    fc.assert(
      fc.property(history, requests, (past, request) => {
        const vector = pointInTimeFeatures(past, request, AS_OF);
        expect(vector.length).toBe(features.length);
        for (const [index, feature] of features.entries()) {
          const value = vector[index] ?? Number.NaN;
          if (Number.isNaN(value)) continue;
          expect(value, feature.name).toBeGreaterThanOrEqual(feature.minimum);
          expect(value, feature.name).toBeLessThanOrEqual(feature.maximum);
        }
      }),
    );
  });

  it('keep every share, rate and ratio when all money is counted in a coin eight times smaller', () => {
    const levels: readonly FeatureName[] = ['monthly_commission_180d', 'commission_per_transaction_180d'];
    fc.assert(
      fc.property(history, requests, (past, request) => {
        const scaled = past.map(
          (summary): DaySummary => ({
            ...summary,
            kinds: Object.fromEntries(
              Object.entries(summary.kinds).map(([kind, { count, inflowMinor, outflowMinor }]) => [
                kind,
                { count, inflowMinor: inflowMinor * 8, outflowMinor: outflowMinor * 8 },
              ]),
            ),
            closingBalanceMinor:
              summary.closingBalanceMinor === null ? null : summary.closingBalanceMinor * 8,
            lowestBalanceMinor: summary.lowestBalanceMinor === null ? null : summary.lowestBalanceMinor * 8,
            customers: {
              ...summary.customers,
              customers: summary.customers.customers.map((customer) => ({
                ...customer,
                turnoverMinor: customer.turnoverMinor * 8,
              })),
            },
          }),
        );
        const principal = request.requestedPrincipalMinor;
        const before = pointInTimeFeatures(past, request, AS_OF);
        const after = pointInTimeFeatures(
          scaled,
          { ...request, requestedPrincipalMinor: principal === null ? null : principal * 8 },
          AS_OF,
        );
        for (const [index, { name, maximum }] of features.entries()) {
          const expected = (before[index] ?? Number.NaN) * (levels.includes(name) ? 8 : 1);
          expect(after[index], name).toEqual(Math.fround(Math.min(maximum, expected)));
        }
      }),
    );
  });

  it('are the same read today and read again a year later', () => {
    const past = days(200, 1, 'parcel 3 300 0', { closing: 500 });
    const later = days(0, -364, 'parcel 9 900 0', { closing: 9_000 });
    expect(vectorBytes([...past, ...later], facts)).toBe(vectorBytes(past, facts));
    expect(vectorBytes([...past, ...later], facts, addDays(AS_OF, 1))).not.toBe(vectorBytes(past, facts));
  });

  it('refuse a day that comes twice', () => {
    expect(() => historyView([day(5, 'parcel 1 100 0'), day(5, 'parcel 1 100 0')], AS_OF)).toThrow(
      'two summaries of 2026-02-24',
    );
  });
});

describe('the extent of a history', () => {
  it('begins with the first day on which a transaction stands and ends before asOf', () => {
    const summaries = [
      day(200, '', { reversed: 1 }),
      day(120, 'parcel 2 200 0'),
      day(90, 'parcel 3 300 0'),
      day(4, 'parcel 1 100 0'),
      day(0, 'parcel 7 700 0'),
    ];
    expect(historyExtent(historyView(summaries, AS_OF))).toEqual({
      firstDay: '2025-11-01',
      lastDay: '2026-02-25',
      activeDays: 3,
      activeDaysLast90: 2,
      transactionCount: 6,
    });
  });

  it('is empty where nothing was ever recorded', () => {
    expect(historyExtent(historyView([], AS_OF))).toEqual({
      firstDay: null,
      lastDay: null,
      activeDays: 0,
      activeDaysLast90: 0,
      transactionCount: 0,
    });
  });
});
