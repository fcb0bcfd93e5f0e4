import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { z } from 'zod';
import { parse } from '../../shared/domain/parse.ts';
import { featureListHash, features } from '../../shared/features/feature-list.ts';
import { loadScorer } from '../../shared/scoring/load-scorer.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { stationStore } from '../../shared/store/stations.ts';
import type { OutcomeDataset } from '../datasets/outcome-dataset.ts';
import {
  type CalibrationBand,
  calibrationTable,
  type GainsBand,
  gainsTable,
  type ModelMetrics,
  modelMetrics,
} from '../evaluation/metrics.ts';
import { type MatrixRow, type WrittenMatrix, writeMatrix } from '../factory/matrix-file.ts';
import { runTraining } from '../factory/run-training.ts';
import { RandomStream } from '../simulator/random-stream.ts';
import { type IngestTotals, ingestDataset } from './ingest-dataset.ts';
import { pointInTimeRows } from './point-in-time-matrix.ts';

export interface BacktestOptions {
  /** An empty table for each data set. */
  readonly newTable: (name: string) => Promise<StoreTable>;
  /** Matrices and fold models are left here. */
  readonly workDirectory: string;
  readonly folds: number;
  readonly seed: number;
  readonly onProgress: (step: BacktestProgress) => void;
}

export type BacktestProgress =
  | { readonly step: 'ingest'; readonly done: number; readonly total: number }
  | { readonly step: 'features' | 'train' | 'score'; readonly message: string };

/** What the scorer's answers differ by from the training code's own. */
export interface Parity {
  readonly maxPdDifference: number;
  /** Largest |contributions + intercept − log-odds|. */
  readonly maxContributionError: number;
}

export interface BacktestReport extends ModelMetrics {
  readonly dataset: string;
  readonly validation: string;
  /** Logistic regression on the same folds. */
  readonly baseline: ModelMetrics;
  readonly rows: number;
  readonly defaults: number;
  readonly calibration: readonly CalibrationBand[];
  readonly gains: readonly GainsBand[];
  readonly parity: Parity;
  readonly ingest: {
    readonly stations: number;
    readonly accepted: number;
    readonly duplicates: number;
    readonly rejected: Readonly<Record<string, number>>;
  };
}

const PLATFORM = 'ten_backtest-platform';

/** Cross-validate on one data set: every loan is scored by a model that never saw it. */
export async function crossValidate(
  dataset: OutcomeDataset,
  options: BacktestOptions,
): Promise<BacktestReport> {
  const built = await buildMatrix(dataset, 'matrix', options);
  const foldsDirectory = join(options.workDirectory, 'folds');
  await runTraining(
    [
      ...['cross-validate', '--matrix', built.matrix.matrixFile, '--features', built.matrix.featuresFile],
      ...['--out', foldsDirectory, '--folds', String(options.folds), '--seed', String(options.seed)],
      ...['--source', dataset.name],
    ],
    (message) => options.onProgress({ step: 'train', message }),
  );
  return report(
    dataset.name,
    `${options.folds}-fold cross-validation`,
    foldsDirectory,
    [built],
    built.rows,
    options,
  );
}

/** Train on one data set, test on another of a later time. */
export async function trainAndTest(
  training: OutcomeDataset,
  test: OutcomeDataset,
  options: BacktestOptions,
): Promise<BacktestReport> {
  const builtTraining = await buildMatrix(training, 'train', options);
  const builtTest = await buildMatrix(test, 'test', options);
  const foldsDirectory = join(options.workDirectory, 'folds');
  await runTraining(
    [
      ...['train-test', '--train', builtTraining.matrix.matrixFile, '--test', builtTest.matrix.matrixFile],
      ...[
        '--features',
        builtTest.matrix.featuresFile,
        '--out',
        foldsDirectory,
        '--seed',
        String(options.seed),
      ],
      ...['--source', training.name],
    ],
    (message) => options.onProgress({ step: 'train', message }),
  );
  const sets = [builtTraining, builtTest];
  return report(test.name, 'trained on another period', foldsDirectory, sets, builtTest.rows, options);
}

interface BuiltMatrix {
  readonly matrix: WrittenMatrix;
  readonly rows: ReadonlyMap<string, MatrixRow>;
  readonly ingested: IngestTotals;
}

