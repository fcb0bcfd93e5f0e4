import type { IngestRejection } from '../../../shared/domain/ingest-rejections.ts';

/** Added to each row of a rejects report; ignored when the mended report is sent as a file. */
export const REJECT_COLUMNS = ['reject_line', 'reject_column', 'reject_code', 'reject_message'] as const;
/** The same, in a line of NDJSON. */
export const REJECT_MEMBER = '_rejected';

export const isRejectField = (name: string): boolean => (REJECT_COLUMNS as readonly string[]).includes(name);

export interface Reject extends IngestRejection {
  readonly line: number;
  /** The column to look at, as the file names it; empty for the line as a whole. */
  readonly column: string;
  readonly source: readonly string[] | string;
}

const plainNumber = /^[+-]?\d+([.,]\d+)*$/;

/**
 * A cell that a spreadsheet will show and never run: whatever begins like a formula gets an apostrophe before it
 * (OWASP, CSV injection). Plain numbers stay, and an apostrophe of the file's own is doubled, so that
 * `unescapedCell` gives back exactly what was there.
 */
export function escapedCell(cell: string): string {
  return /^['=+\-@\t\r\n|%]/.test(cell) && !plainNumber.test(cell) ? `'${cell}` : cell;
}

export const unescapedCell = (cell: string): string =>
  cell.startsWith("'") && escapedCell(cell.slice(1)) === cell ? cell.slice(1) : cell;

const csvCell = (cell: string): string =>
  /[",\r\n]/.test(cell) || cell !== cell.trim() ? `"${cell.replaceAll('"', '""')}"` : cell;

const csvLine = (cells: readonly string[]): string =>
  `${cells.map((cell) => csvCell(escapedCell(cell))).join(',')}\n`;

/** The first line of a rejects report; none for NDJSON. */
export const rejectsHeader = (format: 'csv' | 'ndjson', columns: readonly string[]): string =>
  format === 'ndjson' ? '' : csvLine([...columns, ...REJECT_COLUMNS]);

/** One rejected record as a line of the report: what it was, and what is wrong with it. */
export function rejectLine(format: 'csv' | 'ndjson', columns: readonly string[], reject: Reject): string {
  const { line, column, code, message, source } = reject;
  if (format === 'csv') {
    const cells = typeof source === 'string' ? [source] : source;
    // A row with too few or too many cells still keeps the report's columns apart from its own.
    const own = columns.map((_, index) =>
      index === columns.length - 1 ? cells.slice(index).join(',') : (cells[index] ?? ''),
    );
    return csvLine([...own, String(line), column, code, message]);
  }
  const rejected = { line, column, code, message };
  const text = typeof source === 'string' ? source : '';
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return `${JSON.stringify({ ...value, [REJECT_MEMBER]: rejected })}\n`;
    }
  } catch {
    // Not JSON: kept as the text it is.
  }
  return `${JSON.stringify({ [REJECT_MEMBER]: { ...rejected, text } })}\n`;
}
