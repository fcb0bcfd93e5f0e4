import type { DayBundle } from './day-bundle.ts';
import type { DayPart } from './day-parts.ts';
import {
  CUSTOMERS_PER_DAY_MAX,
  type CustomerSketch,
  type DaySummary,
  HASH_CEILING_EXACT,
  type KindTotals,
} from './day-summary.ts';
import { standingRows, summarizeDay } from './summarize-day.ts';
import { type TransactionKind, transactionKinds } from './transaction.ts';

/** Where a standing row lies in the order of occurrence. */
export interface RowPosition {
  readonly occurredAtMs: number;
  readonly transactionId: string;
}

/** The summary of one part of a day, and what it takes to put the parts in order. */
export interface PartSummary {
  readonly prefix: string;
  readonly summary: DaySummary;
  /** Of the first and last standing row; null when none stands. */
  readonly firstAtMs: number | null;
  readonly lastAtMs: number | null;
  /** The row that states the closing balance. */
  readonly closedBy: RowPosition | null;
}

export function summarizePart(
  { day, currency }: Pick<DayBundle, 'day' | 'currency'>,
  { prefix, rows }: DayPart,
  timeZone: string,
): PartSummary {
  const bundle = { day, currency, rows };
  const standing = standingRows(bundle);
  const closing = standing.findLast((row) => row.balanceAfterMinor !== null);
  return {
    prefix,
    summary: summarizeDay(bundle, timeZone),
    firstAtMs: standing.at(0)?.occurredAtMs ?? null,
    lastAtMs: standing.at(-1)?.occurredAtMs ?? null,
    closedBy:
      closing === undefined
        ? null
        : { occurredAtMs: closing.occurredAtMs, transactionId: closing.transactionId },
  };
}

/**
 * The summary of a day from those of its parts: exactly what `summarizeDay` makes of all its rows. Counts and
 * sums add up; a bottom-k sketch of a union is the bottom k of the sketches, for the k smallest hashes of all
 * are among the k smallest of every part they occur in.
 */
export function mergeSummaries(parts: readonly PartSummary[]): DaySummary {
  const [any] = parts;
  if (any === undefined) throw new RangeError('a day has at least one part');
  const first = least(parts, (part) => part.firstAtMs);
  const last = least(parts, (part) => (part.lastAtMs === null ? null : -part.lastAtMs));
  const lowest = parts.flatMap(({ summary }) => summary.lowestBalanceMinor ?? []);
  return {
    day: any.summary.day,
    transactionCount: sum(parts, (summary) => summary.transactionCount),
    reversedCount: sum(parts, (summary) => summary.reversedCount),
    kinds: mergeKinds(parts),
    firstMinuteOfDay: first?.summary.firstMinuteOfDay ?? null,
    lastMinuteOfDay: last?.summary.lastMinuteOfDay ?? null,
    closingBalanceMinor: lastToClose(parts)?.summary.closingBalanceMinor ?? null,
    lowestBalanceMinor: lowest.length === 0 ? null : Math.min(...lowest),
    customers: mergeSketches(parts.map(({ summary }) => summary.customers)),
  };
}

const sum = (parts: readonly PartSummary[], of: (summary: DaySummary) => number): number =>
  parts.reduce((total, { summary }) => total + of(summary), 0);

function least(
  parts: readonly PartSummary[],
  of: (part: PartSummary) => number | null,
): PartSummary | undefined {
  let found: PartSummary | undefined;
  let foundAt = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    const at = of(part);
    if (at !== null && at < foundAt) [found, foundAt] = [part, at];
  }
  return found;
}

function lastToClose(parts: readonly PartSummary[]): PartSummary | undefined {
  return parts
    .filter((part) => part.closedBy !== null)
    .sort((a, b) => {
      const [one, other] = [a.closedBy, b.closedBy];
      if (one === null || other === null) return 0;
      return one.occurredAtMs - other.occurredAtMs || (one.transactionId < other.transactionId ? -1 : 1);
    })
    .at(-1);
}

function mergeKinds(parts: readonly PartSummary[]): DaySummary['kinds'] {
  const kinds: Partial<Record<TransactionKind, KindTotals>> = {};
  for (const kind of transactionKinds) {
    const totals = parts.flatMap(({ summary }) => summary.kinds[kind] ?? []);
    if (totals.length === 0) continue;
    kinds[kind] = {
      count: totals.reduce((total, { count }) => total + count, 0),
      inflowMinor: totals.reduce((total, { inflowMinor }) => total + inflowMinor, 0),
      outflowMinor: totals.reduce((total, { outflowMinor }) => total + outflowMinor, 0),
    };
  }
  return kinds;
}

function mergeSketches(sketches: readonly CustomerSketch[]): CustomerSketch {
  const ceiling = Math.min(...sketches.map(({ hashCeiling }) => hashCeiling));
  const byHash = new Map<number, { hash: number; count: number; turnoverMinor: number }>();
  for (const { hash, count, turnoverMinor } of sketches.flatMap(({ customers }) => customers)) {
    if (hash >= ceiling) continue;
    const customer = byHash.get(hash);
    if (customer === undefined) byHash.set(hash, { hash, count, turnoverMinor });
    else {
      customer.count += count;
      customer.turnoverMinor += turnoverMinor;
    }
  }
  const customers = [...byHash.values()].sort((a, b) => a.hash - b.hash);
  return {
    hashCeiling: Math.min(ceiling, customers[CUSTOMERS_PER_DAY_MAX]?.hash ?? HASH_CEILING_EXACT),
    customers: customers.slice(0, CUSTOMERS_PER_DAY_MAX),
  };
}
