import { basename } from 'node:path';
import { z } from 'zod';
import { businessDate, instant } from '../../shared/domain/calendar.ts';
import { fieldError } from '../../shared/domain/errors.ts';
import { entrepreneurId, stationId } from '../../shared/domain/identifiers.ts';
import { parse } from '../../shared/domain/parse.ts';
import { stationStages } from '../../shared/domain/station.ts';
import { csvRows, textRow } from '../datasets/csv-rows.ts';

const empty = z.literal('').transform(() => null);
const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number);

/** A loan or application of the past and how it went: one row of an outcomes file. */
const outcomeRow = z.object({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, "must be letters, digits, '.', '_', ':' or '-'"),
  station_id: stationId,
  /** Empty when the person is not known. */
  entrepreneur_id: z.union([empty, entrepreneurId]),
  /** When it was decided: nothing recorded later is history. */
  decided_at: instant,
  requested_principal_minor: z.union([empty, wholeNumber.pipe(z.int().min(1))]),
  requested_term_months: z.union([empty, wholeNumber.pipe(z.int().min(1).max(600))]),
  /** The day the outcome was known; empty, with `defaulted`, while it is not. */
  outcome_on: z.union([empty, businessDate]),
  defaulted: z.union([empty, z.enum(['0', '1']).transform((text) => text === '1')]),
  /** The station's stage when it was decided; without the column, the stage it has now. */
  station_stage: z.union([empty, z.enum(stationStages)]).default(null),
});

export interface RecordedOutcome extends z.output<typeof outcomeRow> {
  /** Where it stands in the file, for messages: `outcomes.csv:12`. */
  readonly at: string;
  /** Its `meta_…` columns, without the prefix. */
  readonly meta: Readonly<Record<string, string>>;
}

const META = 'meta_';
const known = new Set(Object.keys(outcomeRow.shape));

/**
 * Outcomes in the order of a CSV file. Raises DomainError `invalid_request` naming line and column: a broken
 * cell, an unknown column (a misspelt one would be ignored), an id that comes twice, an outcome without its day.
 */
export async function* readOutcomes(path: string): AsyncGenerator<RecordedOutcome> {
  const file = basename(path);
  const seen = new Set<string>();
  for await (const { line, row } of csvRows(path, textRow)) {
    const at = `${file}:${line}`;
    for (const column of Object.keys(row)) {
      if (known.has(column) || column.startsWith(META)) continue;
      throw fieldError(
        'invalid_request',
        `${at}.${column}`,
        'unknown_column',
        `${at}: no column ${column} is known`,
      );
    }
    const outcome = parse(outcomeRow, row, { root: at });
    if (seen.has(outcome.id)) {
      throw fieldError('invalid_request', `${at}.id`, 'repeated', `${at}: ${outcome.id} comes twice`);
    }
    seen.add(outcome.id);
    if ((outcome.defaulted === null) !== (outcome.outcome_on === null)) {
      throw fieldError(
        'invalid_request',
        `${at}.outcome_on`,
        'required',
        `${at}: outcome_on and defaulted are given together or not at all`,
      );
    }
    const meta = Object.fromEntries(
      Object.entries(row).flatMap(([column, value]) =>
        column.startsWith(META) ? [[column.slice(META.length), value]] : [],
      ),
    );
    yield { ...outcome, at, meta };
  }
}
