import { addDays } from '../../shared/domain/calendar.ts';
import {
  type CustomerSketch,
  customerHash,
  type DaySummary,
  HASH_CEILING_EXACT,
  type KindTotals,
} from '../../shared/domain/day-summary.ts';
import { type TransactionKind, transactionKinds } from '../../shared/domain/transaction.ts';
import { type FeatureName, features } from '../../shared/features/feature-list.ts';
import { pointInTimeFeatures } from '../../shared/features/point-in-time-features.ts';
import type { RequestFacts } from '../../shared/features/request-facts.ts';

export const AS_OF = '2026-03-01';

interface DayExtras {
  readonly hours?: readonly [firstMinute: number, lastMinute: number];
  readonly closing?: number;
  readonly lowest?: number;
  readonly reversed?: number;
  /** `anna 300, bo 100`: turnover by customer. */
  readonly customers?: string;
}

/** A day by how long before AS_OF it is. `lines`: `kind count inflow outflow`, one a semicolon. */
export function day(daysAgo: number, lines: string, extras: DayExtras = {}): DaySummary {
  const kinds: Partial<Record<TransactionKind, KindTotals>> = {};
  let transactionCount = 0;
  for (const line of lines.split(';').map((text) => text.trim())) {
    if (line === '') continue;
    const [name, count, inflow, outflow] = line.split(/\s+/);
    const kind = transactionKinds.find((known) => known === name);
    if (kind === undefined) throw new Error(`no kind ${name}`);
    kinds[kind] = { count: Number(count), inflowMinor: Number(inflow), outflowMinor: Number(outflow) };
    transactionCount += Number(count);
  }
  return {
    day: addDays(AS_OF, -daysAgo),
    transactionCount,
    reversedCount: extras.reversed ?? 0,
    kinds,
    firstMinuteOfDay: transactionCount === 0 ? null : (extras.hours?.[0] ?? 0),
    lastMinuteOfDay: transactionCount === 0 ? null : (extras.hours?.[1] ?? 0),
    closingBalanceMinor: extras.closing ?? null,
    lowestBalanceMinor: extras.lowest ?? extras.closing ?? null,
    customers: sketch(extras.customers ?? ''),
  };
}

function sketch(text: string): CustomerSketch {
  const customers = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [name = '', turnover] = entry.split(/\s+/);
      return { hash: customerHash(name), count: 1, turnoverMinor: Number(turnover) };
    })
    .sort((a, b) => a.hash - b.hash);
  return { hashCeiling: HASH_CEILING_EXACT, customers };
}

/** The same day repeated from `fromDaysAgo` down to `toDaysAgo`, every `step` days. */
export function days(
  fromDaysAgo: number,
  toDaysAgo: number,
  lines: string,
  extras: DayExtras = {},
  step = 1,
): DaySummary[] {
  const summaries: DaySummary[] = [];
  for (let daysAgo = fromDaysAgo; daysAgo >= toDaysAgo; daysAgo -= step) {
    summaries.push(day(daysAgo, lines, extras));
  }
  return summaries;
}

export const facts: RequestFacts = {
  requestedPrincipalMinor: 1_200_000,
  requestedTermMonths: 12,
  indicativeAnnualRateBps: 0,
  station: { openedOn: '2025-03-01', stage: 'partner' },
  entrepreneur: { training: [], returnedToVillage: true },
};

/** The vector by name. */
export function valuesOf(
  summaries: readonly DaySummary[],
  request: RequestFacts = facts,
): Record<FeatureName, number> {
  const vector = pointInTimeFeatures(summaries, request, AS_OF);
  return Object.fromEntries(features.map(({ name }, index) => [name, vector[index] ?? Number.NaN])) as Record<
    FeatureName,
    number
  >;
}

/** A golden table: `feature | value`, one a line; `missing` is NaN. */
export function golden(table: string): [FeatureName, number][] {
  return table
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', value = ''] = line.split('|').map((cell) => cell.trim());
      const feature = features.find((known) => known.name === name);
      if (feature === undefined) throw new Error(`no feature ${name}`);
      return [feature.name, value === 'missing' ? Number.NaN : Number(value)];
    });
}
