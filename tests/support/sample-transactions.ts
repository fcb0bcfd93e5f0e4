import fc from 'fast-check';
import type { BundleRow, ReportedRow } from '../../shared/domain/day-bundle.ts';
import type { Station } from '../../shared/domain/station.ts';
import { type Transaction, transactionChannels, transactionKinds } from '../../shared/domain/transaction.ts';

export const sampleStation: Station = {
  stationId: 'stn_lijia',
  countyId: 'cty_tonglu',
  village: '李家村',
  openedOn: '2024-01-01',
  stage: 'partner',
  currency: 'CNY',
  timeZone: 'Asia/Shanghai',
};

/** 2026-03-02 in Shanghai begins here. */
export const SAMPLE_DAY = '2026-03-02';
export const SAMPLE_DAY_START_MS = Date.parse('2026-03-01T16:00:00Z');
export const SAMPLE_NOW_MS = Date.parse('2026-03-10T04:00:00Z');

/** A plain transaction of the sample day; `change` says what is special about it. */
export function sampleTransaction(change: Partial<Transaction> = {}): Transaction {
  return {
    transactionId: 't-1',
    kind: 'parcel',
    occurredAt: '2026-03-02T02:30:00Z',
    amountMinor: 1_200,
    currency: 'CNY',
    channel: 'app',
    ...change,
  };
}

const amount = fc.oneof(
  fc.integer({ min: -5_000_000, max: 5_000_000 }),
  fc.integer({ min: -1_000, max: 1_000 }).map((yuan) => yuan * 100),
  fc.constantFrom(-1_000_000_000_000, 1_000_000_000_000, 0),
);
const idCharacters = 'ABCxyz0189._:-'.split('');
const textId = fc
  .tuple(
    fc.constantFrom('A', 'z', '7'),
    fc.string({ unit: fc.constantFrom(...idCharacters), minLength: 0, maxLength: 63 }),
  )
  .map(([first, rest]) => first + rest);
const anyId = fc.oneof(
  { weight: 4, arbitrary: fc.uuid() },
  // As long as a UUID and nearly one: it must stay the text it is.
  { weight: 1, arbitrary: fc.uuid().map((id) => id.toUpperCase()) },
  { weight: 2, arbitrary: textId },
);
const msOfDay = fc.oneof(
  fc.integer({ min: 0, max: 86_399_999 }),
  fc.integer({ min: 0, max: 1_439 }).map((minute) => minute * 60_000),
);

const reportedRowOf = (id: fc.Arbitrary<string>): fc.Arbitrary<ReportedRow> =>
  fc.record({
    transactionId: id,
    kind: fc.constantFrom(...transactionKinds),
    occurredAtMs: msOfDay.map((ms) => SAMPLE_DAY_START_MS + ms),
    amountMinor: amount,
    counterparty: fc.option(
      fc.oneof(
        fc.integer({ min: 1, max: 90 }).map((villager) => `v${villager}`),
        fc.string({ unit: fc.constantFrom('!', '~', 'a', '9', '#'), minLength: 1, maxLength: 64 }),
      ),
    ),
    balanceAfterMinor: fc.option(amount),
    channel: fc.constantFrom(...transactionChannels),
    reverses: fc.constant(null),
  });

/**
 * What may be reported of the sample day: rows with distinct ids, some of them reversed by others, some
 * reversals whose transaction never comes. No two contradict, so any order and any pieces must come to the same.
 */
export const consistentRows: fc.Arbitrary<ReportedRow[]> = fc
  .uniqueArray(reportedRowOf(anyId), { selector: (row) => row.transactionId, maxLength: 60 })
  .chain((rows) =>
    fc.record({
      rows: fc.constant(rows),
      reversed: fc.array(fc.boolean(), { minLength: rows.length, maxLength: rows.length }),
      orphans: fc.uniqueArray(reportedRowOf(fc.uuid()), {
        selector: (row) => row.transactionId,
        maxLength: 3,
      }),
    }),
  )
  .map(({ rows, reversed, orphans }) => [
    ...rows,
    ...rows.flatMap((row, index) =>
      reversed[index] === true && index % 3 === 0
        ? [
            {
              ...row,
              transactionId: `rev:${index}`,
              amountMinor: 0 - row.amountMinor,
              reverses: row.transactionId,
            },
          ]
        : [],
    ),
    ...orphans.map((row) => ({
      ...row,
      transactionId: `orphan:${row.transactionId}`,
      reverses: `gone:${row.transactionId}`,
    })),
  ]);

/** The same rows as a bundle holds them, each recorded at one of a few instants. */
export const recordedRows: fc.Arbitrary<BundleRow[]> = consistentRows.chain((rows) =>
  fc
    .array(fc.integer({ min: 0, max: 4 }), { minLength: rows.length, maxLength: rows.length })
    .map((deliveries) =>
      rows.map((row, index) => ({
        ...row,
        recordedAtMs: SAMPLE_NOW_MS + (deliveries[index] ?? 0) * 3_600_007,
      })),
    ),
);
