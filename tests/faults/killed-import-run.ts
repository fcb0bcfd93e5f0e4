import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startEngine } from '../../infra/local/engine.ts';
import { createTable } from '../../shared/store/create-table.ts';
import { openTable, type StoreTable } from '../../shared/store/dynamo.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { auditHistory } from './audit-history.ts';
import { FAULTS_NOW_MS, faultStations, PLATFORM, type Report, sampleHistory } from './sample-history.ts';
import { seededRandom } from './seeded-random.ts';

const COLUMNS = [
  'stationId',
  'transactionId',
  'kind',
  'occurredAt',
  'amountMinor',
  'currency',
  'counterparty',
  'balanceAfterMinor',
  'channel',
  'reverses',
] as const;

/**
 * The import command, a process of its own with its engine, killed by SIGKILL at random moments and started
 * again, in rounds of a fresh table. After every kill the history is audited: it holds no less than after the
 * kill before. After the last run of a round it holds all of the file, once.
 */
export async function killedImportRun(options: {
  readonly seed: number;
  readonly rounds: number;
  readonly killsPerRound: number;
  readonly transactions: number;
  readonly onKill?: (kill: { round: number; afterMs: number; held: number }) => void;
}) {
  const random = seededRandom(options.seed);
  const totals = { kills: 0, finishedBeforeKill: 0, killedHalfWay: 0, sent: 0, partsMax: 0 };
  for (let round = 1; round <= options.rounds; round += 1) {
    const directory = await mkdtemp(join(tmpdir(), 'killed-import-'));
    try {
      const reports = sampleHistory(random, options.transactions);
      const file = join(directory, 'transactions.csv');
      await writeFile(file, csvOf(random.shuffled(reports)));
      await withTable(directory, async (table) => {
        await createTable(table);
        for (const station of faultStations) await stationStore(table).put(PLATFORM, station);
      });
      let heldBefore = 0;
      for (let kill = 0; kill < options.killsPerRound; kill += 1) {
        // Start-up takes some 400 ms, so these fall before, during and between the writes.
        const afterMs = 250 + random.below(1_500);
        const wasKilled = await importOnce(directory, file, afterMs);
        if (wasKilled) totals.kills += 1;
        else totals.finishedBeforeKill += 1;
        const { transactions: held } = await audited(directory, reports, new Set());
        if (held < heldBefore) throw new Error(`${heldBefore - held} transactions vanished`);
        if (wasKilled && held > 0 && held < reports.length) totals.killedHalfWay += 1;
        heldBefore = held;
        options.onKill?.({ round, afterMs, held });
      }
      if (await importOnce(directory, file, null)) throw new Error('the last run did not end');
      const all = new Set(
        reports.map(({ stationId, transaction }) => `${stationId} ${transaction.transactionId}`),
      );
      const { transactions, partsMax } = await audited(directory, reports, all);
      if (transactions !== all.size) throw new Error(`${transactions} held of ${all.size} sent`);
      totals.sent += all.size;
      totals.partsMax = Math.max(totals.partsMax, partsMax);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
  return totals;
}

const csvOf = (reports: readonly Report[]): string =>
  [
    COLUMNS.join(','),
    ...reports.map(({ stationId, transaction }) => {
      const record: Record<string, unknown> = { stationId, ...transaction };
      return COLUMNS.map((column) => record[column] ?? '').join(',');
    }),
  ].join('\n');

/** True when it was killed, false when it ended by itself; an Error when it failed by itself. */
function importOnce(directory: string, file: string, killAfterMs: number | null): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [
        'infra/local/import-command.ts',
        file,
        '--tenant',
        PLATFORM,
        '--as-of',
        new Date(FAULTS_NOW_MS).toISOString(),
        '--json',
      ],
      { env: { ...process.env, DATA_DIRECTORY: directory }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    const timer = killAfterMs === null ? undefined : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      if (signal === 'SIGKILL') resolve(true);
      else if (code === 0) resolve(false);
      else reject(new Error(`the import ended with ${signal ?? code}: ${said.slice(-2_000)}`));
    });
  });
}

const audited = (directory: string, reports: readonly Report[], acknowledged: ReadonlySet<string>) =>
  withTable(directory, (table) => auditHistory(table, reports, acknowledged));

/** The engine of a killed process is told to stop, and may take a moment to let go of its file. */
async function withTable<Result>(
  directory: string,
  work: (table: StoreTable) => Promise<Result>,
): Promise<Result> {
  await wait(100);
  const engine = await startEngine({ dataDirectory: join(directory, 'engine') });
  const table = openTable({ endpoint: engine.endpoint, tableName: 'cunxin' });
  try {
    return await work(table);
  } finally {
    table.client.destroy();
    await engine.stop();
  }
}
