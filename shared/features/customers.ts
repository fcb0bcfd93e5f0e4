import { type CustomerSketch, HASH_CEILING_EXACT } from '../domain/day-summary.ts';
import type { FeatureDefinition } from './feature-definition.ts';
import type { HistoryView } from './history-view.ts';

const RECENT_DAYS = 90;
const EARLIER_DAYS = 275;
const RETURNING_HISTORY_DAYS_MIN = 180;

/** Customers of the last 90 days, estimated from the union of the days' sketches. */
interface CustomerEstimate {
  readonly distinct: number;
  /** Share who had come in the 275 days before; NaN under 180 days of history. */
  readonly returningShare: number;
  /** Herfindahl–Hirschman index of turnover by customer. */
  readonly concentration: number;
}

const unknownCustomers: CustomerEstimate = {
  distinct: Number.NaN,
  returningShare: Number.NaN,
  concentration: Number.NaN,
};

/** Sketches of the days [from, to) of the view that name customers. */
function sketchesOf(view: HistoryView, from: number, to: number): CustomerSketch[] {
  const sketches: CustomerSketch[] = [];
  for (let day = Math.max(0, from); day < to; day += 1) {
    const sketch = view.customers[day];
    if (sketch !== undefined) sketches.push(sketch);
  }
  return sketches;
}

/** A union is only complete below the lowest ceiling of its parts. */
function lowestCeiling(sketches: readonly CustomerSketch[]): number {
  let ceiling = HASH_CEILING_EXACT;
  for (const sketch of sketches) if (sketch.hashCeiling < ceiling) ceiling = sketch.hashCeiling;
  return ceiling;
}

/**
 * Customers by hash: open addressing over hashes that are already well mixed. The widest loop of all
 * features, where a Map costs four times as much. Hash 0 shares the entry of hash 1: one collision more in
 * 2^32 buys a table that needs no second array to tell a free place.
 */
class CustomerTable {
  readonly #mask: number;
  readonly hashes: Uint32Array;
  readonly turnoverMinor: Float64Array;

  constructor(entriesMax: number) {
    let size = 64;
    while (size < 2 * entriesMax) size *= 2;
    this.#mask = size - 1;
    this.hashes = new Uint32Array(size);
    this.turnoverMinor = new Float64Array(size);
  }

  /** Where the hash stands, or the free place (hashes[place] is 0) where it would. */
  placeOf(hash: number): number {
    let place = hash & this.#mask;
    while (this.hashes[place] !== 0 && this.hashes[place] !== hash) place = (place + 1) & this.#mask;
    return place;
  }
}

function tabulate(sketches: readonly CustomerSketch[], ceiling: number): CustomerTable {
  let entries = 0;
  for (const sketch of sketches) entries += sketch.customers.length;
  const table = new CustomerTable(entries);
  for (const { customers } of sketches) {
    for (const customer of customers) {
      if (customer.hash >= ceiling) break;
      const hash = Math.max(1, customer.hash);
      const place = table.placeOf(hash);
      table.hashes[place] = hash;
      table.turnoverMinor[place] = (table.turnoverMinor[place] ?? 0) + customer.turnoverMinor;
    }
  }
  return table;
}

function estimateCustomers(view: HistoryView): CustomerEstimate {
  // A plain account's counterparties are payers and payees, not customers.
  if (view.plainAccount) return unknownCustomers;
  const recent = sketchesOf(view, view.days - RECENT_DAYS, view.days);
  if (recent.length === 0) return unknownCustomers;
  const ceiling = lowestCeiling(recent);
  const sampleRate = ceiling / HASH_CEILING_EXACT;
  const table = tabulate(recent, ceiling);
  let size = 0;
  let total = 0;
  let squares = 0;
  for (let place = 0; place < table.hashes.length; place += 1) {
    if (table.hashes[place] === 0) continue;
    const turnover = table.turnoverMinor[place] ?? 0;
    size += 1;
    total += turnover;
    squares += turnover * turnover;
  }
  return {
    distinct: size / sampleRate,
    returningShare: returningShare(view, table, ceiling),
    // Each sum is scaled by 1 / rate, so their quotient by the rate: HHI = rate × Σt² ÷ (Σt)².
    concentration: (sampleRate * squares) / (total * total),
  };
}

function returningShare(view: HistoryView, recent: CustomerTable, recentCeiling: number): number {
  if (view.days < RETURNING_HISTORY_DAYS_MIN) return Number.NaN;
  const earlier = sketchesOf(view, view.days - RECENT_DAYS - EARLIER_DAYS, view.days - RECENT_DAYS);
  if (earlier.length === 0) return Number.NaN;
  const ceiling = Math.min(recentCeiling, lowestCeiling(earlier));
  let size = 0;
  for (let place = 0; place < recent.hashes.length; place += 1) {
    const hash = recent.hashes[place] ?? 0;
    if (hash !== 0 && hash < ceiling) size += 1;
  }
  const returned = new Uint8Array(recent.hashes.length);
  let count = 0;
  for (const { customers } of earlier) {
    for (const customer of customers) {
      if (customer.hash >= ceiling) break;
      const place = recent.placeOf(Math.max(1, customer.hash));
      if (recent.hashes[place] === 0 || returned[place] === 1) continue;
      returned[place] = 1;
      count += 1;
    }
  }
  return count / size;
}

/** Three features read one estimate: kept while its view lives. */
const estimates = new WeakMap<HistoryView, CustomerEstimate>();

function customersOf(view: HistoryView): CustomerEstimate {
  let estimate = estimates.get(view);
  if (estimate === undefined) {
    estimate = estimateCustomers(view);
    estimates.set(view, estimate);
  }
  return estimate;
}

/** Who comes: NaN where customers are not told apart. */
export const customerFeatures = [
  {
    name: 'distinct_customers_90d',
    unit: 'customers',
    windowDays: 90,
    riskDirection: 'decreasing',
    minimum: 0,
    maximum: 65_536,
    action: {
      step: 1,
      reachable: (value) => value * 1.3,
      improve: {
        zh: '争取更多村民光顾，使90天内的顾客达到{target}人',
        en: 'Win more villagers as customers, to {target} different people in 90 days',
      },
    },
    hurts: {
      zh: '最近90天的顾客人数少',
      en: 'Few different customers in the last 90 days',
    },
    compute: (view) => customersOf(view).distinct,
  },
  {
    name: 'returning_customer_share_90d',
    unit: 'share',
    windowDays: 365,
    riskDirection: 'decreasing',
    minimum: 0,
    maximum: 1,
    action: null,
    hurts: {
      zh: '回头客占比低',
      en: 'Few customers come back',
    },
    compute: (view) => customersOf(view).returningShare,
  },
  {
    name: 'customer_concentration_90d',
    unit: 'share',
    windowDays: 90,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 1,
    action: null,
    hurts: {
      zh: '业务过于集中在少数顾客',
      en: 'Business depends on few customers',
    },
    compute: (view) => customersOf(view).concentration,
  },
] as const satisfies readonly FeatureDefinition[];
