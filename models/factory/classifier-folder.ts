import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { creditScore, type ScoreScale } from '../../shared/domain/credit-score.ts';
import { fieldError } from '../../shared/domain/errors.ts';
import { parse } from '../../shared/domain/parse.ts';
import {
  type ClassifierGoldenRow,
  type ClassifierManifest,
  classifierManifestSchema,
} from '../../shared/scoring/classifier-manifest.ts';
import { calibrated } from '../../shared/scoring/classifier-scorer.ts';
import { ClassifierSession, type ClassifierTensors } from '../../shared/scoring/classifier-session.ts';
import { type FeatureListFacts, FeatureRanges } from '../../shared/scoring/feature-range.ts';
import { rejected } from '../../shared/scoring/model-files.ts';
import { calibrationLine } from '../evaluation/calibration-line.ts';
import { discrimination, percentile, rankByRisk } from '../evaluation/metrics.ts';
import { pick } from '../evaluation/scored-matrix.ts';
import { goldenInputs, knownValues } from './golden-inputs.ts';
import type { Matrix } from './read-matrix.ts';

export interface MatrixFile {
  readonly matrix: Matrix;
  readonly sha256: string;
}

export interface ClassifierFolderOptions {
  /** Made by this; must not be there. Its last part is the model's version. */
  readonly directory: string;
  readonly modelVersion: string;
  readonly onnx: Uint8Array;
  readonly tensors: ClassifierTensors;
  readonly featureList: FeatureListFacts;
  /** What the model was trained on. */
  readonly training: MatrixFile;
  /** Outcomes it was not trained on, to fit a calibration line on; null takes its log-odds as they are. */
  readonly calibration: MatrixFile | null;
  /** Its own answers, computed outside this runtime; null: by this very ONNX, and the manifest says so. */
  readonly expected: readonly ClassifierGoldenRow[] | null;
  readonly tolerance: number;
  /** The champion's, so that scores are of one scale. */
  readonly scoreScale: ScoreScale;
  readonly source: string;
  readonly madeWith: string;
}

const ONNX_FILE = 'model.onnx';
const GOLDEN_FILE = 'golden.json';

/**
 * Write the folder of a classifier of another make: the ONNX as it is, golden answers, and a manifest with its
 * tensors, reference values, score deciles and what it cannot do without. The folder appears whole or not at
 * all; it is neither signed nor registered.
 *
 * Raises DomainError: `model_rejected` as `ClassifierSession.open`, `no_answer` where it gives no number,
 * `wrong_column` when it ranks defaulters as the best; `invalid_request` when the folder is there (`exists`) or
 * the calibration is of the training rows (`trained_on_matrix`).
 */
