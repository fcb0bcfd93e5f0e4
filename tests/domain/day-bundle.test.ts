import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bundleKnownAt,
  type DayBundle,
  emptyBundle,
  mergeIntoBundle,
  type ReportedRow,
  recordedTransaction,
  recordedUntilMs,
  reportedRow,
} from '../../shared/domain/day-bundle.ts';
import { summarizeDay } from '../../shared/domain/summarize-day.ts';
import { transaction } from '../../shared/domain/transaction.ts';
import { encodeSummary } from '../../shared/store/summary-codec.ts';
import {
  consistentRows,
  SAMPLE_DAY,
  SAMPLE_NOW_MS,
  sampleTransaction,
} from '../support/sample-transactions.ts';

const empty = emptyBundle(SAMPLE_DAY, 'CNY');
const summaryBytes = (bundle: DayBundle) => encodeSummary(summarizeDay(bundle, 'Asia/Shanghai'));

/** Cut into deliveries at the given places, one recorded an hour after the other. */
function deliver(rows: readonly ReportedRow[], cuts: readonly number[]): DayBundle {
  const places = [...new Set(cuts.map((cut) => cut % (rows.length + 1)))].sort((a, b) => a - b);
  let bundle = empty;
  for (const [index, from] of [0, ...places].entries()) {
    const piece = rows.slice(from, places[index] ?? rows.length);
    bundle = mergeIntoBundle(bundle, piece, SAMPLE_NOW_MS + index * 3_600_000).bundle;
  }
  return bundle;
}

describe('merging reports into a day', () => {
  it('comes to the same summary, to the byte, whatever order, repeats and pieces the reports came in', () => {
    fc.assert(
      fc.property(
        consistentRows.chain((rows) =>
          fc.record({
            rows: fc.constant(rows),
            thrice: fc.shuffledSubarray([...rows, ...rows, ...rows], { minLength: rows.length * 3 }),
            cuts: fc.array(fc.nat(400), { maxLength: 6 }),
          }),
        ),
        ({ rows, thrice, cuts }) => {
          const atOnce = mergeIntoBundle(empty, rows, SAMPLE_NOW_MS).bundle;
          const inPieces = deliver(thrice, cuts);
          expect(inPieces.rows).toHaveLength(rows.length);
          expect(summaryBytes(inPieces)).toEqual(summaryBytes(atOnce));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('accepts every row of a consistent history once and calls each repeat a duplicate', () => {
    fc.assert(
      fc.property(consistentRows, (rows) => {
        const first = mergeIntoBundle(empty, rows, SAMPLE_NOW_MS);
        expect(first.outcomes.every(({ status }) => status === 'accepted')).toBe(true);
        const again = mergeIntoBundle(first.bundle, [...rows].reverse(), SAMPLE_NOW_MS + 1);
        expect(again.outcomes.every(({ status }) => status === 'duplicate')).toBe(true);
        expect(again.bundle).toBe(first.bundle);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves what was known at an instant as it was, even when a writer whose clock lags comes after', () => {
    const row = reportedRow(sampleTransaction());
    const first = mergeIntoBundle(empty, [row], 2_000).bundle;
    const second = mergeIntoBundle(first, [{ ...row, transactionId: 't-2' }], 1_000).bundle;
    expect(second.rows.map(({ recordedAtMs }) => recordedAtMs)).toEqual([2_000, 2_000]);
    const third = mergeIntoBundle(second, [{ ...row, transactionId: 't-3' }], 5_000).bundle;
    expect(recordedUntilMs(third)).toBe(5_000);
    expect(bundleKnownAt(third, 4_999)).toEqual(second);
    expect(bundleKnownAt(third, 1_999).rows).toEqual([]);
  });

  it('keeps the rows in order of occurrence, ties by id', () => {
    const row = reportedRow(sampleTransaction());
    const later = { ...row, transactionId: 'a', occurredAtMs: row.occurredAtMs + 1 };
    const { bundle } = mergeIntoBundle(
      empty,
      [later, { ...row, transactionId: 'c' }, { ...row, transactionId: 'b' }],
      1,
    );
    expect(bundle.rows.map(({ transactionId }) => transactionId)).toEqual(['b', 'c', 'a']);
  });

  it('says a day is full rather than outgrow its item', () => {
    const rows = Array.from({ length: 30 }, (_, index) =>
      reportedRow(sampleTransaction({ transactionId: `t-${index}` })),
    );
    const byRows = mergeIntoBundle(empty, rows, 1, { rowsMax: 20, bytesMax: 1e6 });
    expect(byRows.bundle.rows).toHaveLength(20);
    expect(
      byRows.outcomes.filter((outcome) => outcome.status === 'rejected' && outcome.code === 'day_full'),
    ).toHaveLength(10);
    const byBytes = mergeIntoBundle(empty, rows, 1, { rowsMax: 1e6, bytesMax: 400 });
    expect(byBytes.bundle.rows).toHaveLength(10);
  });

  it('takes a transaction in and out without changing what it says', () => {
    const reported = transaction.parse({
      transactionId: 't-9',
      kind: 'refund',
      occurredAt: '2026-03-02T02:30:00.5Z',
      amountMinor: -0,
      currency: 'CNY',
      counterparty: 'v1',
      balanceAfterMinor: -500,
      reverses: 't-8',
    });
    const row = reportedRow(reported);
    expect(Object.is(row.amountMinor, 0)).toBe(true);
    expect(recordedTransaction({ ...row, recordedAtMs: 0 }, 'CNY')).toEqual({
      ...reported,
      amountMinor: 0,
      occurredAt: '2026-03-02T02:30:00.500Z',
      channel: 'other',
      recordedAt: '1970-01-01T00:00:00.000Z',
    });
  });
});
