import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { SingleBar } from 'cli-progress';
import { z } from 'zod';
import { dataDirectoryOf } from '../../infra/local/data-directory.ts';
import { startEngine } from '../../infra/local/engine.ts';
import { createTable } from '../../shared/store/create-table.ts';
import { openTable, type StoreTable } from '../../shared/store/dynamo.ts';
import { berkaDataset } from '../datasets/berka-dataset.ts';
import { readMapping } from '../datasets/csv-mapping.ts';
import { mappedDataset } from '../datasets/mapped-dataset.ts';
import type { OutcomeDataset } from '../datasets/outcome-dataset.ts';
import { commandOptions, runCommand } from '../factory/command-line.ts';
import { type BacktestProgress, crossValidate, trainAndTest } from './backtest.ts';
import { backtestText } from './print-backtest.ts';

const usage = `npm run backtest -- --dataset berka --data FOLDER [--folds 5] [--seed 7] [--json FILE]
npm run backtest -- --dataset berka --train FOLDER --test FOLDER [--seed 7] [--json FILE]
npm run backtest -- --mapping FILE.json --data FOLDER …      CSV files of your own: models/datasets/README.md`;

const source = {
  dataset: z.enum(['berka']).default('berka'),
  mapping: z.string().optional(),
  seed: z.coerce.number().pipe(z.int().min(0)).default(7),
  json: z.string().optional(),
};

const backtestOptions = z.union([
  z.strictObject({
    ...source,
    data: z.string(),
    folds: z.coerce.number().pipe(z.int().min(2).max(20)).default(5),
  }),
  z.strictObject({ ...source, train: z.string(), test: z.string() }),
]);

async function datasetReader(
  mapping: string | undefined,
): Promise<(folder: string) => Promise<OutcomeDataset>> {
  if (mapping === undefined) return berkaDataset;
  const columns = await readMapping(mapping);
  return (folder) => mappedDataset(columns, folder);
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

runCommand(async () => {
  const names = ['dataset', 'mapping', 'data', 'train', 'test', 'folds', 'seed', 'json'];
  const options = commandOptions(backtestOptions, names, usage);
  const read = await datasetReader(options.mapping);
  const workName = options.mapping === undefined ? options.dataset : basename(options.mapping, '.json');
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
      workDirectory: join(dataDirectoryOf(process.env), 'backtest', workName),
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
});
