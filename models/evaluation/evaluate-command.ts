import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { dataDirectoryOf } from '../../infra/local/data-directory.ts';
import { commandOptions, runCommand } from '../factory/command-line.ts';
import { modelFolderOf, ourFeatureList, trustedKeysFile } from '../factory/model-folders.ts';
import { readMatrix, sha256OfFile } from '../factory/read-matrix.ts';
import { evaluateModel } from './evaluate-model.ts';
import { loadEvaluatedModel, readTrustedKeys } from './load-evaluated-model.ts';
import { withInterval } from './report/markup.ts';
import { reportPage } from './report/report-page.ts';

const usage = `npm run evaluate -- --model models/pd/VERSION --matrix FILE [--out report.html] [--cut-off 560] [--seed 7]

FILE is a matrix: CSV, CSV.GZ or Parquet. The report is one HTML file that needs nothing else.`;

const options = z.strictObject({
  model: z.string(),
  matrix: z.string(),
  out: z.string().optional(),
  'cut-off': z.coerce.number().pipe(z.int().min(350).max(950)).default(560),
  seed: z.coerce.number().pipe(z.int().min(0)).default(7),
});

runCommand(async () => {
  const given = commandOptions(options, ['model', 'matrix', 'out', 'cut-off', 'seed'], usage);
  const { scorer, shapes, signedBy } = await loadEvaluatedModel(
    modelFolderOf(given.model),
    ourFeatureList,
    await readTrustedKeys(trustedKeysFile),
  );
  const matrix = await readMatrix(given.matrix, scorer.manifest.features);
  const evaluation = await evaluateModel({
    scorer,
    matrix,
    shapes,
    cutOff: given['cut-off'],
    seed: given.seed,
  });
  const out = resolve(
    given.out ?? join(dataDirectoryOf(process.env), 'reports', `${scorer.manifest.modelVersion}.html`),
  );
  await mkdir(dirname(out), { recursive: true });
  const isTrainingMatrix = (await sha256OfFile(given.matrix)) === scorer.manifest.trainingData.sha256;
  const facts = { matrixName: basename(given.matrix), signedBy, isTrainingMatrix };
  await writeFile(out, reportPage(evaluation, facts));
  await scorer.release();
  console.log(`${evaluation.known} outcomes, ${evaluation.defaults} defaults`);
  console.log(`AUC    ${withInterval(evaluation.auc)}`);
  console.log(`KS     ${withInterval(evaluation.ks)}`);
  console.log(`Brier  ${withInterval(evaluation.brier)}`);
  console.log(`slope  ${withInterval(evaluation.calibrationLine.slope)}`);
  console.log(out);
});
