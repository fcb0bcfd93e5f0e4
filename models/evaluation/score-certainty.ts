import { probabilityOf } from '../../shared/scoring/classifier-scorer.ts';
import type { Scorer } from '../../shared/scoring/scorer.ts';
import type { Matrix } from '../factory/read-matrix.ts';
import { wilson } from './fairness.ts';
import { type Interval, percentile } from './metrics.ts';

/** Applicants of about equal certainty: what the model says of its own error, and what came. */
export interface CertaintyBand {
  readonly band: number;
  readonly rows: number;
  /** Mean standard error of the log-odds. */
  readonly standardError: number;
  readonly meanProbability: number;
  /** Mean ends of the 95 % intervals of the PD. */
  readonly low: number;
  readonly high: number;
  readonly known: number;
  readonly defaults: number;
  /** With its own interval (Wilson). */
  readonly defaultRate: Interval;
}

export interface ScoreCertainty {
  readonly rows: number;
  readonly standardErrors: Float64Array;
  readonly median: number;
  /** 5th and 95th percentile. */
  readonly low: number;
  readonly high: number;
  /** Share of applicants whose 95 % interval has the cut-off in it. */
  readonly straddling: number;
  /** Surest first. */
  readonly bands: readonly CertaintyBand[];
}

/** One row costs two runs of the ONNX; more rows move no figure. */
const ROWS_MAX = 4_000;
const BANDS = 5;
const NORMAL_975 = 1.959_963_985;

/**
 * How sure the model is of its scores, by the standard errors of its log-odds (from the bags of its fit), on at
 * most 4,000 rows spread over the matrix. `logOddsAtCutOff` is where approval begins. Null when the model does
 * not know.
 */
export async function scoreCertainty(
  scorer: Pick<Scorer, 'scoreCard' | 'manifest'>,
  matrix: Matrix,
  logOddsAtCutOff: number,
): Promise<ScoreCertainty | null> {
  if (scorer.manifest.uncertainty === undefined) return null;
  const width = scorer.manifest.features.length;
  const step = Math.max(1, matrix.rows / ROWS_MAX);
  const scored: ScoredRow[] = [];
  for (let place = 0; place < matrix.rows; place += step) {
    const row = Math.floor(place);
    const { logOdds, standardErrorLogOdds } = await scorer.scoreCard(
      matrix.features.subarray(row * width, (row + 1) * width),
    );
    if (standardErrorLogOdds === null) return null;
    scored.push({ logOdds, standardError: standardErrorLogOdds, label: matrix.labels[row] ?? Number.NaN });
  }
  scored.sort((a, b) => a.standardError - b.standardError);
  const standardErrors = Float64Array.from(scored, ({ standardError }) => standardError);
  const straddling = scored.filter(
    ({ logOdds, standardError }) => Math.abs(logOdds - logOddsAtCutOff) <= NORMAL_975 * standardError,
  ).length;
  return {
    rows: scored.length,
    standardErrors,
    median: percentile(standardErrors, 0.5),
    low: percentile(standardErrors, 0.05),
    high: percentile(standardErrors, 0.95),
    straddling: straddling / scored.length,
    bands: Array.from({ length: BANDS }, (_, band) =>
      bandOf(
        band + 1,
        scored.slice(
          Math.floor((band * scored.length) / BANDS),
          Math.floor(((band + 1) * scored.length) / BANDS),
        ),
      ),
    ).filter(({ rows }) => rows > 0),
  };
}

interface ScoredRow {
  readonly logOdds: number;
  readonly standardError: number;
  /** NaN is not known. */
  readonly label: number;
}

function bandOf(band: number, rows: readonly ScoredRow[]): CertaintyBand {
  const mean = (of: (row: ScoredRow) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  const known = rows.filter(({ label }) => !Number.isNaN(label));
  const defaults = known.filter(({ label }) => label === 1).length;
  return {
    band,
    rows: rows.length,
    standardError: mean(({ standardError }) => standardError),
    meanProbability: mean(({ logOdds }) => probabilityOf(logOdds)),
    low: mean(({ logOdds, standardError }) => probabilityOf(logOdds - NORMAL_975 * standardError)),
    high: mean(({ logOdds, standardError }) => probabilityOf(logOdds + NORMAL_975 * standardError)),
    known: known.length,
    defaults,
    defaultRate: wilson(defaults, known.length),
  };
}
