import { calibrationLine } from './calibration-line.ts';
import type { Interval } from './metrics.ts';

/** What is compared across groups: would-be approvals by the score cut-off, and outcomes. All arrays are [N]. */
export interface FairnessRows {
  readonly groups: readonly string[];
  /** At or above the cut-off. */
  readonly approved: ArrayLike<boolean>;
  readonly probabilities: ArrayLike<number>;
  readonly logOdds: ArrayLike<number>;
  /** 1 defaulted, 0 did not, NaN not known. */
  readonly labels: ArrayLike<number>;
}

export interface GroupFairness {
  readonly group: string;
  readonly rows: number;
  readonly defaults: number;
  readonly approvalRate: Interval;
  /** Approval rate against the reference group's: the largest group of the attribute. 1 is equal. */
  readonly approvalRatio: number;
  /** Share approved of those who did repay; NaN when nobody is known to have. */
  readonly truePositiveRate: Interval;
  /** Against the reference group's, in points of share. */
  readonly truePositiveGap: number;
  readonly meanProbability: number;
  readonly defaultRate: Interval;
  /** Of the group alone; NaN where it has too few defaults to say. */
  readonly calibrationSlope: Interval;
}

export interface AttributeFairness {
  readonly attribute: string;
  readonly reference: string;
  readonly groups: readonly GroupFairness[];
  /** Groups of fewer rows than can be judged, and that tell too much of those in them. */
  readonly tooSmall: number;
}

/** Below this many rows a group is not shown. */
export const GROUP_ROWS_MIN = 100;

const UNKNOWN: Interval = { value: Number.NaN, low: Number.NaN, high: Number.NaN };
const SLOPE_DEFAULTS_MIN = 30;

/** Approval, error and calibration by group of one attribute, largest group first. Rows with no value, and groups of fewer than `rowsMin` rows, are left out. */
export function fairnessByGroup(
  attribute: string,
  rows: FairnessRows,
  rowsMin = GROUP_ROWS_MIN,
): AttributeFairness {
  const members = Map.groupBy(rows.groups.keys(), (row) => rows.groups[row] ?? '');
  members.delete('');
  const ordered = [...members]
    .filter(([, list]) => list.length >= rowsMin)
    .sort(([a, m], [b, n]) => n.length - m.length || a.localeCompare(b));
  const tooSmall = members.size - ordered.length;
  const groups = ordered.map(([group, list]) => groupOf(group, list, rows));
  const reference = groups[0];
  if (reference === undefined) return { attribute, reference: '', groups: [], tooSmall };
  return {
    attribute,
    reference: reference.group,
    tooSmall,
    groups: groups.map((group) => ({
      ...group,
      approvalRatio: group.approvalRate.value / reference.approvalRate.value,
      truePositiveGap: group.truePositiveRate.value - reference.truePositiveRate.value,
    })),
  };
}

function groupOf(group: string, members: readonly number[], rows: FairnessRows): GroupFairness {
  const at = (values: ArrayLike<number>, row: number) => values[row] ?? Number.NaN;
  const known = members.filter((row) => !Number.isNaN(at(rows.labels, row)));
  const defaults = known.filter((row) => at(rows.labels, row) === 1).length;
  const repaid = known.filter((row) => at(rows.labels, row) === 0);
  const approvedOf = (list: readonly number[]) => list.filter((row) => rows.approved[row] === true).length;
  return {
    group,
    rows: members.length,
    defaults,
    approvalRate: wilson(approvedOf(members), members.length),
    approvalRatio: 1,
    truePositiveRate: wilson(approvedOf(repaid), repaid.length),
    truePositiveGap: 0,
    meanProbability: members.reduce((sum, row) => sum + at(rows.probabilities, row), 0) / members.length,
    defaultRate: wilson(defaults, known.length),
    calibrationSlope:
      defaults < SLOPE_DEFAULTS_MIN
        ? UNKNOWN
        : calibrationLine(
            known.map((row) => at(rows.logOdds, row)),
            known.map((row) => at(rows.labels, row)),
          ).slope,
  };
}

/** A share with its 95 % interval (Wilson 1927), which stays within 0 and 1 however few there are. */
export function wilson(count: number, total: number): Interval {
  if (total === 0) return UNKNOWN;
  const z = 1.959_963_985;
  const share = count / total;
  const denominator = 1 + (z * z) / total;
  const centre = (share + (z * z) / (2 * total)) / denominator;
  const margin = (z / denominator) * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total));
  return { value: share, low: Math.max(0, centre - margin), high: Math.min(1, centre + margin) };
}
