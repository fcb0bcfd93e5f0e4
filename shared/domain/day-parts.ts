import {
  accepted,
  type BundleBounds,
  type BundleRow,
  type DayBundle,
  defaultBundleBounds,
  HeldRows,
  inOrderOfOccurrence,
  type MergeOutcome,
  type ReportedRow,
  rejected,
  rowBytesMax,
} from './day-bundle.ts';
import { customerHash } from './day-summary.ts';

/**
 * One part of a busy day: the rows whose transaction id hashes to its prefix, a text of bits ('' is the whole
 * day). A reversal is also held, and counts for nothing, in the part of the transaction it names. So a part
 * alone decides what is a duplicate, a conflict or already reversed, a report sent again meets its own part,
 * and the parts' summaries add up to the day's (merge-summaries.ts).
 */
export interface DayPart {
  readonly prefix: string;
  /** In order of occurrence. */
  readonly rows: readonly BundleRow[];
}

/** 2^7 parts: a day of 30 million bytes, 600,000 transactions with UUIDs. */
export const PART_DEPTH_MAX = 7;

export interface PartBounds extends BundleBounds {
  readonly depthMax: number;
}

export const defaultPartBounds: PartBounds = { ...defaultBundleBounds, depthMax: PART_DEPTH_MAX };

/** Whether a transaction id belongs to a part, by the first bits of a hash that is the same everywhere. */
export function covers(prefix: string, transactionId: string): boolean {
  return (
    prefix.length === 0 || customerHash(transactionId) >>> (32 - prefix.length) === Number.parseInt(prefix, 2)
  );
}

/** Whether a part holds a row: by its own id, or by the id it reverses. */
export const holds = (prefix: string, row: ReportedRow): boolean =>
  covers(prefix, row.transactionId) || (row.reverses !== null && covers(prefix, row.reverses));

/** Whether prefixes cover every id, each once: false when some part is missing, or two overlap. */
export function isWholeDay(prefixes: readonly string[]): boolean {
  const sorted = [...prefixes].sort();
  const overlaps = sorted.some((prefix, index) => sorted[index + 1]?.startsWith(prefix) === true);
  return !overlaps && sorted.reduce((share, prefix) => share + 2 ** -prefix.length, 0) === 1;
}

/** The rows of a day from its parts: each once, in order of occurrence. */
export function rowsOfParts(parts: readonly DayPart[]): readonly BundleRow[] {
  const [first] = parts;
  if (parts.length === 1 && first?.prefix === '') return first.rows;
  return parts
    .flatMap(({ prefix, rows }) => rows.filter((row) => covers(prefix, row.transactionId)))
    .sort(inOrderOfOccurrence);
}

export const bundleOfParts = (
  day: Pick<DayBundle, 'day' | 'currency'>,
  parts: readonly DayPart[],
): DayBundle => ({ day: day.day, currency: day.currency, rows: rowsOfParts(parts) });

export interface MergedParts {
  /** Parts that took nothing are the very ones given; one that grew too large is there as its divisions. */
  readonly parts: readonly DayPart[];
  readonly outcomes: readonly MergeOutcome[];
}

/**
 * Add newly reported rows to the parts that hold them, dividing those that outgrow their bounds; the rules are
 * `mergeIntoBundle`'s. Every row given must belong to parts given. A row is refused as `day_full` when its part
 * cannot be divided further, or when the day's turnover might no longer be a safe integer: a part of n bits
 * takes 2^-n of that.
 */
export function mergeIntoParts(
  parts: readonly DayPart[],
  incoming: readonly ReportedRow[],
  recordedAtMs: number,
  bounds: PartBounds = defaultPartBounds,
): MergedParts {
  const leaves: Leaf[] = parts.map((part) => new Leaf(part));
  const held = new HeldRows(parts.flatMap(({ rows }) => rows));
  let recordedAt = recordedAtMs;
  for (const { rows } of parts) for (const row of rows) recordedAt = Math.max(recordedAt, row.recordedAtMs);
  const outcomes = incoming.map((row): MergeOutcome => {
    const known = held.verdictOn(row);
    if (known !== undefined) return known;
    const targets = makeRoom(leaves, row, bounds);
    if (targets === undefined) return rejected('day_full');
    const recorded: BundleRow = { ...row, recordedAtMs: recordedAt };
    held.add(recorded);
    for (const leaf of targets) leaf.add(recorded);
    return accepted;
  });
  return { parts: leaves.some((leaf) => leaf.isChanged) ? leaves.map(partOf) : parts, outcomes };
}

const partOf = (leaf: Leaf): DayPart =>
  leaf.isChanged || leaf.source === null
    ? { prefix: leaf.prefix, rows: leaf.rows.sort(inOrderOfOccurrence) }
    : leaf.source;

class Leaf {
  readonly prefix: string;
  readonly rows: BundleRow[];
  /** The part it was made from; null for a division. */
  readonly source: DayPart | null;
  bytes = 0;
  turnoverMinor = 0;
  isChanged = false;

  constructor(part: DayPart, source: DayPart | null = part) {
    this.prefix = part.prefix;
    this.rows = [...part.rows];
    this.source = source;
    for (const row of part.rows) this.#count(row);
  }

  add(row: BundleRow): void {
    this.rows.push(row);
    this.#count(row);
    this.isChanged = true;
  }

  #count(row: BundleRow): void {
    this.bytes += rowBytesMax(row);
    this.turnoverMinor += Math.abs(row.amountMinor);
  }

  get turnoverMinorMax(): number {
    return Number.MAX_SAFE_INTEGER / 2 ** this.prefix.length;
  }
}

/** The leaves that take a row, after dividing those that have no room; undefined when there can be none. */
function makeRoom(leaves: Leaf[], row: ReportedRow, bounds: PartBounds): readonly Leaf[] | undefined {
  for (;;) {
    const targets = leaves.filter((leaf) => holds(leaf.prefix, row));
    const turnoverMinor = Math.abs(row.amountMinor);
    if (targets.some((leaf) => leaf.turnoverMinor + turnoverMinor > leaf.turnoverMinorMax)) return undefined;
    const crowded = targets.find(
      (leaf) => leaf.rows.length >= bounds.rowsMax || leaf.bytes + rowBytesMax(row) > bounds.bytesMax,
    );
    if (crowded === undefined) return targets;
    if (crowded.prefix.length >= bounds.depthMax) return undefined;
    const halves = ['0', '1'].map((bit) => {
      const prefix = crowded.prefix + bit;
      return new Leaf({ prefix, rows: crowded.rows.filter((held) => holds(prefix, held)) }, null);
    });
    if (halves.some((half) => half.turnoverMinor > half.turnoverMinorMax)) return undefined;
    leaves.splice(leaves.indexOf(crowded), 1, ...halves);
  }
}
