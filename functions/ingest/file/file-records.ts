import { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { IngestRejectionCode } from '../../../shared/domain/ingest-rejections.ts';
import { defaultFileBounds, type FileBounds, ImportStopped } from './import-stopped.ts';
import { isRejectField, REJECT_COLUMNS, REJECT_MEMBER, unescapedCell } from './rejects-format.ts';

/** One record of a file: a JSON object, or the cells of a CSV row by column. */
export interface FileRecord {
  /** Physical line of its beginning, from 1. */
  readonly line: number;
  /** Null when the line is no record. */
  readonly fields: Readonly<Record<string, unknown>> | null;
  readonly fault: Extract<IngestRejectionCode, 'line_too_long' | 'malformed_line'> | null;
  /** As it stands in the file, to be written back: the cells, or the line (cut when too long). */
  readonly source: readonly string[] | string;
}

export interface FileRecords {
  readonly format: 'csv' | 'ndjson';
  /** Of a CSV file, without the columns a rejects report added. */
  readonly columns: readonly string[];
  readonly records: AsyncIterable<FileRecord>;
}

/** The records of a file: NDJSON when it begins with a brace, else CSV with a header. */
export async function recordsOfText(
  text: AsyncIterable<string>,
  bounds: FileBounds = defaultFileBounds,
): Promise<FileRecords> {
  const source = text[Symbol.asyncIterator]();
  let head = '';
  let isDone = false;
  while (!isDone && head.trim() === '') {
    const next = await source.next();
    isDone = next.done === true;
    if (next.done !== true) head += next.value;
    if (head.length > bounds.lineLengthMax && head.trim() === '') {
      throw new ImportStopped('malformed_header', 1, 'begins with nothing but blanks');
    }
  }
  const all = async function* () {
    yield head;
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
  };
  if (/^\s*\{/.test(head)) return { format: 'ndjson', columns: [], records: ndjsonRecords(all(), bounds) };
  return csvRecords(all(), bounds);
}

async function* ndjsonRecords(text: AsyncIterable<string>, bounds: FileBounds): AsyncGenerator<FileRecord> {
  let line = 1;
  let rest = '';
  let isTooLong = false;
  for await (const piece of text) {
    let from = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', from)) {
      const length = rest.length + end - from;
      if (isTooLong || length > bounds.lineLengthMax)
        yield tooLong(line, rest + piece.slice(from, from + 200));
      else {
        const record = jsonRecord(line, rest + piece.slice(from, end));
        if (record !== undefined) yield record;
      }
      [rest, isTooLong] = ['', false];
      line += 1;
      from = end + 1;
    }
    if (isTooLong) continue;
    rest += piece.slice(from);
    if (rest.length > bounds.lineLengthMax) [rest, isTooLong] = [rest.slice(0, 200), true];
  }
  if (isTooLong) yield tooLong(line, rest);
  else {
    const last = jsonRecord(line, rest);
    if (last !== undefined) yield last;
  }
}

const tooLong = (line: number, beginning: string): FileRecord => ({
  line,
  fields: null,
  fault: 'line_too_long',
  source: beginning.slice(0, 200),
});

function jsonRecord(line: number, text: string): FileRecord | undefined {
  const source = text.trim();
  if (source === '') return undefined;
  try {
    const value: unknown = JSON.parse(source);
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && source.isWellFormed()) {
      const { [REJECT_MEMBER]: _, ...fields } = value as Record<string, unknown>;
      return { line, fields, fault: null, source };
    }
  } catch {
    // Told below, as any line that is no object.
  }
  return { line, fields: null, fault: 'malformed_line', source };
}

async function csvRecords(text: AsyncIterable<string>, bounds: FileBounds): Promise<FileRecords> {
  const parser = parse({
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: bounds.lineLengthMax,
  });
  // Destroying the parser would lose records it has read: the text ends early instead, and says why afterwards.
  let stop: ImportStopped | null = null;
  let endsWithLine = true;
  const untilStopped = async function* () {
    try {
      for await (const piece of text) {
        if (piece !== '') endsWithLine = piece.endsWith('\n');
        yield piece;
      }
    } catch (error) {
      if (!(error instanceof ImportStopped)) throw error;
      stop = error;
    }
  };
  const input = Readable.from(untilStopped());
  input.once('error', (error) => parser.destroy(error));
  input.pipe(parser);
  const rows = (async function* () {
    let line = 1;
    let last: { line: number; cells: string[] } | undefined;
    try {
      for await (const { record, info } of parser as AsyncIterable<{
        record: string[];
        info: { lines: number };
      }>) {
        // A cell may hold line breaks: the record began that many lines before it ended.
        const breaks = record.reduce(
          (sum, cell) => sum + (cell.includes('\n') ? cell.split('\n').length - 1 : 0),
          0,
        );
        line = info.lines - breaks;
        if (last !== undefined) yield last;
        last = { line, cells: record };
      }
      // A record that is cut off in the middle may look like a whole one.
      if (last !== undefined && (stop === null || endsWithLine)) yield last;
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      if (stop !== null) throw stop;
      const at = 'lines' in error && typeof error.lines === 'number' ? error.lines : line;
      const what =
        error.code === 'CSV_MAX_RECORD_SIZE'
          ? `a record of more than ${bounds.lineLengthMax} characters: is a quote left open?`
          : 'a quote stands where none may';
      throw new ImportStopped('malformed_csv', Math.max(at, line), what);
    } finally {
      input.destroy();
    }
    if (stop !== null) throw stop;
  })();
  const header = await rows.next();
  if (header.done === true) throw new ImportStopped('malformed_header', 1, 'the file is empty');
  const names = header.value.cells.map((name) => name.trim());
  const isSentAgain = REJECT_COLUMNS.every((name) => names.includes(name));
  const columns = names.filter((name) => !isRejectField(name));
  if (new Set(columns).size !== columns.length || columns.includes('')) {
    throw new ImportStopped('malformed_header', 1, 'the header must name each column, and each once');
  }
  const kept = names.flatMap((name, index) => (isRejectField(name) ? [] : [index]));
  const records = (async function* (): AsyncGenerator<FileRecord> {
    for await (const { line, cells } of rows) {
      const isWhole = cells.length === names.length;
      const own = isWhole
        ? kept.map((index) => (isSentAgain ? unescapedCell(cells[index] ?? '') : (cells[index] ?? '')))
        : cells;
      if (!isWhole) {
        yield { line, fields: null, fault: 'malformed_line', source: own };
        continue;
      }
      const fields: Record<string, string> = {};
      for (const [index, column] of columns.entries()) fields[column] = own[index] ?? '';
      yield { line, fields, fault: null, source: own };
    }
  })();
  return { format: 'csv', columns, records };
}
