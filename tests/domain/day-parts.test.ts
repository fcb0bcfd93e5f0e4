import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  emptyBundle,
  mergeIntoBundle,
  type ReportedRow,
  reportedRow,
} from '../../shared/domain/day-bundle.ts';
import {
  bundleOfParts,
  covers,
  type DayPart,
  defaultPartBounds,
  holds,
  isWholeDay,
  mergeIntoParts,
} from '../../shared/domain/day-parts.ts';
import { mergeSummaries, summarizePart } from '../../shared/domain/merge-summaries.ts';
import { AMOUNT_MINOR_MAX } from '../../shared/domain/money.ts';
import { summarizeDay } from '../../shared/domain/summarize-day.ts';
import { decodePartSummary, encodePartSummary } from '../../shared/store/summary-codec.ts';
import { SAMPLE_DAY, SAMPLE_NOW_MS, sampleTransaction } from '../support/sample-transactions.ts';

const ZONE = 'Asia/Shanghai';
const day = { day: SAMPLE_DAY, currency: 'CNY' };
const wholeDay: readonly DayPart[] = [{ prefix: '', rows: [] }];
const small = { rowsMax: 6, bytesMax: 1e9, depthMax: 7 };

/** Few ids, so that duplicates, conflicts and reversals meet; few customers, so that parts share them. */
const reports = fc.array(
  fc
    .record({
      id: fc.integer({ min: 0, max: 60 }),
      minute: fc.integer({ min: 0, max: 40 }),
      amount: fc.constantFrom(100, 100, 250),
      customer: fc.option(fc.integer({ min: 0, max: 90 })),
      balance: fc.option(fc.integer({ min: -500, max: 500 })),
      undoes: fc.option(fc.integer({ min: 0, max: 60 }), { freq: 4 }),
    })
    .map(
      ({ id, minute, amount, customer, balance, undoes }): ReportedRow =>
        reportedRow(
          sampleTransaction({
            transactionId: undoes === null ? `t-${id}` : `u-${id}`,
            occurredAt: `${SAMPLE_DAY}T02:${String(minute).padStart(2, '0')}:00Z`,
            amountMinor: undoes === null ? amount : -amount,
            ...(customer === null ? {} : { counterparty: `v${customer}` }),
            ...(balance === null ? {} : { balanceAfterMinor: balance }),
            ...(undoes === null ? {} : { reverses: `t-${undoes}` }),
          }),
        ),
    ),
  { maxLength: 150 },
);

const summaryOf = (parts: readonly DayPart[]) =>
  mergeSummaries(parts.map((part) => summarizePart(day, part, ZONE)));

