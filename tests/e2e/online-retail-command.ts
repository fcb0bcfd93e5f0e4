import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEngine } from '../../infra/local/engine.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { totalsOfFile, totalsOfTable } from './online-retail-totals.ts';

/**
 * npm run verify:import [-- --data DIR]: the whole Online Retail file (UCI, CC0) through `npm run import`, twice,
 * each time in a process of its own, and what the table then holds against an independent sum of the file.
 */
const { values } = parseArgs({
  options: { data: { type: 'string', default: '../shared/data/online-retail' } },
});
const file = join(values.data, 'online_retail.csv.gz');
const TENANT = 'ten_retail';
const ONE_RUN = [
  '--max-old-space-size=160',
  '--max-semi-space-size=8',
  'infra/local/import-command.ts',
  file,
  '--tenant',
  TENANT,
  '--mapping',
  'infra/local/import-mappings/online-retail.json',
  '--register-stations',
  'infra/local/import-mappings/online-retail-stations.json',
  '--as-of',
  '2011-12-10T00:00:00Z',
  '--json',
];

interface Run {
  readonly records: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
  readonly transactionsPerSecond: number;
  readonly writeUnitsPer1000: number;
  readonly peakResidentBytes: number;
}

function runImport(directory: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...ONE_RUN, '--rejects', join(directory, 'retail')], {
      env: { ...process.env, DATA_DIRECTORY: directory },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve(JSON.parse(output) as Run) : reject(new Error(`import ended with ${code}`)),
    );
  });
}

async function main(): Promise<void> {
  if (!existsSync(file)) {
    console.log(`Skipped: ${file} is not here. Name its folder with --data DIR.`);
    return;
  }
  const directory = await mkdtemp(join(tmpdir(), 'online-retail-'));
  const findings: string[] = [];
  const expect = (what: string, actual: unknown, expected: unknown) => {
    const isEqual = JSON.stringify(actual) === JSON.stringify(expected);
    if (!isEqual) findings.push(what);
    console.log(`${isEqual ? 'ok  ' : 'FAIL'} ${what}: ${JSON.stringify(actual)}`);
    if (!isEqual) console.log(`     expected ${JSON.stringify(expected)}`);
  };
  try {
    const expected = await totalsOfFile(file);
    const first = await runImport(directory);
    expect('rows read', first.records, expected.rows);
    expect('exact duplicates in the file', first.duplicates, expected.duplicates);
    expect('accepted', first.accepted, expected.rows - expected.duplicates);
    const held = await heldBy(directory, [...expected.byCountry.keys()]);
    expect('countries', held.size, expected.byCountry.size);
    for (const [country, { versions: _, ...totals }] of held) {
      expect(country, totals, expected.byCountry.get(country));
    }
    const second = await runImport(directory);
    expect('second run accepts', second.accepted, 0);
    expect('second run finds duplicates', second.duplicates, expected.rows);
    const again = await heldBy(directory, [...expected.byCountry.keys()]);
    expect('second run changes no item', JSON.stringify([...again]) === JSON.stringify([...held]), true);
    expect(
      'peak memory below 300 MB',
      first.peakResidentBytes < 300e6 && second.peakResidentBytes < 300e6,
      true,
    );
    console.log(
      `${Math.round(first.transactionsPerSecond)} transactions a second, ` +
        `${first.writeUnitsPer1000.toFixed(1)} write units per 1,000, ` +
        `peak memory ${Math.round(first.peakResidentBytes / 1e6)} MB and ${Math.round(second.peakResidentBytes / 1e6)} MB; ` +
        `second run ${Math.round(second.transactionsPerSecond)} transactions a second`,
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  if (findings.length > 0) process.exitCode = 1;
}

async function heldBy(directory: string, countries: readonly string[]) {
  const engine = await startEngine({ dataDirectory: join(directory, 'engine') });
  const table = openTable({ endpoint: engine.endpoint, tableName: 'cunxin' });
  try {
    const held = new Map<string, Awaited<ReturnType<typeof totalsOfTable>>>();
    for (const country of countries) held.set(country, await totalsOfTable(table, TENANT, country));
    return held;
  } finally {
    table.client.destroy();
    await engine.stop();
  }
}

await main();
