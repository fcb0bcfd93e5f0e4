import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ingestTransactions } from '../../../functions/ingest/ingest-transactions.ts';
import { exportMatrix } from '../../../models/factory/export-matrix.ts';
import { readOutcomes } from '../../../models/factory/outcomes-file.ts';
import { readMatrix } from '../../../models/factory/read-matrix.ts';
import { addDays } from '../../../shared/domain/calendar.ts';
import { DomainError } from '../../../shared/domain/errors.ts';
import { station } from '../../../shared/domain/station.ts';
import type { Transaction } from '../../../shared/domain/transaction.ts';
import { featureListHash, features } from '../../../shared/features/feature-list.ts';
import { dayBundleStore } from '../../../shared/store/day-bundles.ts';
import { entrepreneurStore } from '../../../shared/store/entrepreneurs.ts';
import { stationStore } from '../../../shared/store/stations.ts';
import { useTable } from '../../support/engine.ts';

const PLATFORM = 'ten_platform';
const table = useTable();
const HEADER =
  'id,station_id,entrepreneur_id,decided_at,requested_principal_minor,requested_term_months,outcome_on,defaulted,meta_sex';
const names = features.map((feature) => feature.name);

/** One sale a day for `days` days from the first of March 2026, told of at once or all at the end. */
async function reported(stationId: string, days: number, recordedAt: string): Promise<void> {
  const stations = stationStore(table());
  await stations.put(
    PLATFORM,
    station.parse({
      stationId,
      countyId: 'cty_anji',
      village: '余村',
      openedOn: '2025-01-01',
      stage: 'partner',
    }),
  );
  const transactions = Array.from(
    { length: days },
    (_, day): Transaction => ({
      transactionId: `${stationId}-${day}`,
      kind: 'purchase_order',
      occurredAt: `${addDays('2026-03-01', day)}T03:00:00Z`,
      amountMinor: 10_000,
      currency: 'CNY',
      channel: 'app',
    }),
  );
  const outcomes = await ingestTransactions(
    { tenantId: PLATFORM, stationId, transactions },
    {
      stations,
      bundles: dayBundleStore(table()),
      nowMs: () => Date.parse(recordedAt),
      random: () => 0.5,
      sleep: async () => {},
    },
  );
  expect(outcomes.every(({ status }) => status === 'accepted')).toBe(true);
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cunxin-export-'));
  await reported('stn_prompt', 60, '2026-05-01T00:00:00Z');
  await reported('stn_backfilled', 60, '2026-08-01T00:00:00Z');
});
afterAll(() => rm(directory, { recursive: true }));

async function exported(rows: readonly string[], change: { skipRefused?: boolean; name?: string } = {}) {
  const file = join(directory, 'outcomes.csv');
  await writeFile(file, `${[HEADER, ...rows].join('\n')}\n`);
  return exportMatrix(readOutcomes(file), {
    platform: PLATFORM,
    stations: stationStore(table()),
    entrepreneurs: entrepreneurStore(table()),
    bundles: dayBundleStore(table()),
    nowMs: Date.parse('2027-01-01T00:00:00Z'),
    lateShareMax: 0.5,
    directory: join(directory, 'out'),
    name: 'matrix',
    skipRefused: false,
    ...change,
  });
}

async function refusal(work: Promise<unknown>): Promise<DomainError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof DomainError)) throw error ?? new Error('nothing was refused');
  return error;
}

const good = 'loan-1,stn_prompt,,2026-05-10T02:00:00Z,5000000,12,2026-11-01,1,F';
const codesOf = ({ issues }: DomainError) => issues.map(({ field, code }) => `${field} ${code}`);

