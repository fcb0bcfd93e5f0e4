import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { type ScoredApplicant, scoreCardOf } from '../domain/credit-score.ts';
import type { DecidingModel } from '../domain/decide.ts';
import type { ScoreCard } from '../domain/decision.ts';
import type { FeatureRanges } from './feature-range.ts';
import type { Manifest } from './manifest.ts';

export const INPUT_NAME = 'features';
export const PD_NAME = 'probability_of_default';
export const CONTRIBUTIONS_NAME = 'contributions';
const OUTPUT_NAMES = [PD_NAME, CONTRIBUTIONS_NAME];

/** A run holds the thread: a block takes about 8 ms, after which other work gets its turn. */
export const BLOCK_ROWS = 4_096;

/** Many applicants through the model. */
export interface ScoredBlock {
  readonly rows: number;
  /** [rows] */
  readonly probabilityOfDefault: Float32Array;
  /** [rows, T], calibrated log-odds of default by term; with the model's intercept they add up to the log-odds. */
  readonly contributions: Float32Array;
}

/** The session that tells how sure the model is, and the name of its one output [N, 1]. */
export interface UncertaintySession {
  readonly session: InferenceSession;
  readonly output: string;
}

/**
 * A model in memory, verified. Any number of calls may be in flight: each has tensors of its own. One row
 * costs less that way than with pooled buffers, since the runtime hands its output over without a copy.
 */
export class Scorer {
  readonly model: DecidingModel;
  readonly manifest: Manifest;
  readonly #session: InferenceSession;
  readonly #ranges: FeatureRanges;
  readonly #uncertainty: UncertaintySession | undefined;

  constructor(
    session: InferenceSession,
    manifest: Manifest,
    model: DecidingModel,
    ranges: FeatureRanges,
    uncertainty?: UncertaintySession,
  ) {
    this.#session = session;
    this.manifest = manifest;
    this.model = model;
    this.#ranges = ranges;
    this.#uncertainty = uncertainty;
  }

  /**
   * One feature vector [F], copied before this returns; NaN is missing. Raises DomainError `invalid_feature`
   * on a wrong length, an infinity or a value out of range.
   */
  async scoreOne(features: Float32Array): Promise<ScoredApplicant> {
    this.#ranges.check(features, 1);
    return this.run(features.slice());
  }

  /**
   * The score card of one applicant, with the standard error of its log-odds where the model knows it. Raises
   * as `scoreOne`.
   */
  async scoreCard(features: Float32Array): Promise<ScoreCard> {
    const scored = await this.scoreOne(features);
    return scoreCardOf(this.model, scored, await this.#standardErrorLogOdds(features.slice()));
  }

  async #standardErrorLogOdds(features: Float32Array): Promise<number | null> {
    if (this.#uncertainty === undefined) return null;
    const { session, output } = this.#uncertainty;
    const outputs = await session.run(
      { [INPUT_NAME]: new Tensor('float32', features, [1, features.length]) },
      [output],
    );
    return (outputs[output]?.data as Float32Array)[0] ?? null;
  }

  /**
   * A feature matrix [rows, F], not to be changed until this resolves; NaN is missing. Raises as `scoreOne`,
   * before any row is scored. `into` is a block of as many rows whose arrays are written over: who scores
   * block after block spares 3 in 100 of the time, which go into fresh memory. Raises RangeError when it has
   * another size.
   */
  async scoreBlock(
    features: Float32Array,
    rows: number,
    into: ScoredBlock = this.emptyBlock(rows),
  ): Promise<ScoredBlock> {
    this.#ranges.check(features, rows);
    const width = this.model.features.length;
    const terms = this.model.terms.length;
    const { probabilityOfDefault, contributions } = into;
    if (probabilityOfDefault.length !== rows || contributions.length !== rows * terms) {
      throw new RangeError(`a block of ${into.rows} rows cannot hold ${rows}`);
    }
    for (let start = 0; start < rows; start += BLOCK_ROWS) {
      const end = Math.min(rows, start + BLOCK_ROWS);
      const count = end - start;
      await this.#session.run(
        {
          [INPUT_NAME]: new Tensor('float32', features.subarray(start * width, end * width), [count, width]),
        },
        {
          [PD_NAME]: new Tensor('float32', probabilityOfDefault.subarray(start, end), [count, 1]),
          [CONTRIBUTIONS_NAME]: new Tensor('float32', contributions.subarray(start * terms, end * terms), [
            count,
            terms,
          ]),
        },
      );
    }
    return into;
  }

  /** Arrays for `scoreBlock` to write. */
  emptyBlock(rows: number): ScoredBlock {
    return {
      rows,
      probabilityOfDefault: new Float32Array(rows),
      contributions: new Float32Array(rows * this.model.terms.length),
    };
  }

  /** Free the runtime's memory; the scorer is of no use afterwards. */
  async release(): Promise<void> {
    await this.#session.release();
    await this.#uncertainty?.session.release();
  }

  /** One vector through the session, unchecked; the runtime reads it in place. */
  async run(features: Float32Array): Promise<ScoredApplicant> {
    const outputs = await this.#session.run(
      { [INPUT_NAME]: new Tensor('float32', features, [1, features.length]) },
      OUTPUT_NAMES,
    );
    const contributions = outputs[CONTRIBUTIONS_NAME]?.data as Float32Array;
    const probabilities = outputs[PD_NAME]?.data as Float32Array;
    let logOdds = this.model.intercept;
    for (let term = 0; term < contributions.length; term += 1) logOdds += contributions[term] as number;
    return { probabilityOfDefault: probabilities[0] as number, logOdds, contributions };
  }
}
