import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { mulDivMinor } from '../../shared/domain/money.ts';

const whole = fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -2_000, max: 2_000 }));

it('multiplies and divides exactly, rounded half to even, whether or not the product is a safe integer', () => {
  fc.assert(
    fc.property(
      whole,
      fc.integer({ min: -1_000_000, max: 1_000_000 }),
      fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1_000_000, max: Number.MAX_SAFE_INTEGER })),
      (amount, numerator, denominator) => {
        const product = BigInt(amount) * BigInt(numerator);
        const divisor = BigInt(denominator);
        // The nearest whole number, and of two as near the even one, searched for around the floor.
        const floor = product / divisor - 2n;
        const distance = (value: bigint) => {
          const apart = product - value * divisor;
          return apart < 0n ? -apart : apart;
        };
        const candidates = [0n, 1n, 2n, 3n, 4n].map((step) => floor + step);
        const least = candidates.map(distance).reduce((best, each) => (each < best ? each : best));
        const nearest = candidates.filter((value) => distance(value) === least);
        const expected = nearest.find((value) => value % 2n === 0n) ?? nearest[0] ?? 0n;
        fc.pre(expected <= BigInt(Number.MAX_SAFE_INTEGER) && expected >= -BigInt(Number.MAX_SAFE_INTEGER));
        return Object.is(mulDivMinor(amount, numerator, denominator), Number(expected));
      },
    ),
    { numRuns: 20_000 },
  );
});

test.each([
  [5, 1, 2, 2],
  [7, 1, 2, 4],
  [-5, 1, 2, -2],
  [-7, 1, 2, -4],
  [-1, 1, 3, 0],
  [2, 1, 3, 1],
  [Number.MAX_SAFE_INTEGER, 1, 2, 4_503_599_627_370_496],
])('%d × %d ÷ %d is %d', (amount, numerator, denominator, expected) => {
  expect(mulDivMinor(amount, numerator, denominator)).toBe(expected);
});

test.each([
  [0.5, 1, 1, /not integers/],
  [1, 1, 0, /denominator/],
  [Number.MAX_SAFE_INTEGER, 10, 1, /beyond safe integers/],
])('refuses %d × %d ÷ %d', (amount, numerator, denominator, message) => {
  expect(() => mulDivMinor(amount, numerator, denominator)).toThrow(message);
});