export async function writeClassifierFolder(options: ClassifierFolderOptions): Promise<ClassifierManifest> {
  const { directory, onnx, featureList, tensors, training } = options;
  if (existsSync(directory)) {
    throw fieldError('invalid_request', 'version', 'exists', `${directory}: there is such a model already`);
  }
  if (options.calibration?.sha256 === training.sha256) {
    const message = 'calibration must be of outcomes the model was not trained on';
    throw fieldError('invalid_request', 'calibration-matrix', 'trained_on_matrix', message);
  }
  const session = await ClassifierSession.open(ONNX_FILE, onnx, featureList.features.length, tensors);
  try {
    const { manifest, golden } = await described(session, options);
    const unfinished = `${directory}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true });
    await writeFile(join(unfinished, ONNX_FILE), onnx);
    await writeFile(join(unfinished, GOLDEN_FILE), golden);
    await writeFile(join(unfinished, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
    await rename(unfinished, directory);
    return manifest;
  } finally {
    await session.release();
  }
}

async function described(session: ClassifierSession, options: ClassifierFolderOptions) {
  const { featureList, training, onnx } = options;
  const { matrix } = training;
  const names = featureList.features.map(({ name }) => name);
  const reference = referenceValues(matrix);
  const required = await requiredFeatures(session, reference);
  requireKnown(matrix, required, names);
  const said = await answers(session, matrix, featureList);
  const known = knownRows(matrix);
  const labels = pick(matrix.labels, known);
  requireRanking(pick(said, known), labels, options.tensors.defaultColumn);

  const calibration = await calibrationOf(session, options);
  const scores = Float64Array.from(said, (probability) =>
    creditScore(options.scoreScale, calibrated(calibration, probability)),
  ).sort();
  const vector = Float32Array.from(reference);
  const [referenceProbability = Number.NaN] = await session.probabilities(vector, 1);
  const goldenRows = options.expected ?? (await ownAnswers(session, matrix, required));
  const golden = `${JSON.stringify({ rows: goldenRows }, null, 1)}\n`;
  const days = matrix.asOf.toSorted();
  const manifest = parse(
    classifierManifestSchema,
    {
      schemaVersion: 1,
      modelVersion: options.modelVersion,
      kind: 'onnx-classifier',
      featureListHash: featureList.hash,
      features: names,
      onnx: {
        file: ONNX_FILE,
        sha256: sha256(onnx),
        bytes: onnx.length,
        input: session.input,
        output: session.output,
        defaultColumn: options.tensors.defaultColumn,
      },
      calibration,
      missing: {
        method: "a missing value is NaN, and the model's own affair",
        required: [...required].map((place) => names[place]),
      },
      reasons: {
        method: 'baseline substitution',
        description:
          'each feature in turn is set to its reference value, the median of the training rows that did not ' +
          'default (missing where most of them have none); its contribution is by how much the log-odds fall; ' +
          'what the contributions leave unexplained is reported as the remainder',
        reference: reference.map((value) => (Number.isNaN(value) ? null : value)),
        referenceLogOdds: calibrated(calibration, referenceProbability),
      },
      scoreScale: options.scoreScale,
      referencePopulation: {
        scoreDeciles: Array.from({ length: 9 }, (_, index) => percentile(scores, (index + 1) / 10)),
      },
      trainingData: {
        sha256: training.sha256,
        rows: matrix.rows,
        defaults: labels.reduce((sum, label) => sum + label, 0),
        asOfFrom: days[0],
        asOfTo: days.at(-1),
        source: options.source,
      },
      golden: {
        file: GOLDEN_FILE,
        sha256: sha256(golden),
        source: options.expected === null ? 'runtime' : 'given',
        tolerance: options.tolerance,
      },
      metrics: { trainingAuc: discrimination(pick(said, known), labels, rankByRisk(pick(said, known))).auc },
      madeWith: options.madeWith,
    },
    { code: 'model_rejected', root: 'manifest' },
  );
  return { manifest, golden };
}

/** [F], the median of each feature over the rows that repaid; NaN where most of them have none. */
function referenceValues(matrix: Matrix): number[] {
  const repaid = (row: number) => matrix.labels[row] === 0;
  const count = matrix.labels.filter((label) => label === 0).length;
  return Array.from({ length: matrix.features.length / matrix.rows }, (_, place) => {
    const values = knownValues(matrix, place, repaid);
    return values.length * 2 < count ? Number.NaN : (values[values.length >> 1] ?? Number.NaN);
  });
}

/** Places of features that, missing alone from the reference values, leave the model without an answer. */
async function requiredFeatures(session: ClassifierSession, reference: readonly number[]) {
  const width = reference.length;
  const rows = Float32Array.from(
    reference.flatMap((_, missing) =>
      reference.map((value, place) => (place === missing ? Number.NaN : value)),
    ),
  );
  const said = await session.probabilities(rows, width);
  return new Set(reference.keys().filter((place) => Number.isNaN(said[place] ?? Number.NaN)));
}

function requireKnown(matrix: Matrix, required: ReadonlySet<number>, names: readonly string[]): void {
  for (const place of required) {
    const known = knownValues(matrix, place).length;
    if (known === matrix.rows) continue;
    const name = names[place] ?? String(place);
    const message =
      `${name}: ${matrix.rows - known} of ${matrix.rows} rows have none, and the model gives no number ` +
      'without it: let the pipeline impute it';
    throw rejected(name, 'no_answer', message);
  }
}

async function answers(
  session: ClassifierSession,
  matrix: Matrix,
  featureList: FeatureListFacts,
): Promise<Float32Array> {
  new FeatureRanges(featureList.features).check(matrix.features, matrix.rows);
  const said = await session.probabilities(matrix.features, matrix.rows);
  const wrong = said.findIndex((probability) => !(probability >= 0 && probability <= 1));
  if (wrong < 0) return said;
  const message = `${session.output} answers ${said[wrong]} for row ${matrix.ids[wrong]}: no probability`;
  throw rejected(`${ONNX_FILE}.${session.output}`, 'no_answer', message);
}

const knownRows = ({ labels }: Matrix) =>
  Uint32Array.from(labels.keys().filter((row) => !Number.isNaN(labels[row] ?? Number.NaN)));

function requireRanking(said: Float64Array, labels: Float64Array, defaultColumn: number): void {
  const { auc } = discrimination(said, labels, rankByRisk(said));
  if (!(auc < 0.5)) return;
  const message =
    `AUC ${auc.toFixed(3)} on the rows it was trained on: it ranks defaulters as the best. ` +
    `Is column ${defaultColumn} the probability of default?`;
  throw rejected('default-column', 'wrong_column', message);
}

async function calibrationOf(
  session: ClassifierSession,
  { calibration, featureList }: ClassifierFolderOptions,
) {
  if (calibration === null) {
    return { slope: 1, intercept: 0, method: 'none: the log-odds are as the model says them' };
  }
  const { matrix } = calibration;
  const said = await answers(session, matrix, featureList);
  const known = knownRows(matrix);
  const logOdds = pick(said, known).map((value) => calibrated({ slope: 1, intercept: 0 }, value));
  const { slope, intercept } = calibrationLine(logOdds, pick(matrix.labels, known));
  return {
    slope: slope.value,
    intercept: intercept.value,
    method: `a line through the log-odds, fitted on ${known.length} outcomes it was not trained on (matrix ${calibration.sha256})`,
  };
}

async function ownAnswers(
  session: ClassifierSession,
  matrix: Matrix,
  required: ReadonlySet<number>,
): Promise<ClassifierGoldenRow[]> {
  const inputs = goldenInputs(matrix, required);
  const said = await session.probabilities(Float32Array.from(inputs.flat()), inputs.length);
  return inputs.map((row, index) => ({
    features: row.map((value) => (Number.isNaN(value) ? null : value)),
    probability: said[index] ?? Number.NaN,
  }));
}

const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
