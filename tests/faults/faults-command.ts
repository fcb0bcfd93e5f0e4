import { randomInt, randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startEngine } from '../../infra/local/engine.ts';
import { createTable } from '../../shared/store/create-table.ts';
import { openTable, type StoreTable } from '../../shared/store/dynamo.ts';
import { killedImportRun } from './killed-import-run.ts';
import { lossyClientRun } from './lossy-client-run.ts';
import { messagesRun } from './messages-run.ts';
import { submissionsRun } from './submissions-run.ts';
import { webhooksRun } from './webhooks-run.ts';

const parts = ['client', 'messages', 'webhooks', 'kills', 'submissions'] as const;

const USAGE = `Usage: npm run faults [-- --only ${parts.join('|')}]
                        [--seed N] [--runs 20] [--kills 50] [--rounds 100]

Ingest under faults: a client that loses 15 % of requests and 15 % of answers, is throttled and meets transaction
conflicts; messages up to three times, shuffled, their consumers killed; an import killed by SIGKILL. After each,
every invariant of the history is checked.

Webhooks under faults: what tells of loans and cases, killed by SIGKILL twenty times, to a receiver that fails, stalls
and repeats. Every event must be told once, delivered at least once, in order and signed, and the audit log be whole.

Submissions: one application fifty times at once under one key, in rounds. Each round must have one effect.

A seed that is printed replays its run: the data, the order, the draws of faults, the moments of kills. Where clients
race, which of them meets a fault is the machine's own.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string' },
    runs: { type: 'string', default: '20' },
    kills: { type: 'string', default: '50' },
    rounds: { type: 'string', default: '100' },
    help: { type: 'boolean', default: false },
  },
});

const KILLS_PER_ROUND = 5;
const PUMP_KILLS_MAX = 20;
const first = values.seed === undefined ? randomInt(1_000_000) : Number(values.seed);
let failures = 0;

async function run(name: string, seed: number, work: () => Promise<object>): Promise<void> {
  const startedMs = performance.now();
  try {
    const result = await work();
    const figures = Object.entries(result).map(([key, value]) => `${key} ${value}`);
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    console.log(`ok    ${name.padEnd(11)} seed ${seed}  ${figures.join(', ')}  ${seconds} s`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL  ${name.padEnd(11)} seed ${seed}  ${error instanceof Error ? error.message : error}`);
    console.log(
      `      again: npm run faults -- --only ${name} --seed ${seed} --runs 1 --kills ${KILLS_PER_ROUND}`,
    );
  }
}

async function onFreshTable<Result>(
  endpoint: string,
  work: (table: StoreTable) => Promise<Result>,
): Promise<Result> {
  const table = openTable({ endpoint, tableName: `faults-${randomUUID()}` });
  try {
    await createTable(table);
    return await work(table);
  } finally {
    table.client.destroy();
  }
}

async function main(): Promise<void> {
  const wants = (name: (typeof parts)[number]) => values.only === undefined || values.only === name;
  const runs = Number(values.runs);
  const engine = await startEngine({ inMemory: true });
  const { endpoint } = engine;
  console.log(`seeds from ${first}, engine ${engine.name}`);
  try {
    for (let seed = first; seed < first + runs; seed += 1) {
      if (wants('client')) {
        await run('client', seed, () =>
          onFreshTable(endpoint, (table) => lossyClientRun({ table, endpoint }, seed, 600)),
        );
      }
      if (wants('messages')) {
        await run('messages', seed, () => onFreshTable(endpoint, (table) => messagesRun(table, seed, 600)));
      }
    }
    if (wants('webhooks')) {
      const kills = Math.min(PUMP_KILLS_MAX, Number(values.kills));
      await run('webhooks', first, () =>
        onFreshTable(endpoint, (table) => webhooksRun({ table, endpoint, seed: first, kills })),
      );
    }
  } finally {
    await engine.stop();
  }
  if (wants('kills')) {
    const rounds = Math.ceil(Number(values.kills) / KILLS_PER_ROUND);
    for (let seed = first; seed < first + rounds; seed += 1) {
      await run('kills', seed, () =>
        killedImportRun({ seed, rounds: 1, killsPerRound: KILLS_PER_ROUND, transactions: 24_000 }),
      );
    }
  }
  if (wants('submissions')) {
    await run('submissions', first, () => submissionsRun({ rounds: Number(values.rounds) }));
  }
  console.log(failures === 0 ? 'Every invariant held.' : `${failures} runs broke an invariant.`);
  if (failures > 0) process.exitCode = 1;
}

if (values.help) console.log(USAGE);
else if (values.only !== undefined && !parts.some((name) => name === values.only)) {
  console.error(`no part ${values.only}\n\n${USAGE}`);
  process.exitCode = 2;
} else await main();