async function buildMatrix(
  dataset: OutcomeDataset,
  name: string,
  options: BacktestOptions,
): Promise<BuiltMatrix> {
  const { onProgress } = options;
  const table = await options.newTable(name);
  const stores = { platform: PLATFORM, stations: stationStore(table), bundles: dayBundleStore(table) };
  const total = new Set(dataset.loans.map((loan) => loan.stationId)).size;
  let done = 0;
  const ingested = await ingestDataset(dataset, {
    ...stores,
    onStation: () => {
      done += 1;
      onProgress({ step: 'ingest', done, total });
    },
  });
  onProgress({ step: 'features', message: `${features.length} features as of each loan's day` });
  const rows = new Map<string, MatrixRow>();
  for await (const row of pointInTimeRows(dataset.loans, stores)) rows.set(row.id, row);
  await mkdir(options.workDirectory, { recursive: true });
  return { matrix: await writeMatrix(options.workDirectory, name, rows.values()), rows, ingested };
}

const predictionRow = z.object({
  id: z.string(),
  fold: z.coerce.number().pipe(z.int()),
  label: z.enum(['0', '1']).transform(Number),
  ebm_log_odds: z.coerce.number(),
  ebm_pd: z.coerce.number(),
  logistic_pd: z.coerce.number(),
});
type Prediction = z.output<typeof predictionRow>;

async function report(
  dataset: string,
  validation: string,
  foldsDirectory: string,
  built: readonly BuiltMatrix[],
  rows: ReadonlyMap<string, MatrixRow>,
  { onProgress, seed }: BacktestOptions,
): Promise<BacktestReport> {
  const predictions = parse(
    z.array(predictionRow).min(1),
    parseCsv(await readFile(join(foldsDirectory, 'predictions.csv')), { columns: true }),
    { root: 'predictions.csv' },
  );
  onProgress({ step: 'score', message: `${predictions.length} loans, each by the model of its fold` });
  const { probabilities, parity } = await scoreByFold(predictions, foldsDirectory, rows);
  const labels = predictions.map((row) => row.label);
  const random = new RandomStream([seed, 0xb007]);
  const uniform = () => random.uniform();
  return {
    dataset,
    validation,
    rows: labels.length,
    defaults: labels.reduce((sum, label) => sum + label, 0),
    ...modelMetrics(probabilities, labels, uniform),
    baseline: modelMetrics(
      predictions.map((row) => row.logistic_pd),
      labels,
      uniform,
    ),
    calibration: calibrationTable(probabilities, labels, uniform),
    gains: gainsTable(probabilities, labels, uniform),
    parity,
    ingest: ingestSummary(built),
  };
}

/** Score each row with the ONNX model of its fold, in this process, by the scorer that decides. */
async function scoreByFold(
  predictions: readonly Prediction[],
  foldsDirectory: string,
  rows: ReadonlyMap<string, MatrixRow>,
): Promise<{ probabilities: Float64Array; parity: Parity }> {
  const probabilities = new Float64Array(predictions.length);
  let maxPdDifference = 0;
  let maxContributionError = 0;
  const positions = Map.groupBy(predictions.keys(), (position) => predictions[position]?.fold ?? 0);
  for (const [fold, members] of positions) {
    const scorer = await loadScorer({
      directory: join(foldsDirectory, `fold-${fold}`),
      featureList: { hash: featureListHash, features },
    });
    for (const position of members) {
      const predicted = predictions[position];
      const row = predicted === undefined ? undefined : rows.get(predicted.id);
      if (predicted === undefined || row === undefined) {
        throw new Error(`predictions.csv: ${predicted?.id} is not in the matrix`);
      }
      const scored = await scorer.scoreOne(row.features);
      probabilities[position] = scored.probabilityOfDefault;
      maxPdDifference = Math.max(maxPdDifference, Math.abs(scored.probabilityOfDefault - predicted.ebm_pd));
      maxContributionError = Math.max(
        maxContributionError,
        Math.abs(scored.logOdds - predicted.ebm_log_odds),
      );
    }
    await scorer.release();
  }
  return { probabilities, parity: { maxPdDifference, maxContributionError } };
}

function ingestSummary(built: readonly BuiltMatrix[]): BacktestReport['ingest'] {
  const rejected: Record<string, number> = {};
  for (const { ingested } of built) {
    for (const [code, count] of ingested.rejected) rejected[code] = (rejected[code] ?? 0) + count;
  }
  const sum = (of: (totals: IngestTotals) => number) =>
    built.reduce((total, { ingested }) => total + of(ingested), 0);
  return {
    stations: sum((totals) => totals.stations),
    accepted: sum((totals) => totals.accepted),
    duplicates: sum((totals) => totals.duplicates),
    rejected,
  };
}
