import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { dataDirectoryOf } from '../../infra/local/data-directory.ts';
import { startEngine } from '../../infra/local/engine.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import { createTable } from '../../shared/store/create-table.ts';
import { openTable, type StoreTable } from '../../shared/store/dynamo.ts';
import { berkaDataset } from '../datasets/berka-dataset.ts';
import type { OutcomeDataset } from '../datasets/outcome-dataset.ts';
import { type BacktestProgress, crossValidate, trainAndTest } from './backtest.ts';
import { backtestText } from './print-backtest.ts';

const usage = `npm run backtest -- --dataset berka --data FOLDER [--folds 5] [--seed 7] [--json FILE]
npm run backtest -- --dataset berka --train FOLDER --test FOLDER [--seed 7] [--json FILE]`;

const datasets: Readonly<Record<string, (folder: string) => Promise<OutcomeDataset>>> = {
  berka: berkaDataset,
};

const commandOptions = z.union([
  z.strictObject({
    dataset: z.enum(['berka']).default('berka'),
    data: z.string(),
    folds: z.coerce.number().pipe(z.int().min(2).max(20)).default(5),
    seed: z.coerce.number().pipe(z.int().min(0)).default(7),
    json: z.string().optional(),
  }),
  z.strictObject({
    dataset: z.enum(['berka']).default('berka'),
    train: z.string(),
    test: z.string(),
    seed: z.coerce.number().pipe(z.int().min(0)).default(7),
    json: z.string().optional(),
  }),
]);

function readOptions() {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    options: { dataset: text, data: text, train: text, test: text, folds: text, seed: text, json: text },
  });
  const parsed = commandOptions.safeParse(values);
  if (!parsed.success) throw new Error(`${z.prettifyError(parsed.error)}\n\n${usage}`);
  return parsed.data;
}

function progressPrinter() {
  const bar = new SingleBar({ format: 'ingest {bar} {value}/{total} accounts', hideCursor: true });
  let running = false;
  return (progress: BacktestProgress) => {
    if (progress.step !== 'ingest') {
      console.error(`${progress.step}: ${progress.message}`);
      return;
    }
    if (!process.stderr.isTTY) {
      if (progress.done === progress.total) console.error(`ingest: ${progress.total} accounts`);
      return;
    }
    if (!running) bar.start(progress.total, 0);
    running = progress.done < progress.total;
    bar.update(progress.done);
    if (!running) bar.stop();
  };
}

async function main(): Promise<void> {
  const options = readOptions();
  const read = datasets[options.dataset] ?? berkaDataset;
  const engine = await startEngine({ inMemory: true });
  const tables: StoreTable[] = [];
  try {
    const run = {
      newTable: async (name: string) => {
        const table = openTable({ endpoint: engine.endpoint, tableName: `backtest-${name}` });
        tables.push(table);
        await createTable(table);
        return table;
      },
      workDirectory: join(dataDirectoryOf(process.env), 'backtest', options.dataset),
      seed: options.seed,
      folds: 'folds' in options ? options.folds : 1,
      onProgress: progressPrinter(),
    };
    const report =
      'data' in options
        ? await crossValidate(await read(options.data), run)
        : await trainAndTest(await read(options.train), await read(options.test), run);
    console.log(`\n${backtestText(report)}`);
    if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
  } finally {
    for (const table of tables) table.client.destroy();
    await engine.stop();
  }
}

main().catch((error: unknown) => {
  // A DomainError or a usage error is for the user; anything else keeps its stack.
  console.error(error instanceof DomainError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
});
