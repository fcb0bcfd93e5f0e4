import { z } from 'zod';

/** ISO 4217 code. Amounts are counted in its minor unit (fen, cent, haléř). */
export const currency = z.string().regex(/^[A-Z]{3}$/, 'must be an ISO 4217 code');

/** Ten billion major units: far above any station, far below 2^53 even after summing a decade of days. */
export const AMOUNT_MINOR_MAX = 1_000_000_000_000;

/** Signed integer of minor units. */
export const signedAmountMinor = z.int().min(-AMOUNT_MINOR_MAX).max(AMOUNT_MINOR_MAX);
/** Non-negative integer of minor units. */
export const amountMinor = z.int().min(0).max(AMOUNT_MINOR_MAX);
/** Positive integer of minor units. */
export const positiveAmountMinor = z.int().min(1).max(AMOUNT_MINOR_MAX);

/** Basis points: 10,000 is the whole. */
export const BPS = 10_000;
export const shareBps = z.int().min(0).max(BPS);

/**
 * amount × numerator ÷ denominator, exact, rounded half to even (banker's rounding; no drift over many loans).
 * Raises RangeError on a non-integer, a zero denominator or a result beyond safe integers.
 */
export function mulDivMinor(amount: number, numerator: number, denominator: number): number {
  if (
    !Number.isSafeInteger(amount) ||
    !Number.isSafeInteger(numerator) ||
    !Number.isSafeInteger(denominator)
  ) {
    throw new RangeError(`not integers: ${amount} × ${numerator} ÷ ${denominator}`);
  }
  if (denominator <= 0) throw new RangeError(`denominator must be positive: ${denominator}`);
  // Most products fit a double exactly, and integers of that kind are several times faster than big ones.
  const safeProduct = amount * numerator;
  if (Number.isSafeInteger(safeProduct)) return divideHalfEven(safeProduct, denominator);
  const product = BigInt(amount) * BigInt(numerator);
  const divisor = BigInt(denominator);
  let quotient = product / divisor;
  const twiceRemainder = 2n * (product % divisor);
  const magnitude = twiceRemainder < 0n ? -twiceRemainder : twiceRemainder;
  if (magnitude > divisor || (magnitude === divisor && quotient % 2n !== 0n))
    quotient += product < 0n ? -1n : 1n;
  const result = Number(quotient);
  if (!Number.isSafeInteger(result)) throw new RangeError(`beyond safe integers: ${quotient}`);
  return result;
}

/** Quotient of safe integers rounded half to even; the denominator is positive. */
function divideHalfEven(dividend: number, denominator: number): number {
  const rest = dividend % denominator;
  const quotient = (dividend - rest) / denominator;
  const restMagnitude = Math.abs(rest);
  // Twice the rest may be no safe integer; what is left of the denominator is.
  const restToNext = denominator - restMagnitude;
  const away = restMagnitude > restToNext || (restMagnitude === restToNext && quotient % 2 !== 0);
  // Not minus zero.
  return away ? quotient + Math.sign(dividend) : quotient + 0;
}

/** Minor units as a plain decimal with two places, for people: `1234.50`. Currencies here all have two. */
export function formatMinor(amount: number): string {
  const magnitude = Math.abs(amount);
  const major = Math.floor(magnitude / 100);
  return `${amount < 0 ? '-' : ''}${major.toLocaleString('en-US')}.${String(magnitude % 100).padStart(2, '0')}`;
}