describe('a busy day in parts', () => {
  it('judges every report as one bundle would, and holds the same rows', () => {
    fc.assert(
      fc.property(reports, fc.integer({ min: 1, max: 40 }), (rows, size) => {
        let whole = emptyBundle(SAMPLE_DAY, 'CNY');
        let parts = wholeDay;
        for (let from = 0; from < rows.length; from += size) {
          const batch = rows.slice(from, from + size);
          const one = mergeIntoBundle(whole, batch, SAMPLE_NOW_MS + from);
          const divided = mergeIntoParts(parts, batch, SAMPLE_NOW_MS + from, small);
          expect(divided.outcomes).toEqual(one.outcomes);
          whole = one.bundle;
          parts = divided.parts;
        }
        expect(bundleOfParts(day, parts)).toEqual(whole);
        expect(isWholeDay(parts.map(({ prefix }) => prefix))).toBe(true);
        for (const { prefix, rows: held } of parts)
          expect(held.every((row) => holds(prefix, row))).toBe(true);
      }),
    );
  });

  it('has parts whose summaries, stored and read, add up to exactly the summary of all its rows', () => {
    fc.assert(
      fc.property(reports, (rows) => {
        const { parts } = mergeIntoParts(wholeDay, rows, SAMPLE_NOW_MS, small);
        const stored = parts.map((part) =>
          decodePartSummary(encodePartSummary(summarizePart(day, part, ZONE))),
        );
        expect(mergeSummaries(stored)).toEqual(summarizeDay(bundleOfParts(day, parts), ZONE));
      }),
    );
  });

  it('samples the customers of a crowd exactly as one bundle would', () => {
    const rows = Array.from({ length: 700 }, (_, index) =>
      reportedRow(
        sampleTransaction({
          transactionId: `t-${index}`,
          counterparty: `v${index % 400}`,
          amountMinor: index,
        }),
      ),
    );
    const { parts } = mergeIntoParts(wholeDay, rows, SAMPLE_NOW_MS, { ...small, rowsMax: 100 });
    expect(parts.length).toBeGreaterThan(6);
    const summary = summaryOf(parts);
    expect(summary).toEqual(summarizeDay(bundleOfParts(day, parts), ZONE));
    expect(summary.customers.customers).toHaveLength(48);
  });

  it('takes the minutes of a day on which clocks go back from the instants, not from each other', () => {
    const rows = ['2026-10-25T00:50:00Z', '2026-10-25T01:10:00Z'].flatMap((occurredAt, hour) =>
      Array.from({ length: 12 }, (_, index) =>
        reportedRow(sampleTransaction({ transactionId: `t-${hour}-${index}`, occurredAt })),
      ),
    );
    const { parts } = mergeIntoParts(wholeDay, rows, SAMPLE_NOW_MS, small);
    const merged = mergeSummaries(parts.map((part) => summarizePart(day, part, 'Europe/Berlin')));
    // 02:50 summer time comes before 02:10 winter time.
    expect([merged.firstMinuteOfDay, merged.lastMinuteOfDay]).toEqual([170, 130]);
    expect(merged).toEqual(summarizeDay(bundleOfParts(day, parts), 'Europe/Berlin'));
  });

  it.each([
    [[''], true],
    [['0', '1'], true],
    [['00', '01', '1'], true],
    [['0'], false],
    [['', '0', '1'], false],
    [['0', '01', '1'], false],
    [['0', '0', '1'], false],
    [[], false],
  ])('knows whether parts %j are a whole day: %s', (prefixes, expected) => {
    expect(isWholeDay(prefixes)).toBe(expected);
  });

  it('is full only when a part can be divided no further, and then keeps what it holds', () => {
    const rows = Array.from({ length: 200 }, (_, index) =>
      reportedRow(sampleTransaction({ transactionId: `t-${index}` })),
    );
    const bounds = { ...small, depthMax: 2 };
    const { parts, outcomes } = mergeIntoParts(wholeDay, rows, SAMPLE_NOW_MS, bounds);
    const accepted = outcomes.filter(({ status }) => status === 'accepted').length;
    expect(accepted).toBe(24);
    expect(bundleOfParts(day, parts).rows).toHaveLength(24);
    expect(outcomes.at(-1)).toMatchObject({ status: 'rejected', code: 'day_full' });
    const again = mergeIntoParts(parts, rows, SAMPLE_NOW_MS, bounds);
    expect(again.parts).toBe(parts);
    expect(again.outcomes.filter(({ status }) => status === 'duplicate')).toHaveLength(24);
  });

  it('never lets the turnover of a day exceed a safe integer', () => {
    const rows = Array.from({ length: 12_000 }, (_, index) =>
      reportedRow(sampleTransaction({ transactionId: `t-${index}`, amountMinor: AMOUNT_MINOR_MAX })),
    );
    const { parts, outcomes } = mergeIntoParts(wholeDay, rows, SAMPLE_NOW_MS, {
      ...defaultPartBounds,
      rowsMax: 4_000,
    });
    expect(parts.length).toBeGreaterThan(1);
    expect(outcomes.some((outcome) => outcome.status === 'rejected' && outcome.code === 'day_full')).toBe(
      true,
    );
    const { inflowMinor = 0 } = summaryOf(parts).kinds.parcel ?? {};
    expect(Number.isSafeInteger(inflowMinor)).toBe(true);
    expect(inflowMinor).toBe(bundleOfParts(day, parts).rows.length * AMOUNT_MINOR_MAX);
  });

  it('spreads ids evenly over its parts', () => {
    const share = Array.from({ length: 4_096 }, (_, index) => covers('0', `order-${index}`)).filter(Boolean);
    expect(Math.abs(share.length / 4_096 - 0.5)).toBeLessThan(0.04);
  });
});
