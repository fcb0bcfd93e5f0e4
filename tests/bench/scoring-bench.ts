import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { evaluateShapes, type ShapeModel } from '../../shared/domain/shape-model.ts';
import { featureListHash, features } from '../../shared/features/feature-list.ts';
import { loadChampion } from '../../shared/scoring/load-scorer.ts';
import { registrySchema } from '../../shared/scoring/manifest.ts';
import { sessionOptions } from '../../shared/scoring/onnx-session.ts';
import { BLOCK_ROWS, INPUT_NAME, PD_NAME } from '../../shared/scoring/scorer.ts';
import type { BenchGroup } from './bench-group.ts';
import { measureInterleaved } from './measure-interleaved.ts';
import { against, latency, throughput } from './measurement.ts';
import { referenceRows } from './reference-rows.ts';

const ROWS = 65_536;
const ROWS_QUICK = 64;
/** The three are the same function up to rounding; a faster one that says something else has not won. */
const PD_DIFFERENCE_MAX = 1e-5;

/**
 * The champion, with reasons, against the same model two other ways: as a boosted ensemble of many small trees
 * through the same runtime with the same session options, and as a plain loop over its shape functions.
 *
 * The ensemble gives a probability and no reasons; getting reasons out of it would cost it many times more.
 * Both sessions score blocks in tiles of the same size, into arrays made beforehand.
 */
export const scoringBench: BenchGroup = {
  name: 'scoring',
  run: async ({ effort, quick, modelsDirectory }) => {
    const registryFile = join(modelsDirectory, 'registry.json');
    const { champion } = registrySchema.parse(JSON.parse(await readFile(registryFile, 'utf8')));
    const scorer = await loadChampion(registryFile, { hash: featureListHash, features });
    const ensembleFile = join(dirname(registryFile), champion.path, 'baseline-ensemble.onnx');
    const ensemble = await InferenceSession.create(await readFile(ensembleFile), sessionOptions);
    const rows = quick ? ROWS_QUICK : ROWS;
    const matrix = referenceRows(scorer.manifest, rows);
    const width = features.length;
    const rowInTurn = () => {
      let turn = 0;
      return () => {
        const start = (turn % rows) * width;
        turn += 1;
        return matrix.subarray(start, start + width);
      };
    };

    const ensembleOne = async (row: Float32Array) => {
      const outputs = await ensemble.run({ [INPUT_NAME]: new Tensor('float32', row.slice(), [1, width]) });
      return outputs[PD_NAME]?.data;
    };
    const ensembleProbabilities = new Float32Array(rows);
    const ensembleBlock = async () => {
      for (let start = 0; start < rows; start += BLOCK_ROWS) {
        const end = Math.min(rows, start + BLOCK_ROWS);
        await ensemble.run(
          {
            [INPUT_NAME]: new Tensor('float32', matrix.subarray(start * width, end * width), [
              end - start,
              width,
            ]),
          },
          { [PD_NAME]: new Tensor('float32', ensembleProbabilities.subarray(start, end), [end - start, 1]) },
        );
      }
      return ensembleProbabilities;
    };
    const { shapes } = scorer.model;
    const loopBlock = () => probabilitiesByLoop(shapes, matrix, rows, width);

    const block = await scorer.scoreBlock(matrix, rows, scorer.emptyBlock(rows));
    requireSameFunction('the ensemble', block.probabilityOfDefault, await ensembleBlock());
    requireSameFunction('the loop', block.probabilityOfDefault, loopBlock());

    const [forScorer, forEnsemble, forLoop] = [rowInTurn(), rowInTurn(), rowInTurn()];
    const one = await measureInterleaved(
      [
        { name: 'scorer', run: () => scorer.scoreOne(forScorer()) },
        { name: 'ensemble', run: () => ensembleOne(forEnsemble()) },
        { name: 'loop', run: () => probabilityOf(evaluateShapes(shapes, forLoop()).logOdds) },
      ],
      effort,
    );
    const blocks = await measureInterleaved(
      [
        { name: 'scorer', run: () => scorer.scoreBlock(matrix, rows, block) },
        { name: 'ensemble', run: ensembleBlock },
        { name: 'loop', run: loopBlock },
      ],
      effort,
    );
    await Promise.all([scorer.release(), ensemble.release()]);

    const size = rows.toLocaleString('en');
    const oneEnsemble = latency('one row, boosted ensemble without reasons', 'µs', one.ensemble.callMs);
    const oneLoop = latency('one row, plain loop over shapes', 'µs', one.loop.callMs);
    const oneScorer = latency('one row, scorer with reasons', 'µs', one.scorer.callMs);
    const rateEnsemble = throughput(
      'one row at a time, boosted ensemble',
      'rows/s',
      one.ensemble.processorMs,
      1,
    );
    const blockEnsemble = throughput(
      `${size} rows, boosted ensemble`,
      'rows/s',
      blocks.ensemble.processorMs,
      rows,
    );
    const blockLoop = throughput(
      `${size} rows, plain loop over shapes`,
      'rows/s',
      blocks.loop.processorMs,
      rows,
    );
    const blockScorer = throughput(
      `${size} rows, scorer with reasons`,
      'rows/s',
      blocks.scorer.processorMs,
      rows,
    );
    const beside = (name: string, measured: typeof oneScorer) => ({
      ...measured,
      name: `${measured.name}, beside ${name}`,
    });
    return [
      against(oneScorer, oneEnsemble),
      against(beside('the loop', oneScorer), oneLoop),
      against(oneEnsemble),
      against(oneLoop),
      against(
        throughput('one row at a time, scorer with reasons', 'rows/s', one.scorer.processorMs, 1),
        rateEnsemble,
      ),
      against(rateEnsemble),
      against(blockScorer, blockEnsemble),
      against(beside('the loop', blockScorer), blockLoop),
      against(blockEnsemble),
      against(blockLoop),
    ];
  },
};

const probabilityOf = (logOdds: number) => 1 / (1 + Math.exp(-logOdds));

function probabilitiesByLoop(
  shapes: ShapeModel,
  matrix: Float32Array,
  rows: number,
  width: number,
): Float32Array {
  const probabilities = new Float32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    const vector = matrix.subarray(row * width, (row + 1) * width);
    probabilities[row] = probabilityOf(evaluateShapes(shapes, vector).logOdds);
  }
  return probabilities;
}

function requireSameFunction(what: string, expected: Float32Array, actual: Float32Array): void {
  for (let row = 0; row < expected.length; row += 1) {
    const difference = Math.abs((expected[row] ?? Number.NaN) - (actual[row] ?? Number.NaN));
    if (difference <= PD_DIFFERENCE_MAX) continue;
    throw new Error(`row ${row}: ${what} gives another PD than the scorer, by ${difference}`);
  }
}
