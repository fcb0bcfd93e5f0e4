import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RateLimit, type RateLimitSettings, rateLimitSettings } from '../../shared/http/rate-limit.ts';
import { rateLimiter } from '../../shared/http/rate-limiter.ts';
import { CapacityMeter } from '../../shared/store/dynamo.ts';
import { rateBudgetStore } from '../../shared/store/rate-budgets.ts';
import { useTable } from '../support/engine.ts';
import { memoryRateBudgets } from '../support/memory-rate-budgets.ts';

const NOW_MS = Date.parse('2026-03-01T00:00:00Z');
const bank = { tenantId: 'ten_bank', subject: 'core-system' };

const settingsOf = (limit: RateLimit): RateLimitSettings => ({
  default: { read: limit, write: limit },
  tenants: {},
});
const unexpected = (error: unknown) => expect.fail(String(error));

/** As many processes as asked for, over the same budgets. */
function processes(count: number, settings: RateLimitSettings, budgets = memoryRateBudgets()) {
  return Array.from({ length: count }, () => rateLimiter({ budgets, settings, onFailure: unexpected }));
}

/** The most requests any window of `windowMs` admitted. */
function densest(admittedMs: readonly number[], windowMs: number): number {
  const sorted = admittedMs.toSorted((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [index, atMs] of sorted.entries()) {
    while (atMs - (sorted[first] ?? atMs) > windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}

describe('requests of one client over several processes', () => {
  it('are never more in any window than the burst and what the rate makes of the window', async () => {
    const limit = fc.record({
      ratePerSecond: fc.integer({ min: 1, max: 300 }),
      burst: fc.integer({ min: 1, max: 200 }),
    });
    const request = fc.record({
      afterMs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 900 })),
      process: fc.nat({ max: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(
        limit,
        fc.integer({ min: 1, max: 5 }),
        fc.array(request, { minLength: 20, maxLength: 400, size: 'max' }),
        async (wanted, count, requests) => {
          const limiters = processes(count, settingsOf(wanted));
          const admittedMs: number[] = [];
          let nowMs = NOW_MS;
          for (const { afterMs, process } of requests) {
            nowMs += afterMs;
            const limiter = limiters[process % count] ?? expect.fail();
            if ((await limiter.take(bank, 'read', nowMs)).admitted) admittedMs.push(nowMs);
          }
          for (const windowMs of [0, 1, 100, 1_000, 10_000, 60_000]) {
            const most = wanted.burst + (windowMs * wanted.ratePerSecond) / 1_000;
            expect(densest(admittedMs, windowMs)).toBeLessThanOrEqual(most);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('never say that more is left than the budget holds, though a lease and a full bucket would be more', async () => {
    const [limiter = expect.fail()] = processes(1, settingsOf({ ratePerSecond: 500, burst: 1_000 }));
    for (const elapsedMs of [0, 25, 500]) {
      const { remaining, quota } = await limiter.take(bank, 'read', NOW_MS + elapsedMs);
      expect(remaining).toBeLessThanOrEqual(quota);
    }
  });

  it('reach their rate when one process sends steadily, and no more', async () => {
    const [limiter = expect.fail()] = processes(1, settingsOf({ ratePerSecond: 50, burst: 100 }));
    let admitted = 0;
    for (let step = 0; step < 10_000; step += 1) {
      if ((await limiter.take(bank, 'read', NOW_MS + step * 6)).admitted) admitted += 1;
    }
    // 60 seconds of 167 requests each: 3,000 by the rate, and the burst once.
    expect(admitted).toBeGreaterThan(2_900);
    expect(admitted).toBeLessThanOrEqual(3_100);
  });

  it('are all admitted below the rate, from twenty processes at once', async () => {
    const limiters = processes(20, settingsOf({ ratePerSecond: 50, burst: 500 }));
    for (let step = 0; step < 1_200; step += 1) {
      const limiter = limiters[step % 20] ?? expect.fail();
      expect((await limiter.take(bank, 'read', NOW_MS + step * 40)).admitted).toBe(true);
    }
  });

  it('are admitted again after the wait they were told', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.1, max: 500, noNaN: true }),
        fc.integer({ min: 1, max: 30 }),
        async (ratePerSecond, burst) => {
          const [limiter = expect.fail()] = processes(1, settingsOf({ ratePerSecond, burst }));
          let answer = await limiter.take(bank, 'write', NOW_MS);
          while (answer.admitted) answer = await limiter.take(bank, 'write', NOW_MS);
          expect(answer.retryAfterSeconds).toBeGreaterThan(0);
          const laterMs = NOW_MS + Math.ceil(answer.retryAfterSeconds * 1_000);
          expect((await limiter.take(bank, 'write', laterMs)).admitted).toBe(true);
        },
      ),
    );
  });

  it('sent at once share leases rather than ask for one each', async () => {
    const budgets = memoryRateBudgets();
    const [limiter = expect.fail()] = processes(1, settingsOf({ ratePerSecond: 50, burst: 500 }), budgets);
    const answers = await Promise.all(Array.from({ length: 200 }, () => limiter.take(bank, 'read', NOW_MS)));
    expect(answers.every(({ admitted }) => admitted)).toBe(true);
    expect(budgets.writes).toBeLessThan(10);
  });
});

describe('a budget', () => {
  const limits = rateLimitSettings.parse({
    default: { read: { ratePerSecond: 1, burst: 2 }, write: { ratePerSecond: 1, burst: 2 } },
    tenants: { ten_large: { read: { ratePerSecond: 1, burst: 4 } } },
  });
  /** How many of eight requests at one instant pass: the depth is half of the burst. */
  async function passed(
    limiter: ReturnType<typeof rateLimiter>,
    client: typeof bank,
    rateClass: 'read' | 'write',
  ) {
    let count = 0;
    for (let request = 0; request < 8; request += 1) {
      if ((await limiter.take(client, rateClass, NOW_MS)).admitted) count += 1;
    }
    return count;
  }

  it('is each client’s and each class’s own, as large as their tenant’s limit says', async () => {
    const [limiter = expect.fail()] = processes(1, limits);
    expect(await passed(limiter, bank, 'read')).toBe(1);
    expect(await passed(limiter, bank, 'write')).toBe(1);
    expect(await passed(limiter, { ...bank, subject: 'officer' }, 'read')).toBe(1);
    expect(await passed(limiter, { ...bank, tenantId: 'ten_large' }, 'read')).toBe(2);
    expect(await passed(limiter, { ...bank, tenantId: 'ten_large' }, 'write')).toBe(1);
    expect(await passed(limiter, bank, 'read')).toBe(0);
  });

  it.each([
    ['no rate', { ratePerSecond: 0, burst: 1 }],
    ['no burst', { ratePerSecond: 1, burst: 0 }],
    ['a broken burst', { ratePerSecond: 1, burst: 1.5 }],
  ])('of %s is refused', (_, limit) => {
    expect(rateLimitSettings.safeParse({ default: { read: limit, write: limit } }).success).toBe(false);
  });

  it('that is used up is not asked about again by a client that goes on', async () => {
    const budgets = memoryRateBudgets();
    const [limiter = expect.fail()] = processes(1, settingsOf({ ratePerSecond: 1, burst: 2 }), budgets);
    await limiter.take(bank, 'read', NOW_MS);
    for (let request = 0; request < 900; request += 1) await limiter.take(bank, 'read', NOW_MS + request);
    expect(budgets.writes).toBe(2);
  });
});

describe('a limiter whose budgets do not answer', () => {
  it('lets requests pass, says so, and asks once a second', async () => {
    const failures: unknown[] = [];
    const limiter = rateLimiter({
      budgets: {
        lease: async () => {
          throw new Error('the table is away');
        },
      },
      settings: settingsOf({ ratePerSecond: 1, burst: 1 }),
      onFailure: (error) => failures.push(error),
    });
    for (let request = 0; request < 50; request += 1) {
      const answer = await limiter.take(bank, 'write', NOW_MS + request * 50);
      expect(answer).toMatchObject({ admitted: true, remaining: null });
    }
    expect(failures).toHaveLength(3);
  });
});

describe('what limiting costs', () => {
  const meter = new CapacityMeter();
  const table = useTable({ onConsumed: meter.add });

  it('is at most a fifth of a write unit a request, for one that sends one a second', async () => {
    const limiter = rateLimiter({
      budgets: rateBudgetStore(table()),
      settings: settingsOf({ ratePerSecond: 50, burst: 500 }),
      onFailure: unexpected,
    });
    meter.reset();
    for (let second = 0; second < 100; second += 1) {
      await limiter.take({ ...bank, subject: 'slow' }, 'read', NOW_MS + second * 1_000);
    }
    expect(meter.writeUnits / 100).toBeLessThanOrEqual(0.2);
  });

  it('is a fiftieth of a write unit a request, for a client that sends thirty a second', async () => {
    const limiter = rateLimiter({
      budgets: rateBudgetStore(table()),
      settings: settingsOf({ ratePerSecond: 50, burst: 500 }),
      onFailure: unexpected,
    });
    meter.reset();
    const requests = 1_800;
    for (let request = 0; request < requests; request += 1) {
      expect((await limiter.take(bank, 'read', NOW_MS + Math.floor((request * 1_000) / 30))).admitted).toBe(
        true,
      );
    }
    expect(meter.readUnits).toBe(0);
    expect(meter.writeUnits / requests).toBeLessThan(0.03);
  });
});
