import type { BusinessDate } from './calendar.ts';
import { type IngestRejection, rejectionOf } from './ingest-rejections.ts';
import type { RecordedTransaction, Transaction, TransactionChannel, TransactionKind } from './transaction.ts';

/** A transaction as a bundle holds it: its currency is the bundle's, its instants are milliseconds since 1970. */
export interface ReportedRow {
  readonly transactionId: string;
  readonly kind: TransactionKind;
  readonly occurredAtMs: number;
  readonly amountMinor: number;
  readonly counterparty: string | null;
  readonly balanceAfterMinor: number | null;
  readonly channel: TransactionChannel;
  readonly reverses: string | null;
}

export interface BundleRow extends ReportedRow {
  /** When this system first held it. */
  readonly recordedAtMs: number;
}

/**
 * All that is held of one business day of one station. Rows are only ever added. They stand in order of
 * occurrence (ties: transaction id), so equal sets of rows are equal bundles.
 */
export interface DayBundle {
  readonly day: BusinessDate;
  readonly currency: string;
  readonly rows: readonly BundleRow[];
}

export const emptyBundle = (day: BusinessDate, currency: string): DayBundle => ({ day, currency, rows: [] });

/** The row of a parsed transaction. `occurredAtMs` may be given when the caller has it already. */
export function reportedRow(
  transaction: Transaction,
  occurredAtMs = Date.parse(transaction.occurredAt),
): ReportedRow {
  return {
    transactionId: transaction.transactionId,
    kind: transaction.kind,
    occurredAtMs,
    // JSON can say -0, which no ledger means: + 0 makes it 0.
    amountMinor: transaction.amountMinor + 0,
    counterparty: transaction.counterparty ?? null,
    balanceAfterMinor: transaction.balanceAfterMinor === undefined ? null : transaction.balanceAfterMinor + 0,
    channel: transaction.channel,
    reverses: transaction.reverses ?? null,
  };
}

/** The transaction a row of a bundle was reported as. */
export function recordedTransaction(row: BundleRow, currency: string): RecordedTransaction {
  return {
    transactionId: row.transactionId,
    kind: row.kind,
    occurredAt: new Date(row.occurredAtMs).toISOString(),
    amountMinor: row.amountMinor,
    currency,
    ...(row.counterparty === null ? {} : { counterparty: row.counterparty }),
    ...(row.balanceAfterMinor === null ? {} : { balanceAfterMinor: row.balanceAfterMinor }),
    channel: row.channel,
    ...(row.reverses === null ? {} : { reverses: row.reverses }),
    recordedAt: new Date(row.recordedAtMs).toISOString(),
  };
}

/** The greatest `recordedAtMs` of a bundle; 0 when it is empty. */
export function recordedUntilMs(bundle: DayBundle): number {
  let until = 0;
  for (const row of bundle.rows) until = Math.max(until, row.recordedAtMs);
  return until;
}

/** The bundle as it was known at an instant: without what was recorded later. */
export function bundleKnownAt(bundle: DayBundle, asOfMs: number): DayBundle {
  return { ...bundle, rows: bundle.rows.filter((row) => row.recordedAtMs <= asOfMs) };
}

export const inOrderOfOccurrence = (a: ReportedRow, b: ReportedRow): number =>
  a.occurredAtMs - b.occurredAtMs || (a.transactionId < b.transactionId ? -1 : 1);

export interface BundleBounds {
  readonly bytesMax: number;
  readonly rowsMax: number;
}

/**
 * What one item holds. DynamoDB's bound is 400 KB, of which the summary and keys need a little; and the sum of
 * 8,000 amounts of AMOUNT_MINOR_MAX is still a safe integer. A day that outgrows it goes into parts
 * (day-parts.ts).
 */
export const defaultBundleBounds: BundleBounds = { bytesMax: 380_000, rowsMax: 8_000 };

/** No stored row is ever longer than this: 36 is all its numbers at their widest, without compression. */
export function rowBytesMax(row: ReportedRow): number {
  return 36 + row.transactionId.length + (row.counterparty?.length ?? 0) + (row.reverses?.length ?? 0);
}

export type MergeOutcome =
  | { readonly status: 'accepted' }
  | { readonly status: 'duplicate' }
  | ({ readonly status: 'rejected' } & IngestRejection);

