import * as Plot from '@observablehq/plot';
import type { ShapeCurve } from '../stability.ts';
import { ACCENT, BAD, drawing } from './charts.ts';
import type { Markup } from './markup.ts';

interface Step {
  readonly from: number;
  readonly to: number;
  readonly score: number;
  readonly rows: number;
}

const HEIGHT = 210;
/** Rows beyond these shares of the training rows may be drawn off the edge: one outlier would flatten the rest. */
const TAIL_SHARE = 0.005;

/** A term's shape function: steps of log-odds for a feature, over the rows it was learnt from; a map for a pair. */
export function shapeChart(curve: ShapeCurve, featureNames: readonly string[]): Markup {
  return curve.cuts.length === 1 ? mainChart(curve) : pairChart(curve, featureNames);
}

function mainChart({ name, cuts: [cuts = new Float64Array()], table, density }: ShapeCurve): Markup {
  const missing = table[cuts.length + 1] ?? 0;
  const steps = stepsOf(cuts, table, density);
  const missingRows = density?.at(-1) ?? 0;
  const [low, high] = [
    Math.min(missing, ...steps.map(({ score }) => score)),
    Math.max(missing, ...steps.map(({ score }) => score)),
  ];
  const height = Math.max(high - low, 0.02);
  const most = Math.max(1, ...steps.map(({ rows, from, to }) => rows / Math.max(to - from, 1e-9)));
  const floor = low - 0.35 * height;
  const [left, right] = [steps[0]?.from ?? 0, steps.at(-1)?.to ?? 1];
  const aside = right + 0.06 * (right - left);
  return drawing(`Shape function of ${name}`, {
    height: HEIGHT,
    x: { label: null, domain: [left, aside], ticks: 5, tickFormat: tickText },
    y: { label: 'log-odds', domain: [floor, high + 0.05 * height], grid: true, ticks: 5 },
    marks: [
      Plot.rect(steps, {
        x1: 'from',
        x2: 'to',
        y1: floor,
        y2: ({ rows, from, to }: Step) => floor + (0.28 * height * (rows / Math.max(to - from, 1e-9))) / most,
        fill: 'currentColor',
        fillOpacity: 0.18,
      }),
      Plot.ruleY([0], { strokeOpacity: 0.5 }),
      Plot.line(
        steps.flatMap(
          ({ from, to, score }) =>
            [
              [from, score],
              [to, score],
            ] as [number, number][],
        ),
        { stroke: ACCENT, strokeWidth: 2 },
      ),
      ...(missingRows > 0
        ? [
            Plot.dot([missing], { x: aside, y: (score: number) => score, fill: BAD, r: 4 }),
            Plot.text([missing], {
              x: aside,
              y: (score: number) => score,
              dy: -10,
              textAnchor: 'end',
              text: () => 'missing',
              fontSize: 11,
            }),
          ]
        : []),
    ],
  });
}

function stepsOf(cuts: Float64Array, table: Float64Array, density: readonly number[] | undefined): Step[] {
  const counts = density?.slice(0, cuts.length + 1) ?? Array.from({ length: cuts.length + 1 }, () => 1);
  const total = counts.reduce((sum, count) => sum + count, 0);
  let before = 0;
  const kept: number[] = [];
  for (const [bin, count] of counts.entries()) {
    const [from, to] = [before / total, (before + count) / total];
    before += count;
    if (to > TAIL_SHARE && from < 1 - TAIL_SHARE) kept.push(bin);
  }
  const [first, last] = [kept[0] ?? 0, kept.at(-1) ?? cuts.length];
  // The outermost bins have no end: each is drawn a twentieth of the whole wide.
  const [lowest, highest] = [cuts[Math.max(0, first - 1)] ?? 0, cuts[Math.min(cuts.length - 1, last)] ?? 1];
  const end = Math.max((highest - lowest) / 20, 1e-6);
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const bin = first + index;
    return {
      from: cuts[bin - 1] ?? lowest - end,
      to: cuts[bin] ?? highest + end,
      score: table[bin] ?? 0,
      rows: counts[bin] ?? 0,
    };
  });
}

interface Cell {
  readonly row: string;
  readonly column: string;
  readonly score: number;
}

function pairChart(
  { name, features, cuts, columns, table }: ShapeCurve,
  featureNames: readonly string[],
): Markup {
  const [rowNames, columnNames] = cuts.map((list) => [...binNames(list), 'missing']);
  const cells = Array.from(
    table,
    (score, index): Cell => ({
      row: rowNames?.[Math.floor(index / columns)] ?? '',
      column: columnNames?.[index % columns] ?? '',
      score,
    }),
  );
  const [first = 0, second = 0] = features;
  const thinned = (names: readonly string[] | undefined, most: number) => {
    const every = Math.ceil((names?.length ?? 1) / most);
    return names?.filter((_, index) => index % every === 0) ?? [];
  };
  return drawing(`Shape function of the pair ${name}`, {
    height: HEIGHT + 40,
    marginLeft: 70,
    marginTop: 34,
    marginBottom: 56,
    x: {
      label: featureNames[second] ?? null,
      domain: columnNames ?? [],
      ticks: thinned(columnNames, 6),
      tickRotate: -30,
    },
    y: {
      label: featureNames[first] ?? null,
      labelAnchor: 'top',
      labelArrow: 'none',
      domain: rowNames?.toReversed() ?? [],
      ticks: thinned(rowNames, 8),
    },
    color: { type: 'diverging', scheme: 'RdBu', reverse: true, pivot: 0, symmetric: true },
    marks: [Plot.cell(cells, { x: 'column', y: 'row', fill: 'score', inset: 0 })],
  });
}

function binNames(cuts: Float64Array): string[] {
  const first = cuts[0];
  if (first === undefined) return ['any'];
  return [`< ${tickText(first)}`, ...Array.from(cuts, (cut) => `≥ ${tickText(cut)}`)];
}

/** Short enough for a tick: 1.2M, 45k, 0.125. */
function tickText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
  return String(Number(value.toPrecision(3)));
}
