import type { BusinessDate } from './calendar.ts';
import type { TransactionKind } from './transaction.ts';

export interface KindTotals {
  readonly count: number;
  /** Sum of positive amounts. */
  readonly inflowMinor: number;
  /** Sum of negative amounts, as a non-negative number. */
  readonly outflowMinor: number;
}

/** One customer of one day: a 32-bit hash of the pseudonym, how often, and the sum of absolute amounts. */
export interface CustomerTotals {
  readonly hash: number;
  readonly count: number;
  readonly turnoverMinor: number;
}

/**
 * The customers of a day, a bottom-k sample by hash: every customer whose hash is below `hashCeiling` is
 * here, exactly. While a day has at most CUSTOMERS_PER_DAY_MAX customers the ceiling is 2^32 and the sketch is
 * exact; on a busier day it is an unbiased sample whose rate is hashCeiling / 2^32 (theta sketch, Dasgupta et
 * al. 2016), so unions and intersections over days still estimate without bias.
 */
export interface CustomerSketch {
  readonly hashCeiling: number;
  /** Ascending by hash. */
  readonly customers: readonly CustomerTotals[];
}

export const CUSTOMERS_PER_DAY_MAX = 48;
export const HASH_CEILING_EXACT = 2 ** 32;

/**
 * What a day at a station amounts to: a function of the set of its transactions alone, whatever order,
 * repeats or pieces they came in. Reversed transactions and their reversals count for nothing.
 */
export interface DaySummary {
  readonly day: BusinessDate;
  readonly transactionCount: number;
  readonly reversedCount: number;
  readonly kinds: Readonly<Partial<Record<TransactionKind, KindTotals>>>;
  /** Local minute of day of the first and last transaction; null on a day where all were reversed. */
  readonly firstMinuteOfDay: number | null;
  readonly lastMinuteOfDay: number | null;
  /** Balance after the day's last transaction that states one (ties: the greatest transaction id). */
  readonly closingBalanceMinor: number | null;
  readonly lowestBalanceMinor: number | null;
  readonly customers: CustomerSketch;
}

/** FNV-1a with murmur3's finalizer: spreads well enough to sample by, and is the same on every platform. */
export function customerHash(counterparty: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < counterparty.length; index += 1) {
    hash = Math.imul(hash ^ counterparty.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
