import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { dataDirectoryOf } from '../../infra/local/data-directory.ts';
import { parse } from '../../shared/domain/parse.ts';
import { benchmarkComparisons, benchmarkRows, withBenchmarkRows } from './benchmark-table.ts';
import { commandOptions, runCommand } from './command-line.ts';
import { modelsDirectory } from './model-folders.ts';
import { runTraining } from './run-training.ts';
import { writeWhole } from './write-whole.ts';

const usage = `npm run public-benchmarks -- --data FOLDER [--only berka|tables]

FOLDER holds berka/, taiwan/ and german/. Fits EBM, LightGBM, scorecard and logistic on the same folds of each, and
writes the table of models/README.md; an hour or so on one core. --only leaves the other rows as they are.`;

const options = z.strictObject({
  data: z.string(),
  only: z.enum(['berka', 'tables']).optional(),
});

async function run(module: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [join(modelsDirectory, module), ...args], { stdio: 'inherit' });
  const code = await new Promise<number | null>((settled, failed) => {
    child.once('error', failed);
    child.once('close', settled);
  });
  if (code !== 0) throw new Error(`${module} ended with ${code}`);
}

runCommand(async () => {
  const { data, only } = commandOptions(options, ['data', 'only'], usage);
  const dataDirectory = resolve(dataDirectoryOf(process.env));
  const out = join(dataDirectory, 'benchmarks');
  const report = (line: string) => console.error(line);
  const files: string[] = [];
  if (only !== 'tables') {
    // The backtest takes the transactions through ingest, and leaves the matrix that all models are compared on.
    await run('backtest/backtest-command.ts', ['--dataset', 'berka', '--data', join(data, 'berka')]);
    const built = join(dataDirectory, 'backtest', 'berka');
    const to = join(out, 'berka');
    await runTraining(
      [
        ...['compare', '--matrix', join(built, 'matrix.csv.gz'), '--features', join(built, 'features.json')],
        ...['--out', to, '--source', 'Berka'],
      ],
      report,
    );
    files.push(join(to, 'comparison.json'));
  }
  if (only !== 'berka') {
    const to = join(out, 'tables');
    await runTraining(['benchmark-tables', '--data', resolve(data), '--out', to, '--jobs', '1'], report);
    files.push(join(to, 'comparison.json'));
  }
  const page = join(modelsDirectory, 'README.md');
  let text = await readFile(page, 'utf8');
  for (const file of files) {
    const found = parse(benchmarkComparisons, JSON.parse(await readFile(file, 'utf8')), { root: file });
    for (const [title, comparison] of Object.entries(found)) {
      const rows = benchmarkRows(title, comparison);
      console.log(rows.join('\n'));
      text = withBenchmarkRows(text, title, rows);
    }
  }
  await writeWhole(page, text);
});
