import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyBundle, mergeIntoBundle } from '../../shared/domain/day-bundle.ts';
import type { DaySummary } from '../../shared/domain/day-summary.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import { summarizeDay } from '../../shared/domain/summarize-day.ts';
import { decodeSummary, encodeSummary } from '../../shared/store/summary-codec.ts';
import { consistentRows, SAMPLE_DAY, SAMPLE_NOW_MS } from '../support/sample-transactions.ts';

const summaries: fc.Arbitrary<DaySummary> = consistentRows.map((rows) =>
  summarizeDay(mergeIntoBundle(emptyBundle(SAMPLE_DAY, 'CNY'), rows, SAMPLE_NOW_MS).bundle, 'Asia/Shanghai'),
);

function failure(bytes: Uint8Array): unknown {
  try {
    return decodeSummary(bytes);
  } catch (error) {
    return error instanceof DomainError ? error.code : error;
  }
}

describe('the summary codec', () => {
  it('gives back every summary as it was', () => {
    fc.assert(
      fc.property(summaries, (summary) => {
        expect(decodeSummary(encodeSummary(summary))).toEqual(summary);
      }),
      { numRuns: 200 },
    );
  });

  it('writes other bytes for any other summary', () => {
    const [summary] = fc.sample(summaries, { numRuns: 1, seed: 3 });
    if (summary === undefined) throw new Error('no sample');
    const sketch = summary.customers;
    const others: Partial<DaySummary>[] = [
      { day: '2026-03-03' },
      { transactionCount: summary.transactionCount + 1 },
      { reversedCount: summary.reversedCount + 1 },
      { kinds: { ...summary.kinds, fee: { count: 7, inflowMinor: 7, outflowMinor: 7 } } },
      { kinds: {} },
      { firstMinuteOfDay: null, lastMinuteOfDay: null },
      { firstMinuteOfDay: 0, lastMinuteOfDay: 1_439 },
      { closingBalanceMinor: null, lowestBalanceMinor: null },
      { closingBalanceMinor: 3, lowestBalanceMinor: -3 },
      { customers: { ...sketch, hashCeiling: 5 } },
      { customers: { ...sketch, customers: [{ hash: 1, count: 1, turnoverMinor: 1 }] } },
    ];
    const written = [summary, ...others.map((other) => ({ ...summary, ...other }))].map((each) =>
      Buffer.from(encodeSummary(each)).toString('hex'),
    );
    expect(new Set(written).size).toBe(others.length + 1);
  });

  it('refuses unknown versions, cut ends and trailing bytes as corrupt', () => {
    fc.assert(
      fc.property(summaries, fc.nat(), (summary, place) => {
        const bytes = encodeSummary(summary);
        expect(failure(bytes.subarray(0, place % bytes.length))).toBe('corrupt_record');
        expect(failure(Uint8Array.of(...bytes, 0))).toBe('corrupt_record');
        bytes[0] = 9;
        expect(failure(bytes)).toBe('corrupt_record');
      }),
      { numRuns: 60 },
    );
  });
});