export interface MergedBundle {
  /** The very bundle that was given when nothing was accepted. */
  readonly bundle: DayBundle;
  /** One for each incoming row, in its order. */
  readonly outcomes: readonly MergeOutcome[];
}

export const accepted: MergeOutcome = { status: 'accepted' };
const duplicate: MergeOutcome = { status: 'duplicate' };

/**
 * Add a day's newly reported rows to what is held of that day. Sending again, in pieces or in another order
 * gives the same rows; only which of two *contradicting* reports stands depends on which came first.
 *
 * `recordedAtMs` is raised to the bundle's latest when a writer's clock lags, so that what was known at an
 * instant never changes afterwards.
 */
export function mergeIntoBundle(
  bundle: DayBundle,
  incoming: readonly ReportedRow[],
  recordedAtMs: number,
  bounds: BundleBounds = defaultBundleBounds,
): MergedBundle {
  const held = new HeldRows(bundle.rows);
  const recordedAt = Math.max(recordedAtMs, recordedUntilMs(bundle));
  const added: BundleRow[] = [];
  const outcomes = incoming.map((row): MergeOutcome => {
    const known = held.verdictOn(row);
    if (known !== undefined) return known;
    if (held.byId.size >= bounds.rowsMax || held.bytes + rowBytesMax(row) > bounds.bytesMax) {
      return rejected('day_full');
    }
    const recorded: BundleRow = { ...row, recordedAtMs: recordedAt };
    held.add(recorded);
    added.push(recorded);
    return accepted;
  });
  if (added.length === 0) return { bundle, outcomes };
  return { bundle: { ...bundle, rows: [...bundle.rows, ...added].sort(inOrderOfOccurrence) }, outcomes };
}

export const rejected = (code: Parameters<typeof rejectionOf>[0]): MergeOutcome => ({
  status: 'rejected',
  ...rejectionOf(code),
});

/** The rows a report is judged against. */
export class HeldRows {
  readonly byId = new Map<string, ReportedRow>();
  /** The reversal that names an id, whether or not the id has come. */
  readonly reversalById = new Map<string, ReportedRow>();
  bytes = 0;

  constructor(rows: readonly BundleRow[]) {
    for (const row of rows) this.add(row);
  }

  add(row: ReportedRow): void {
    this.byId.set(row.transactionId, row);
    if (row.reverses !== null) this.reversalById.set(row.reverses, row);
    this.bytes += rowBytesMax(row);
  }

  /** What a row is in the light of those held: a duplicate or a contradiction; undefined when it is new. */
  verdictOn(row: ReportedRow): MergeOutcome | undefined {
    const existing = this.byId.get(row.transactionId);
    if (existing !== undefined)
      return sameContent(existing, row) ? duplicate : rejected('conflicting_transaction');
    const contradiction = reversalContradiction(this, row);
    return contradiction === undefined ? undefined : rejected(contradiction);
  }
}

/** What a row contradicts: as a reversal, or as the transaction that a reversal already held is waiting for. */
function reversalContradiction(
  held: HeldRows,
  row: ReportedRow,
): 'reversal_mismatch' | 'already_reversed' | undefined {
  const waiting = held.reversalById.get(row.transactionId);
  if (waiting !== undefined && !reverses(waiting, row)) return 'reversal_mismatch';
  if (row.reverses === null) return undefined;
  if (row.reverses === row.transactionId) return 'reversal_mismatch';
  const target = held.byId.get(row.reverses);
  if (target !== undefined && !reverses(row, target)) return 'reversal_mismatch';
  return held.reversalById.has(row.reverses) ? 'already_reversed' : undefined;
}

function reverses(reversal: ReportedRow, target: ReportedRow): boolean {
  return (
    target.reverses === null &&
    reversal.kind === target.kind &&
    reversal.amountMinor + target.amountMinor === 0
  );
}

function sameContent(a: ReportedRow, b: ReportedRow): boolean {
  return (
    a.kind === b.kind &&
    a.occurredAtMs === b.occurredAtMs &&
    a.amountMinor === b.amountMinor &&
    a.counterparty === b.counterparty &&
    a.balanceAfterMinor === b.balanceAfterMinor &&
    a.channel === b.channel &&
    a.reverses === b.reverses
  );
}
