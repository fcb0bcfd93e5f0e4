import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DayBundle, inOrderOfOccurrence, rowBytesMax } from '../../shared/domain/day-bundle.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import { decodeBundle, encodeBundle } from '../../shared/store/bundle-codec.ts';
import {
  recordedRows,
  SAMPLE_DAY,
  SAMPLE_DAY_START_MS,
  SAMPLE_NOW_MS,
} from '../support/sample-transactions.ts';

const bundles: fc.Arbitrary<DayBundle> = recordedRows.map((rows) => ({
  day: SAMPLE_DAY,
  currency: 'CNY',
  rows: [...rows].sort(inOrderOfOccurrence),
}));

function failure(bytes: Uint8Array): unknown {
  try {
    return decodeBundle(bytes);
  } catch (error) {
    return error instanceof DomainError ? error.code : error;
  }
}

/** A version 1 bundle as it was first written: what is stored must stay readable. */
const storedByVersion1 =
  'AaHMLtwAAQGOClx9LnwxnwBbGiw9Tl9KoqABQ05ZAwIBA1ItNwNSLTjg1AN4PDyCEAQTIWT6AfkBBgKApJuvzTOAuJkpBgIBAQEAB25vdC15ZXQCAYDqMAIBAQZ2MDAwMTc=';

describe('the bundle codec', () => {
  it('gives back every bundle as it was', () => {
    fc.assert(
      fc.property(bundles, (bundle) => {
        expect(decodeBundle(encodeBundle(bundle))).toEqual(bundle);
      }),
      { numRuns: 300 },
    );
  });

  it('writes equal bundles as equal bytes, and no row longer than the merge reckons', () => {
    fc.assert(
      fc.property(bundles, (bundle) => {
        const bytes = encodeBundle(bundle);
        expect(encodeBundle(structuredClone(bundle))).toEqual(bytes);
        expect(bytes.length).toBeLessThanOrEqual(
          bundle.rows.reduce((sum, row) => sum + rowBytesMax(row), 48),
        );
      }),
      { numRuns: 100 },
    );
  });

  it('still reads what version 1 first wrote', () => {
    expect(decodeBundle(Uint8Array.from(Buffer.from(storedByVersion1, 'base64')))).toEqual({
      day: '2026-03-02',
      currency: 'CNY',
      rows: [
        {
          transactionId: '018e0a5c-7d2e-7c31-9f00-5b1a2c3d4e5f',
          kind: 'produce_sale',
          occurredAtMs: SAMPLE_DAY_START_MS + 9 * 3_600_000,
          amountMinor: 12_500,
          counterparty: 'v00017',
          balanceAfterMinor: 412_500,
          channel: 'counter',
          reverses: null,
          recordedAtMs: SAMPLE_NOW_MS,
        },
        {
          transactionId: 'R-7',
          kind: 'produce_sale',
          occurredAtMs: SAMPLE_DAY_START_MS + 10 * 3_600_000,
          amountMinor: -12_500,
          counterparty: null,
          balanceAfterMinor: null,
          channel: 'app',
          reverses: '018e0a5c-7d2e-7c31-9f00-5b1a2c3d4e5f',
          recordedAtMs: SAMPLE_NOW_MS + 86_400_000,
        },
        {
          transactionId: 'R-8',
          kind: 'fee',
          occurredAtMs: SAMPLE_DAY_START_MS + 11 * 3_600_000,
          amountMinor: 300,
          counterparty: null,
          balanceAfterMinor: null,
          channel: 'bank',
          reverses: 'not-yet',
          recordedAtMs: SAMPLE_NOW_MS + 86_400_000,
        },
      ],
    });
  });

  it('refuses a version it does not know as a corrupt record', () => {
    const bytes = encodeBundle({ day: SAMPLE_DAY, currency: 'CNY', rows: [] });
    bytes[0] = 2;
    expect(failure(bytes)).toBe('corrupt_record');
    expect(failure(new Uint8Array())).toBe('corrupt_record');
  });

  it('refuses any bundle with a bit turned or an end cut off', () => {
    fc.assert(
      fc.property(bundles, fc.nat(), fc.integer({ min: 0, max: 7 }), (bundle, place, bit) => {
        const bytes = encodeBundle(bundle);
        const at = place % bytes.length;
        expect(failure(bytes.subarray(0, at))).toBe('corrupt_record');
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        expect(failure(bytes)).toBe('corrupt_record');
      }),
      { numRuns: 200 },
    );
  });

  it('takes at most 30 bytes a transaction at 30 UUIDs a day, counterparties and balances included', () => {
    const perTransaction = fc
      .sample(thirtyADay, { numRuns: 40, seed: 7 })
      .map((bundle) => encodeBundle(bundle).length / 30);
    expect(Math.max(...perTransaction)).toBeLessThanOrEqual(30);
  });
});

/** An ordinary day: one delivery, times to the second, amounts to the fen, 300 villagers. */
const thirtyADay: fc.Arbitrary<DayBundle> = fc
  .array(
    fc.record({
      transactionId: fc.uuid(),
      second: fc.integer({ min: 7 * 3_600, max: 20 * 3_600 }),
      kind: fc.constantFrom('purchase_order', 'produce_sale', 'parcel', 'bill_payment', 'commission'),
      amountMinor: fc.integer({ min: 100, max: 60_000 }),
      villager: fc.integer({ min: 1, max: 300 }),
      channel: fc.constantFrom('app', 'counter'),
    }),
    { minLength: 30, maxLength: 30 },
  )
  .map((reported) => {
    let balanceMinor = 2_000_000;
    return {
      day: SAMPLE_DAY,
      currency: 'CNY',
      rows: reported
        .sort((a, b) => a.second - b.second)
        .map(({ transactionId, second, kind, amountMinor, villager, channel }) => {
          balanceMinor += amountMinor;
          return {
            transactionId,
            kind,
            occurredAtMs: SAMPLE_DAY_START_MS + second * 1_000,
            amountMinor,
            counterparty: `v${String(villager).padStart(5, '0')}`,
            balanceAfterMinor: balanceMinor,
            channel,
            reverses: null,
            recordedAtMs: SAMPLE_NOW_MS,
          };
        })
        .sort(inOrderOfOccurrence),
    };
  });
