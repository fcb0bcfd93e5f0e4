import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { dataDirectoryOf } from '../../infra/local/data-directory.ts';
import { writeFeatureList, writeMatrix } from './matrix-file.ts';
import { ourFeatureList } from './model-folders.ts';
import { runTraining } from './run-training.ts';
import { signModel } from './sign-model.ts';
import { readSigningKey, signingKeyFileOf } from './signing-key.ts';
import { simulatedMatrixRows } from './simulated-rows.ts';

const usage = `npm run train                              rebuild the shipped champion from the simulator
npm run train -- --matrix FILE --out models/pd/VERSION [--source TEXT] [--seed N]`;

/** What the shipped champion was made with: the same options give the same bytes on the same machine. */
const CHAMPION_VERSION = 'pd-2026.11.0';
/**
 * With 12,000 the last quarter by day holds 250 defaults, and the calibration slope on them has a standard error of
 * 0.07: too coarse to hold a model to 0.9–1.1.
 */
const SIMULATED_APPLICANTS = 24_000;
const SIMULATOR_SEED = 2026;
const PROGRESS_EVERY_ROWS = 500;

const text = { type: 'string' } as const;
const count = z.coerce.number().pipe(z.int().min(0));
const commandOptions = z
  .strictObject({
    matrix: z.string().optional(),
    out: z.string().optional(),
    source: z.string().optional(),
    seed: count.default(7),
    jobs: count.default(2),
    applicants: count.default(SIMULATED_APPLICANTS),
    'simulator-seed': count.default(SIMULATOR_SEED),
  })
  .refine(({ matrix, out }) => matrix === undefined || out !== undefined, '--matrix needs --out');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      matrix: text,
      out: text,
      source: text,
      seed: text,
      jobs: text,
      applicants: text,
      'simulator-seed': text,
    },
  });
  const parsed = commandOptions.safeParse(values);
  if (!parsed.success) throw new Error(`${z.prettifyError(parsed.error)}\n\n${usage}`);
  const options = parsed.data;
  const workDirectory = join(dataDirectoryOf(process.env), 'training');
  await mkdir(workDirectory, { recursive: true });
  const out = resolve(options.out ?? join(import.meta.dirname, '..', 'pd', CHAMPION_VERSION));
  const { matrixFile, featuresFile, source } =
    options.matrix === undefined
      ? await simulate(workDirectory, options.applicants, options['simulator-seed'])
      : {
          matrixFile: resolve(options.matrix),
          featuresFile: await writeFeatureList(workDirectory),
          source: options.source ?? 'unnamed',
        };
  await runTraining(
    [
      ...['fit', '--matrix', matrixFile, '--features', featuresFile, '--out', out],
      ...['--model-version', out.slice(out.lastIndexOf('/') + 1), '--source', options.source ?? source],
      ...['--seed', String(options.seed), '--jobs', String(options.jobs)],
    ],
    (line) => console.error(line),
  );
  await signWhenPossible(out);
}

/** A model is of no use unsigned; but who trains need not be who signs. */
async function signWhenPossible(directory: string): Promise<void> {
  const keyFile = signingKeyFileOf(process.env);
  const key = await readSigningKey(keyFile);
  if (key === undefined) {
    console.error(`not signed: there is no key at ${keyFile} (npm run sign -- --new-key, then npm run sign)`);
    return;
  }
  const { modelVersion } = await signModel(directory, key, ourFeatureList);
  console.error(`${modelVersion} signed; npm run promote -- ${modelVersion} makes it the champion`);
}

async function simulate(directory: string, applicants: number, seed: number) {
  const started = performance.now();
  function* reported() {
    let done = 0;
    for (const row of simulatedMatrixRows({ seed, applicants })) {
      yield row;
      done += 1;
      if (done % PROGRESS_EVERY_ROWS === 0) {
        const rate = (done / (performance.now() - started)) * 1_000;
        console.error(`simulated ${done} of ${applicants} applicants, ${rate.toFixed(0)} a second`);
      }
    }
  }
  const { matrixFile, featuresFile, rows, defaults } = await writeMatrix(directory, 'simulated', reported());
  console.error(`${rows} applicants, ${defaults} defaulted: ${matrixFile}`);
  return {
    matrixFile,
    featuresFile,
    source: `the simulator (models/simulator), seed ${seed}, ${rows} applicants`,
  };
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
