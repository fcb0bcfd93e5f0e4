import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBuckets } from '../../shared/http/rate-limit.ts';

describe('a token bucket', () => {
  it('lets a burst through, then one request for each refill', () => {
    const buckets = new TokenBuckets({ ratePerSecond: 10, burst: 3 });
    const table = [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 100],
      [50, 50],
      [100, 0],
      [100, 100],
      [1_000, 0],
      [1_000, 0],
      [1_000, 0],
      [1_000, 100],
    ] as const;
    for (const [nowMs, waitMs] of table) expect([nowMs, buckets.take('a', nowMs)]).toEqual([nowMs, waitMs]);
  });

  it('is each client’s own', () => {
    const buckets = new TokenBuckets({ ratePerSecond: 1, burst: 1 });
    expect([buckets.take('a', 0), buckets.take('a', 0), buckets.take('b', 0)]).toEqual([0, 1_000, 0]);
  });

  it('never lets more through than the burst and the refill, whenever requests come', () => {
    const limit = { ratePerSecond: 7, burst: 5 };
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 400 }), { maxLength: 200 }), (steps) => {
        const buckets = new TokenBuckets(limit);
        let nowMs = 0;
        let latestMs = 0;
        let passed = 0;
        for (const step of steps) {
          nowMs += step;
          latestMs = Math.max(latestMs, nowMs);
          if (buckets.take('a', nowMs) === 0) passed += 1;
        }
        // A clock that starts in the past may fill from there.
        const earliestMs = Math.min(
          0,
          ...steps.map((_, index) => steps.slice(0, index + 1).reduce((a, b) => a + b, 0)),
        );
        expect(passed).toBeLessThanOrEqual(
          limit.burst + ((latestMs - earliestMs) * limit.ratePerSecond) / 1_000 + 1e-6,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('after the wait it names has a token', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 500, noNaN: true }),
        fc.integer({ min: 1, max: 20 }),
        (ratePerSecond, burst) => {
          const buckets = new TokenBuckets({ ratePerSecond, burst });
          let nowMs = 0;
          for (let request = 0; request < burst; request += 1) buckets.take('a', nowMs);
          const waitMs = buckets.take('a', nowMs);
          expect(waitMs).toBeGreaterThan(0);
          nowMs += waitMs;
          expect(buckets.take('a', nowMs)).toBe(0);
        },
      ),
    );
  });

  it('forgets clients that came long ago', () => {
    const buckets = new TokenBuckets({ ratePerSecond: 1, burst: 1 });
    for (let client = 0; client < 10_000; client += 1) buckets.take(`old-${client}`, 0);
    buckets.take('new', 5_000);
    expect(buckets.size).toBe(1);
  });

  it('refuses a limit that lets nothing through', () => {
    for (const limit of [
      { ratePerSecond: 0, burst: 1 },
      { ratePerSecond: 1, burst: 0 },
      { ratePerSecond: Number.NaN, burst: 1 },
    ]) {
      expect(() => new TokenBuckets(limit)).toThrow(RangeError);
    }
  });
});
