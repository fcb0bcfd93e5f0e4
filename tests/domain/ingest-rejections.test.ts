import { describe, expect, it } from 'vitest';
import { transactionAdmission } from '../../shared/domain/admit-transaction.ts';
import { emptyBundle, mergeIntoBundle, reportedRow } from '../../shared/domain/day-bundle.ts';
import { ingestRejectionCodes } from '../../shared/domain/ingest-rejections.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import {
  SAMPLE_DAY,
  SAMPLE_NOW_MS,
  sampleStation,
  sampleTransaction,
} from '../support/sample-transactions.ts';

/** What the day already holds: sale s, its reversal r, and w, waiting to reverse what has not come. */
const held: Partial<Transaction>[] = [
  { transactionId: 's', kind: 'produce_sale', amountMinor: 500 },
  { transactionId: 'r', kind: 'produce_sale', amountMinor: -500, reverses: 's' },
  { transactionId: 'w', kind: 'parcel', amountMinor: -300, reverses: 'missing' },
  { transactionId: 'p', kind: 'parcel', amountMinor: 900 },
];

/** One row a report and its outcome. The clock says 2026-03-10 12:00 in Shanghai; the station closed on 03-08. */
const table = `
transactionId | change                                                                  | outcome
new           |                                                                         | accepted
s             | "kind":"produce_sale","amountMinor":500                                 | duplicate
p             | "kind":"parcel","amountMinor":900,"occurredAt":"2026-03-02T02:30:00.0Z" | duplicate
new           | "occurredAt":"2026-03-08T15:59:59Z"                                     | accepted
new           | "occurredAt":"2024-01-01T00:00:00Z"                                     | accepted
              |                                                                         | invalid_transaction transactionId
a b           |                                                                         | invalid_transaction transactionId
new           | "kind":"gift"                                                           | invalid_transaction kind
new           | "amountMinor":1.5                                                       | invalid_transaction amountMinor
new           | "amountMinor":"12"                                                      | invalid_transaction amountMinor
new           | "amountMinor":1000000000001                                             | invalid_transaction amountMinor
new           | "amountMinor":null                                                      | invalid_transaction amountMinor
new           | "occurredAt":"2026-03-02"                                               | invalid_transaction occurredAt
new           | "occurredAt":"2026-02-30T00:00:00Z"                                     | invalid_transaction occurredAt
new           | "occurredAt":"2026-03-02T02:30:00+08:00"                                | invalid_transaction occurredAt
new           | "currency":"yuan"                                                       | invalid_transaction currency
new           | "counterparty":"Li Wei"                                                 | invalid_transaction counterparty
new           | "counterparty":"v\\u0000"                                               | invalid_transaction counterparty
new           | "channel":"fax"                                                         | invalid_transaction channel
new           | "colour":"red"                                                          | invalid_transaction colour
new           | "currency":"EUR"                                                        | currency_mismatch currency
new           | "currency":"EUR","occurredAt":"2027-01-01T00:00:00Z"                    | currency_mismatch currency
new           | "occurredAt":"2026-03-10T04:05:00.001Z"                                 | in_future occurredAt
new           | "occurredAt":"2023-03-05T15:59:59Z"                                     | too_late occurredAt
new           | "occurredAt":"2023-12-31T15:59:59Z"                                     | before_station_opened occurredAt
new           | "occurredAt":"2026-03-08T16:00:00Z"                                     | station_closed occurredAt
new           | "occurredAt":"2026-03-10T04:05:00Z"                                     | station_closed occurredAt
p             | "kind":"parcel","amountMinor":901                                       | conflicting_transaction transactionId
p             | "kind":"fee","amountMinor":900                                          | conflicting_transaction transactionId
p             | "kind":"parcel","amountMinor":900,"occurredAt":"2026-03-02T02:30:01Z"   | conflicting_transaction transactionId
p             | "kind":"parcel","amountMinor":900,"counterparty":"v1"                   | conflicting_transaction transactionId
p             | "kind":"parcel","amountMinor":900,"balanceAfterMinor":1                 | conflicting_transaction transactionId
p             | "kind":"parcel","amountMinor":900,"channel":"web"                       | conflicting_transaction transactionId
p             | "kind":"parcel","amountMinor":900,"reverses":"s"                        | conflicting_transaction transactionId
new           | "kind":"parcel","amountMinor":-900,"reverses":"p"                       | accepted
new           | "kind":"parcel","amountMinor":-900,"reverses":"not-yet"                 | accepted
new           | "kind":"parcel","amountMinor":-899,"reverses":"p"                       | reversal_mismatch reverses
new           | "kind":"parcel","amountMinor":900,"reverses":"p"                        | reversal_mismatch reverses
new           | "kind":"fee","amountMinor":-900,"reverses":"p"                          | reversal_mismatch reverses
new           | "kind":"produce_sale","amountMinor":500,"reverses":"r"                  | reversal_mismatch reverses
new           | "kind":"parcel","amountMinor":0,"reverses":"new"                        | reversal_mismatch reverses
missing       | "kind":"parcel","amountMinor":300                                       | accepted
missing       | "kind":"parcel","amountMinor":301                                       | reversal_mismatch reverses
missing       | "kind":"fee","amountMinor":300                                          | reversal_mismatch reverses
missing       | "kind":"parcel","amountMinor":300,"reverses":"p"                        | reversal_mismatch reverses
new           | "kind":"produce_sale","amountMinor":-500,"reverses":"s"                 | already_reversed reverses
new           | "kind":"parcel","amountMinor":-300,"reverses":"missing"                 | already_reversed reverses
`;

const rows = table
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split('|').map((cell) => cell.trim()) as [string, string, string]);

const admit = transactionAdmission({ ...sampleStation, closedOn: '2026-03-08' }, SAMPLE_NOW_MS);
const day = mergeIntoBundle(
  emptyBundle(SAMPLE_DAY, 'CNY'),
  held.map((change) => reportedRow(sampleTransaction(change))),
  SAMPLE_NOW_MS,
).bundle;

function outcomeOf(reported: unknown): string {
  const admission = admit(reported);
  if (!admission.admitted) return `${admission.rejection.code} ${admission.rejection.field || '-'}`;
  const before = admission.day === SAMPLE_DAY ? day : emptyBundle(admission.day, 'CNY');
  const [outcome] = mergeIntoBundle(before, [admission.row], SAMPLE_NOW_MS).outcomes;
  return outcome?.status === 'rejected' ? `${outcome.code} ${outcome.field}` : String(outcome?.status);
}

describe('what becomes of a report', () => {
  it('finds the held day as the table says', () => expect(day.rows).toHaveLength(held.length));

  it.each(rows)('%s {%s} is %s', (id, change, outcome) => {
    const reported = { ...sampleTransaction({ transactionId: id }), ...JSON.parse(`{${change}}`) };
    expect(outcomeOf(reported)).toBe(outcome);
  });

  it.each([[null], [7], ['text'], [[]], [true]])('refuses %j, which is no transaction at all', (reported) => {
    expect(outcomeOf(reported)).toBe('invalid_transaction -');
  });

  it('has a row for every code but those of files, in tests/functions/ingest/file, and day_full, in day-parts', () => {
    const shown = new Set(rows.map(([, , outcome]) => outcome.split(' ')[0]));
    expect(ingestRejectionCodes.filter((code) => !shown.has(code))).toEqual([
      'line_too_long',
      'malformed_line',
      'unknown_station',
      'day_full',
    ]);
  });
});
