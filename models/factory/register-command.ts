import { readFile, rm } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { z } from 'zod';
import { fieldError } from '../../shared/domain/errors.ts';
import { features } from '../../shared/features/feature-list.ts';
import { readManifest, readRegistry } from '../../shared/scoring/model-files.ts';
import { readTrustedKeys } from '../evaluation/load-evaluated-model.ts';
import { promotionBounds } from './check-promotion.ts';
import { type MatrixFile, writeClassifierFolder } from './classifier-folder.ts';
import { commandOptions, runCommand } from './command-line.ts';
import { EXPECTED_COLUMN, readExpected, writeInputs } from './expected-probabilities.ts';
import { goldenInputs } from './golden-inputs.ts';
import { modelsDirectory, ourFeatureList, registryFile, trustedKeysFile } from './model-folders.ts';
import { promote } from './promote.ts';
import { readMatrix, sha256OfFile } from './read-matrix.ts';
import { signModel } from './sign-model.ts';
import { readSigningKey, signingKeyFileOf } from './signing-key.ts';

const usage = `npm run register -- --onnx FILE --matrix FILE --version VERSION [--expected FILE.csv] [--input NAME]
    [--output NAME] [--default-column 1] [--calibration-matrix FILE] [--tolerance 1e-6] [--source TEXT] [--made-with TEXT]
npm run register -- --matrix FILE --golden-inputs FILE.csv

Makes a classifier of another make (LightGBM, XGBoost, scikit-learn, in ONNX) a challenger: writes models/pd/VERSION,
signs it, and adds it to models/registry.json. --matrix is what it was trained on. --expected is what the model
answers where it was made: the feature columns and ${EXPECTED_COLUMN}; the second form writes rows to score for it.
Without it the golden answers are this runtime's own, and the manifest says so. models/factory/README.md has more.`;

const text = z.string().min(1);
const options = z.union([
  z.strictObject({ matrix: text, 'golden-inputs': text }),
  z.strictObject({
    onnx: text,
    matrix: text,
    version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/),
    expected: text.optional(),
    input: text.optional(),
    output: text.optional(),
    'default-column': z.coerce.number().pipe(z.int().min(0).max(1)).default(1),
    'calibration-matrix': text.optional(),
    tolerance: z.coerce.number().pipe(z.number().positive().max(1e-4)).default(1e-6),
    source: text.default('unnamed'),
    'made-with': text.default('unnamed'),
  }),
]);
const names = [
  ...['onnx', 'matrix', 'version', 'expected', 'input', 'output', 'default-column', 'calibration-matrix'],
  ...['tolerance', 'source', 'made-with', 'golden-inputs'],
];

const featureNames = features.map(({ name }) => name);
const matrixFile = async (path: string): Promise<MatrixFile> => ({
  matrix: await readMatrix(path, featureNames),
  sha256: await sha256OfFile(path),
});

runCommand(async () => {
  const given = commandOptions(options, names, usage);
  const training = await matrixFile(given.matrix);
  if ('golden-inputs' in given) {
    await writeInputs(given['golden-inputs'], featureNames, goldenInputs(training.matrix, new Set()));
    console.log(`${given['golden-inputs']}: score these, and add the column ${EXPECTED_COLUMN}`);
    return;
  }
  const keyFile = signingKeyFileOf(process.env);
  const key = await readSigningKey(keyFile);
  if (key === undefined) {
    throw fieldError('invalid_request', 'key', 'missing', `no key at ${keyFile}: npm run sign -- --new-key`);
  }
  const { registry, trustedKeys } = await readRegistry(registryFile);
  const champion = await readManifest({
    directory: join(modelsDirectory, registry.champion.path),
    trustedKeys,
  });
  const directory = join(modelsDirectory, 'pd', given.version);
  const { 'calibration-matrix': calibration, expected } = given;
  const manifest = await writeClassifierFolder({
    directory,
    modelVersion: given.version,
    onnx: await readFile(given.onnx),
    tensors: { input: given.input, output: given.output, defaultColumn: given['default-column'] },
    featureList: ourFeatureList,
    training,
    calibration: calibration === undefined ? null : await matrixFile(calibration),
    expected: expected === undefined ? null : await readExpected(expected, featureNames),
    tolerance: given.tolerance,
    scoreScale: champion.scoreScale,
    source: given.source === 'unnamed' ? basename(given.matrix) : given.source,
    madeWith: given['made-with'],
  });
  try {
    await signModel(directory, key, ourFeatureList);
    const { changes } = await promote({
      directory,
      path: relative(modelsDirectory, directory).replaceAll('\\', '/'),
      registryFile,
      stage: 'challenger',
      featureList: ourFeatureList,
      features,
      trustedKeys: await readTrustedKeys(trustedKeysFile),
      outcomes: null,
      bounds: promotionBounds.parse({}),
    });
    const { golden, missing, onnx, metrics } = manifest;
    console.log(`${directory}: ${onnx.bytes} bytes, ${onnx.input} → ${onnx.output}[${onnx.defaultColumn}]`);
    console.log(`AUC ${Number(metrics.trainingAuc).toFixed(4)} on the rows it was trained on`);
    console.log(
      golden.source === 'given'
        ? `${expected}: answers as expected, to ${golden.tolerance}`
        : 'golden answers are this runtime’s own: nothing shows that the export answers as the model did',
    );
    if (missing.required.length > 0) console.log(`no answer without ${missing.required.join(', ')}`);
    for (const change of changes) console.log(change);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
});
