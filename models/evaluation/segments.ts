import { wilson } from './fairness.ts';
import { discrimination, type Interval, rankByRisk } from './metrics.ts';
import { pick, type ScoredMatrix } from './scored-matrix.ts';

export interface Segment {
  readonly attribute: string;
  readonly segment: string;
  readonly rows: number;
  readonly defaults: number;
  readonly meanProbability: number;
  readonly defaultRate: Interval;
  /** NaN with fewer than ten defaults. */
  readonly auc: number;
  readonly meanScore: number;
}

/** An attribute with more values than this is a number or an id, not a segment. */
const SEGMENTS_MAX = 40;
const DEFAULTS_FOR_AUC_MIN = 10;

/** `meta_…` columns that divide the rows into groups. */
export function segmentAttributes({ matrix }: ScoredMatrix): string[] {
  return [...matrix.meta]
    .filter(([, values]) => {
      const distinct = new Set(values);
      return distinct.size > 1 && distinct.size <= SEGMENTS_MAX;
    })
    .map(([name]) => name);
}

/** How the model does in each segment, largest first; only rows whose outcome is known. */
export function segmentsOf(scored: ScoredMatrix, attribute: string): Segment[] {
  const values = scored.matrix.meta.get(attribute) ?? [];
  return [...Map.groupBy(scored.known, (row) => values[row] ?? '')]
    .filter(([segment]) => segment !== '')
    .map(([segment, rows]) => {
      const [said, labels] = [pick(scored.probabilities, rows), pick(scored.matrix.labels, rows)];
      const defaults = labels.reduce((sum, label) => sum + label, 0);
      return {
        attribute,
        segment,
        rows: rows.length,
        defaults,
        meanProbability: mean(said),
        defaultRate: wilson(defaults, rows.length),
        auc:
          defaults < DEFAULTS_FOR_AUC_MIN ? Number.NaN : discrimination(said, labels, rankByRisk(said)).auc,
        meanScore: mean(pick(scored.creditScores, rows)),
      };
    })
    .sort((a, b) => b.rows - a.rows || a.segment.localeCompare(b.segment));
}

const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
