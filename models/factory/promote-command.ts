import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { z } from 'zod';
import { fieldError } from '../../shared/domain/errors.ts';
import { parse } from '../../shared/domain/parse.ts';
import { features } from '../../shared/features/feature-list.ts';
import { readTrustedKeys } from '../evaluation/load-evaluated-model.ts';
import { promotionBounds } from './check-promotion.ts';
import { commandOptions, runCommand } from './command-line.ts';
import {
  modelFolderOf,
  modelsDirectory,
  ourFeatureList,
  registryFile,
  trustedKeysFile,
} from './model-folders.ts';
import { promote } from './promote.ts';
import { readMatrix, sha256OfFile } from './read-matrix.ts';
import { modelStages } from './registry-change.ts';

const usage = `npm run promote -- VERSION --matrix FILE [--bounds FILE.json]   make it the champion, if it holds
npm run promote -- VERSION --stage challenger                  let it score in the shadow
npm run promote -- VERSION --stage retired                     take a challenger away
npm run promote -- VERSION                                     call back a model that was champion before

FILE is a matrix the model was not trained on. What is checked, and how bounds are set: models/factory/README.md`;

const options = z.strictObject({
  positionals: z.tuple([z.string()]),
  matrix: z.string().optional(),
  bounds: z.string().optional(),
  stage: z.enum(modelStages).default('champion'),
});

runCommand(async () => {
  const given = commandOptions(options, ['matrix', 'bounds', 'stage'], usage);
  const directory = modelFolderOf(given.positionals[0]);
  const path = relative(modelsDirectory, directory).replaceAll('\\', '/');
  if (path.startsWith('..')) {
    throw fieldError('invalid_request', 'version', 'outside', `${directory} is not under ${modelsDirectory}`);
  }
  const bounds = given.bounds === undefined ? {} : JSON.parse(await readFile(given.bounds, 'utf8'));
  const featureNames = features.map(({ name }) => name);
  const { findings, changes } = await promote({
    directory,
    path,
    registryFile,
    stage: given.stage,
    featureList: ourFeatureList,
    features,
    trustedKeys: await readTrustedKeys(trustedKeysFile),
    outcomes:
      given.matrix === undefined
        ? null
        : { matrix: await readMatrix(given.matrix, featureNames), sha256: await sha256OfFile(given.matrix) },
    bounds: parse(promotionBounds, bounds, { root: 'bounds' }),
  });
  for (const finding of findings) console.log(finding);
  console.log(changes.length === 0 ? `${registryFile}: nothing changes` : `${registryFile}:`);
  for (const change of changes) console.log(`  ${change}`);
});
