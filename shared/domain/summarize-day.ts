import { localTimeOf } from './calendar.ts';
import type { BundleRow, DayBundle } from './day-bundle.ts';
import {
  CUSTOMERS_PER_DAY_MAX,
  type CustomerSketch,
  customerHash,
  type DaySummary,
  HASH_CEILING_EXACT,
  type KindTotals,
} from './day-summary.ts';
import { type TransactionKind, transactionKinds } from './transaction.ts';

/**
 * The summary of a bundle: a function of the set of its rows and the station's time zone. A transaction and
 * the reversal that names it count for nothing, and neither does a reversal whose transaction has not come.
 * `reversedCount` counts the transactions so undone; `transactionCount` those that stand.
 */
export function summarizeDay(bundle: DayBundle, timeZone: string): DaySummary {
  const { standing, reversedCount } = settleReversals(bundle.rows);
  const first = standing.at(0);
  const last = standing.at(-1);
  let closingBalanceMinor: number | null = null;
  let lowestBalanceMinor: number | null = null;
  for (const { balanceAfterMinor } of standing) {
    if (balanceAfterMinor === null) continue;
    // Rows stand in order of occurrence, so the last one that states a balance closes the day.
    closingBalanceMinor = balanceAfterMinor;
    lowestBalanceMinor = Math.min(lowestBalanceMinor ?? balanceAfterMinor, balanceAfterMinor);
  }
  return {
    day: bundle.day,
    transactionCount: standing.length,
    reversedCount,
    kinds: totalsByKind(standing),
    firstMinuteOfDay: first === undefined ? null : localTimeOf(first.occurredAtMs, timeZone).minuteOfDay,
    lastMinuteOfDay: last === undefined ? null : localTimeOf(last.occurredAtMs, timeZone).minuteOfDay,
    closingBalanceMinor,
    lowestBalanceMinor,
    customers: sketchCustomers(standing),
  };
}

/** The rows of a day that count: neither reversed nor a reversal. In order of occurrence. */
export const standingRows = (bundle: DayBundle): readonly BundleRow[] =>
  settleReversals(bundle.rows).standing;

function settleReversals(rows: readonly BundleRow[]): {
  standing: readonly BundleRow[];
  reversedCount: number;
} {
  const reversedIds = new Set<string>();
  for (const { reverses } of rows) if (reverses !== null) reversedIds.add(reverses);
  if (reversedIds.size === 0) return { standing: rows, reversedCount: 0 };
  let reversedCount = 0;
  const standing = rows.filter((row) => {
    if (row.reverses !== null) return false;
    if (!reversedIds.has(row.transactionId)) return true;
    reversedCount += 1;
    return false;
  });
  return { standing, reversedCount };
}

function totalsByKind(rows: readonly BundleRow[]): DaySummary['kinds'] {
  const totals = new Map<TransactionKind, { count: number; inflowMinor: number; outflowMinor: number }>();
  for (const { kind, amountMinor } of rows) {
    let total = totals.get(kind);
    if (total === undefined) {
      total = { count: 0, inflowMinor: 0, outflowMinor: 0 };
      totals.set(kind, total);
    }
    total.count += 1;
    if (amountMinor >= 0) total.inflowMinor += amountMinor;
    else total.outflowMinor -= amountMinor;
  }
  const kinds: Partial<Record<TransactionKind, KindTotals>> = {};
  // In the order of the list, whatever order the day took, so that equal days print alike.
  for (const kind of transactionKinds) {
    const total = totals.get(kind);
    if (total !== undefined) kinds[kind] = total;
  }
  return kinds;
}

function sketchCustomers(rows: readonly BundleRow[]): CustomerSketch {
  const byHash = new Map<number, { hash: number; count: number; turnoverMinor: number }>();
  for (const { counterparty, amountMinor } of rows) {
    if (counterparty === null) continue;
    const hash = customerHash(counterparty);
    let customer = byHash.get(hash);
    if (customer === undefined) {
      customer = { hash, count: 0, turnoverMinor: 0 };
      byHash.set(hash, customer);
    }
    customer.count += 1;
    customer.turnoverMinor += Math.abs(amountMinor);
  }
  const customers = [...byHash.values()].sort((a, b) => a.hash - b.hash);
  return {
    hashCeiling: customers[CUSTOMERS_PER_DAY_MAX]?.hash ?? HASH_CEILING_EXACT,
    customers: customers.slice(0, CUSTOMERS_PER_DAY_MAX),
  };
}
