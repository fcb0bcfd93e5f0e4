import { basename } from 'node:path';
import { type BusinessDate, businessDate } from '../../shared/domain/calendar.ts';
import { fieldError } from '../../shared/domain/errors.ts';
import { parse } from '../../shared/domain/parse.ts';
import type { CsvMapping, dayFormats } from './csv-mapping.ts';

export type TextRow = Readonly<Record<string, string>>;
type DayFormat = (typeof dayFormats)[number];

/** One row of a lender's file; each cell is read by what the mapping says it is. Errors name line and column. */
export class MappedRow {
  readonly #at: string;
  readonly #row: TextRow;
  readonly #mapping: CsvMapping;

  constructor(file: string, line: number, row: TextRow, mapping: CsvMapping) {
    this.#at = `${basename(file)}:${line}`;
    this.#row = row;
    this.#mapping = mapping;
  }

  refusal(column: string, code: string, message: string) {
    return fieldError('invalid_request', `${this.#at}.${column}`, code, `${this.#at}: ${column}: ${message}`);
  }

  text(column: string): string {
    const cell = this.#row[column];
    if (cell === undefined) throw this.refusal(column, 'no_column', 'the file has no such column');
    return cell;
  }

  /** What ids are built of. */
  idText(column: string): string {
    const cell = this.text(column);
    if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/.test(cell)) return cell;
    throw this.refusal(column, 'invalid_id', "must be 1 to 32 letters, digits, '.', '_' or '-'");
  }

  wholeNumber(column: string): number {
    const cell = this.text(column);
    if (/^\d{1,9}$/.test(cell)) return Number(cell);
    throw this.refusal(column, 'invalid_number', 'must be a whole number');
  }

  /** In minor units, exact. */
  amountMinor(column: string): number {
    const { amountDecimals: decimals, decimalSeparator } = this.#mapping;
    const match = /^(-?)(\d{1,12})(?:[.,](\d+))?$/.exec(this.text(column).trim());
    const [, sign, whole, fraction = ''] = match ?? [];
    const separated = fraction === '' || this.text(column).includes(decimalSeparator);
    if (whole === undefined || fraction.length > decimals || !separated) {
      const form =
        decimals === 0 ? 'no decimals' : `at most ${decimals} decimals after '${decimalSeparator}'`;
      throw this.refusal(column, 'invalid_amount', `must be an amount with ${form}`);
    }
    const minor = Number(whole + fraction.padEnd(decimals, '0'));
    return sign === '-' && minor !== 0 ? -minor : minor;
  }

  day(column: string, format: DayFormat): BusinessDate {
    const cell = this.text(column);
    const pattern = format
      .replace(/[./]/g, '\\$&')
      .replace('YYYY', '(?<year>\\d{4})')
      .replace('MM', '(?<month>\\d\\d)')
      .replace('DD', '(?<day>\\d\\d)');
    const parts = new RegExp(`^${pattern}$`).exec(cell)?.groups;
    if (parts === undefined) throw this.refusal(column, 'invalid_day', `must be a date as ${format}`);
    return parse(businessDate, `${parts.year}-${parts.month}-${parts.day}`, {
      root: `${this.#at}.${column}`,
    });
  }

  /** Seconds since midnight. */
  timeOfDay(column: string): number {
    const match = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(this.text(column));
    if (match === null) throw this.refusal(column, 'invalid_time', 'must be a time as HH:MM or HH:MM:SS');
    const [, hours, minutes, seconds = '0'] = match;
    return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  }

  /** Which of two lists a cell's text is on. */
  either<Name extends string>(column: string, lists: Readonly<Record<Name, readonly string[]>>): Name {
    const cell = this.text(column);
    for (const name in lists) if (lists[name].includes(cell)) return name;
    throw this.refusal(column, 'unmapped_value', `${JSON.stringify(cell)} is not in the mapping`);
  }
}
