import { type Shape, shapeModelOf } from '../../shared/domain/shape-model.ts';
import { wilson } from './fairness.ts';
import { discrimination, type Interval, rankByRisk } from './metrics.ts';
import {
  chancePsi,
  coarseBins,
  countByBin,
  populationStabilityIndex,
  type ReferenceBins,
} from './population-stability.ts';
import { pick, type ScoredMatrix } from './scored-matrix.ts';

/** A main term with the training rows it saw by bin, as shapes.json has it. */
export type CountedShape = Shape & { readonly density?: readonly number[] | undefined };

/** By feature index, how the training rows were spread; features without a main term have none. */
export function referenceBinsOf(shapes: readonly CountedShape[]): ReadonlyMap<number, ReferenceBins> {
  const bins = new Map<number, ReferenceBins>();
  for (const { features, cuts, density } of shapes) {
    if (features.length === 1 && density !== undefined) bins.set(features[0], coarseBins(cuts[0], density));
  }
  return bins;
}

export interface FeatureStability {
  readonly feature: string;
  readonly psi: number;
  /** What two samples of one population of these sizes have by chance, about. */
  readonly chance: number;
  readonly missingReference: number;
  readonly missingNow: number;
}

/** Population stability of each feature against the training rows, least stable first. `values` is [rows, F]. */
export function featureStability(
  featureNames: readonly string[],
  reference: ReadonlyMap<number, ReferenceBins>,
  values: ArrayLike<number>,
): FeatureStability[] {
  const width = featureNames.length;
  const rows = values.length / width;
  return featureNames
    .flatMap((feature, column): FeatureStability[] => {
      const bins = reference.get(column);
      if (bins === undefined) return [];
      const now = countByBin(
        bins.cuts,
        Array.from({ length: rows }, (_, row) => values[row * width + column] ?? Number.NaN),
      );
      const before = bins.counts.reduce((sum, count) => sum + count, 0);
      return [
        {
          feature,
          psi: populationStabilityIndex(bins.counts, now),
          chance: chancePsi(bins.counts.filter((count) => count > 0).length, before, rows),
          missingReference: (bins.counts.at(-1) ?? 0) / before,
          missingNow: (now.at(-1) ?? 0) / rows,
        },
      ];
    })
    .sort((a, b) => b.psi - a.psi);
}

/** PSI of credit scores against the deciles of the training rows. NaN without scores. */
export function scoreStability(scoreDeciles: readonly number[], scores: Iterable<number>): number {
  const cuts = Float64Array.from(new Set(scoreDeciles)).sort();
  const now = countByBin(cuts, scores).slice(0, cuts.length + 1);
  // Where deciles coincide, whole points being coarse, their tenths are put together.
  const expected = new Float64Array(cuts.length + 1);
  for (const [index, cut] of [...scoreDeciles, Number.POSITIVE_INFINITY].sort((a, b) => a - b).entries()) {
    const bin = cut === Number.POSITIVE_INFINITY ? cuts.length : cuts.indexOf(cut);
    if (index <= 9) expected[bin] = (expected[bin] ?? 0) + 1;
  }
  return populationStabilityIndex(expected, now);
}

export interface PeriodStability {
  /** `2026-Q1`. */
  readonly period: string;
  readonly rows: number;
  readonly defaults: number;
  readonly meanProbability: number;
  readonly defaultRate: Interval;
  /** NaN with fewer than ten defaults: it would say nothing. */
  readonly auc: number;
  readonly scorePsi: number;
}

const DEFAULTS_FOR_AUC_MIN = 10;

/** What was said and what came, by quarter of the decision; only rows whose outcome is known. */
export function stabilityOverTime(scored: ScoredMatrix, scoreDeciles: readonly number[]): PeriodStability[] {
  const { matrix, known, probabilities, creditScores } = scored;
  const quarterOf = (row: number) => {
    const day = matrix.asOf[row] ?? '';
    return `${day.slice(0, 4)}-Q${Math.ceil(Number(day.slice(5, 7)) / 3)}`;
  };
  return [...Map.groupBy(known, quarterOf)]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([period, rows]) => {
      const [said, labels] = [pick(probabilities, rows), pick(matrix.labels, rows)];
      const defaults = labels.reduce((sum, label) => sum + label, 0);
      return {
        period,
        rows: rows.length,
        defaults,
        meanProbability: said.reduce((sum, value) => sum + value, 0) / rows.length,
        defaultRate: wilson(defaults, rows.length),
        auc:
          defaults < DEFAULTS_FOR_AUC_MIN ? Number.NaN : discrimination(said, labels, rankByRisk(said)).auc,
        scorePsi: scoreStability(scoreDeciles, pick(creditScores, rows)),
      };
    });
}

/** A term's shape as it is drawn. */
export interface ShapeCurve {
  readonly name: string;
  readonly features: readonly number[];
  /** Between the cuts; the ends are open. */
  readonly cuts: readonly Float64Array[];
  readonly columns: number;
  /** Log-odds of default by cell, missing last in each direction. */
  readonly table: Float64Array;
  /** Of a main term: rows by bin, missing last. */
  readonly density: readonly number[] | undefined;
  /** Mean of |contribution| over the evaluated rows. */
  readonly importance: number;
}

/** Every shape function, most important first. `contributions` is [rows, T]. */
export function shapeCurves(
  names: readonly string[],
  shapes: readonly CountedShape[],
  contributions: ArrayLike<number>,
): ShapeCurve[] {
  const terms = shapeModelOf(0, shapes).terms;
  const rows = contributions.length / terms.length;
  return terms
    .map((term, index): ShapeCurve => {
      let sum = 0;
      for (let row = 0; row < rows; row += 1) sum += Math.abs(contributions[row * terms.length + index] ?? 0);
      return {
        ...term,
        name: names[index] ?? String(index),
        density: shapes[index]?.density,
        importance: sum / rows,
      };
    })
    .sort((a, b) => b.importance - a.importance);
}