describe('the export of a matrix', () => {
  it('writes the same rows as CSV and as Parquet, with the hash of the feature list', async () => {
    const open = 'loan-2,stn_prompt,,2026-05-02T02:00:00Z,,,,,M';
    const { files, rows, defaults } = await exported([good, open], { name: 'both' });
    expect({ rows, defaults }).toEqual({ rows: 2, defaults: 1 });
    const [csv = '', parquet = '', list = ''] = files;
    const fromCsv = await readMatrix(csv, names);
    expect(await readMatrix(parquet, names)).toEqual(fromCsv);
    expect(fromCsv.labels).toEqual(Float64Array.from([1, Number.NaN]));
    expect(fromCsv.meta.get('sex')).toEqual(['F', 'M']);
    expect(JSON.parse(await readFile(list, 'utf8')).featureListHash).toBe(featureListHash);
    const metadata = await parquetMetadataAsync(await asyncBufferFromFile(parquet));
    expect(metadata.key_value_metadata).toContainEqual({ key: 'featureListHash', value: featureListHash });
  });

  it('sees what was recorded by the decision and nothing later', async () => {
    const { files } = await exported([good, 'loan-2,stn_prompt,,2026-05-10T02:00:00Z,,,,,M'], {
      name: 'point',
    });
    const matrix = await readMatrix(files[0] ?? '', names);
    expect(matrix.asOf).toEqual(['2026-05-10', '2026-05-10']);
    const column = names.indexOf('days_since_last_transaction');
    // A sale on each of 60 days from 1 March, decision on 10 May.
    expect(matrix.features[column]).toBe(11);
  });

  it.each([
    ['outcome_before_decision', 'outcome_on', 'x,stn_prompt,,2026-05-10T02:00:00Z,1,12,2026-05-10,1,F'],
    ['outcome_in_future', 'outcome_on', 'x,stn_prompt,,2026-05-10T02:00:00Z,1,12,2027-05-10,0,F'],
    [
      'history_recorded_after_decision',
      'decided_at',
      'x,stn_backfilled,,2026-05-10T02:00:00Z,1,12,2026-06-10,0,F',
    ],
    ['unknown_station', 'station_id', 'x,stn_nobody,,2026-05-10T02:00:00Z,1,12,2026-06-10,0,F'],
    [
      'unknown_entrepreneur',
      'entrepreneur_id',
      'x,stn_prompt,ent_no,2026-05-10T02:00:00Z,1,12,2026-06-10,0,F',
    ],
  ])('refuses %s, naming line and column, and writes nothing', async (code, column, row) => {
    const error = await refusal(exported([good, row], { name: `refused-${code}` }));
    expect(codesOf(error)).toEqual([`outcomes.csv:3.${column} ${code}`]);
    const left = await readdir(join(directory, 'out')).catch(() => []);
    expect(left.filter((file) => file.includes(code) || file.startsWith('.unfinished'))).toEqual([]);
  });

  it('reads the history the backfilled station had once it was recorded', async () => {
    const { rows } = await exported(['x,stn_backfilled,,2026-08-10T02:00:00Z,1,12,2026-09-10,0,F'], {
      name: 'late',
    });
    expect(rows).toBe(1);
  });

  it('leaves refused rows out on request and lists every one of them', async () => {
    const bad = 'x,stn_nobody,,2026-05-10T02:00:00Z,1,12,2026-06-10,0,F';
    const { rows, files, refused } = await exported([bad, good], { skipRefused: true, name: 'skipped' });
    expect({ rows, refused: refused.length }).toEqual({ rows: 1, refused: 1 });
    expect(await readFile(files.at(-1) ?? '', 'utf8')).toContain(
      '"outcomes.csv:2.station_id","unknown_station"',
    );
  });

  it.each([
    ['a broken cell', 'x,stn_prompt,,yesterday,1,12,2026-06-10,0,F', 'outcomes.csv:2.decided_at'],
    [
      'an outcome without its day',
      'x,stn_prompt,,2026-05-10T02:00:00Z,1,12,,0,F',
      'outcomes.csv:2.outcome_on',
    ],
  ])('refuses %s', async (_what, row, field) => {
    expect((await refusal(exported([row]))).issues[0]?.field).toBe(field);
  });

  it('refuses an id that comes twice and a file without rows', async () => {
    expect(codesOf(await refusal(exported([good, good])))).toEqual(['outcomes.csv:3.id repeated']);
    expect(codesOf(await refusal(exported([])))).toEqual(['outcomes no_rows']);
  });
});

describe('reading a matrix', () => {
  it('refuses columns that are not the feature list, naming the first', async () => {
    const file = join(directory, 'other.csv');
    await writeFile(file, 'id,as_of,label,meta_sex,a,c\nx,2026-01-01,1,F,1,2\n');
    expect(codesOf(await refusal(readMatrix(file, ['a', 'b'])))).toEqual(['other.csv:1.c wrong_column']);
  });
});
