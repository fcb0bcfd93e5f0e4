import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Evaluation } from '../evaluate-model.ts';
import type { CalibrationBand, GainsBand } from '../metrics.ts';
import { PSI_ALARM, PSI_WATCH } from '../population-stability.ts';
import type { CurvePoint, ScoreBand } from '../score-curves.ts';
import type { FeatureStability, PeriodStability } from '../stability.ts';
import { fixed, Markup } from './markup.ts';

/** Drawn for a phone's width, so that nothing is scaled below what can be read; wider screens show more side by side. */
const WIDTH = 400;
const HEIGHT = 280;
const MARGINS = { marginLeft: 46, marginBottom: 42, marginTop: 26, marginRight: 14 };

/** Colours are the page's, so that a chart follows it into the dark. */
export const BAD = 'var(--bad)';
export const GOOD = 'var(--good)';
export const ACCENT = 'var(--accent)';
const FAINT = 'var(--faint)';

const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** A Plot drawing as inline SVG, with a text for those who do not see it. */
export function drawing(description: string, options: Plot.PlotOptions): Markup {
  const svg = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    ...MARGINS,
    style: { fontSize: '12px', background: 'none', overflow: 'visible' },
    ...options,
  });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', description);
  svg.removeAttribute('height');
  svg.removeAttribute('width');
  return new Markup(svg.outerHTML);
}

const share = {
  tickFormat: (value: number) => `${Math.round(100 * value)}`,
  domain: [0, 1] as [number, number],
};

export function rocChart({ roc, greatestDistance, auc }: Evaluation): Markup {
  return drawing(`ROC curve, area ${fixed(auc.value)}`, {
    x: { ...share, label: 'good borrowers, %' },
    y: { ...share, label: 'defaulters caught, %', grid: true },
    marks: [
      Plot.line(
        [
          [0, 0],
          [1, 1],
        ],
        { stroke: FAINT, strokeDasharray: '4 4' },
      ),
      Plot.areaY(roc, { x: 'repaid', y: 'defaulted', fill: ACCENT, fillOpacity: 0.12 }),
      Plot.line(roc, { x: 'repaid', y: 'defaulted', stroke: ACCENT, strokeWidth: 2 }),
      Plot.dot([greatestDistance], { x: 'repaid', y: 'defaulted', fill: ACCENT, r: 4 }),
    ],
  });
}

export function distanceChart({ roc, greatestDistance, ks }: Evaluation): Markup {
  const lines = (of: (point: CurvePoint) => number, stroke: string) =>
    Plot.line(roc, { x: 'score', y: of, stroke, strokeWidth: 2, curve: 'step-before' });
  const { score, defaulted, repaid } = greatestDistance;
  return drawing(`Kolmogorov-Smirnov distance ${fixed(ks.value)} at score ${score}`, {
    x: { label: 'credit score' },
    y: { ...share, label: 'share at or below the score, %', grid: true },
    marks: [
      lines((point) => point.defaulted, BAD),
      lines((point) => point.repaid, GOOD),
      Plot.link([0], {
        x1: score,
        x2: score,
        y1: repaid,
        y2: defaulted,
        stroke: 'currentColor',
        strokeWidth: 1.5,
      }),
      Plot.text([0], {
        x: score,
        y: (defaulted + repaid) / 2,
        text: () => `KS ${fixed(ks.value)}`,
        dx: 6,
        textAnchor: 'start',
        fontWeight: 600,
        stroke: 'var(--card)',
        strokeWidth: 4,
        fill: 'currentColor',
      }),
    ],
  });
}

export function scoreChart(bands: readonly ScoreBand[], cutOff: number): Markup {
  const bars = bands.flatMap(({ from, to, defaulted, repaid, unknown }) => [
    { from, to, rows: repaid, outcome: GOOD },
    { from, to, rows: defaulted, outcome: BAD },
    { from, to, rows: unknown, outcome: FAINT },
  ]);
  return drawing('Distribution of credit scores by outcome', {
    x: { label: 'credit score' },
    y: { label: 'applicants', grid: true },
    marks: [
      Plot.rectY(
        bars,
        Plot.stackY({
          x1: 'from',
          x2: 'to',
          y: 'rows',
          fill: (bar: { outcome: string }) => bar.outcome,
          inset: 0.5,
        }),
      ),
      Plot.ruleX([cutOff], { strokeDasharray: '4 3' }),
      Plot.text([cutOff], {
        x: (score: number) => score,
        frameAnchor: 'top',
        dy: -12,
        text: () => `cut-off ${cutOff}`,
      }),
      Plot.ruleY([0]),
    ],
    color: { type: 'identity' },
  });
}

export function gainsChart(gains: readonly GainsBand[]): Markup {
  const points = [
    { share: 0, value: 0, low: 0, high: 0 },
    ...gains.map((band) => ({ share: band.share, ...band.captured })),
  ];
  return drawing('Cumulative gains: share of all defaults among the riskiest', {
    x: { ...share, label: 'riskiest applicants, %' },
    y: { ...share, label: 'of all defaults, %', grid: true },
    marks: [
      Plot.line(
        [
          [0, 0],
          [1, 1],
        ],
        { stroke: FAINT, strokeDasharray: '4 4' },
      ),
      Plot.areaY(points, { x: 'share', y1: 'low', y2: 'high', fill: ACCENT, fillOpacity: 0.18 }),
      Plot.line(points, { x: 'share', y: 'value', stroke: ACCENT, strokeWidth: 2 }),
      Plot.dot(points, { x: 'share', y: 'value', fill: ACCENT, r: 2.5 }),
    ],
  });
}

export function calibrationChart(bands: readonly CalibrationBand[]): Markup {
  const points = bands.map(({ meanProbability, defaultRate }) => ({ said: meanProbability, ...defaultRate }));
  const greatest = Math.max(...points.map(({ said, high }) => Math.max(said, high)));
  const scale = {
    domain: [0, greatest * 1.04] as [number, number],
    tickFormat: (value: number) => `${Math.round(1000 * value) / 10}`,
  };
  return drawing('Calibration: default rate that came against the probability that was said', {
    x: { ...scale, label: 'PD said, %', ticks: 6 },
    y: { ...scale, label: 'default rate that came, %', grid: true },
    marks: [
      Plot.line(
        [
          [0, 0],
          [greatest, greatest],
        ],
        { stroke: FAINT, strokeDasharray: '4 4' },
      ),
      Plot.link(points, { x1: 'said', x2: 'said', y1: 'low', y2: 'high', stroke: ACCENT, strokeWidth: 1.5 }),
      Plot.dot(points, { x: 'said', y: 'value', fill: ACCENT, r: 4 }),
    ],
  });
}

export function featureStabilityChart(features: readonly FeatureStability[]): Markup {
  const greatest = Math.max(PSI_ALARM * 1.15, ...features.map(({ psi }) => psi));
  return drawing('Population stability index by feature', {
    height: 62 + 17 * features.length,
    marginLeft: 8,
    marginTop: 46,
    marginBottom: 8,
    x: {
      label: 'PSI against the training rows',
      labelOffset: 40,
      domain: [0, greatest],
      axis: 'top',
      grid: true,
      ticks: 5,
    },
    y: { label: null, domain: features.map(({ feature }) => feature), axis: null },
    color: { type: 'identity' },
    marks: [
      Plot.barX(features, {
        x: 'psi',
        y: 'feature',
        fill: ({ psi }: FeatureStability) =>
          psi >= PSI_ALARM ? BAD : psi >= PSI_WATCH ? 'var(--watch)' : ACCENT,
        fillOpacity: 0.45,
        insetTop: 1,
        insetBottom: 1,
      }),
      Plot.ruleX([PSI_WATCH, PSI_ALARM], { strokeDasharray: '3 3' }),
      Plot.text(features, {
        x: 0,
        y: 'feature',
        dx: 4,
        textAnchor: 'start',
        fontSize: 11,
        stroke: 'var(--card)',
        fill: 'currentColor',
        text: ({ feature, psi }: FeatureStability) => `${feature}  ${fixed(psi)}`,
      }),
    ],
  });
}

export function periodsChart(periods: readonly PeriodStability[]): Markup {
  const every = Math.ceil(periods.length / 6);
  return drawing('PD said and default rate that came, by quarter', {
    x: {
      label: null,
      type: 'point',
      ticks: periods.flatMap(({ period }, index) => (index % every === 0 ? [period] : [])),
    },
    y: {
      label: '%',
      grid: true,
      zero: true,
      tickFormat: (value: number) => `${Math.round(1000 * value) / 10}`,
    },
    marks: [
      Plot.link(periods, {
        x1: 'period',
        x2: 'period',
        y1: ({ defaultRate }: PeriodStability) => defaultRate.low,
        y2: ({ defaultRate }: PeriodStability) => defaultRate.high,
        stroke: BAD,
        strokeOpacity: 0.5,
      }),
      Plot.dot(periods, {
        x: 'period',
        y: ({ defaultRate }: PeriodStability) => defaultRate.value,
        fill: BAD,
        r: 3.5,
      }),
      Plot.line(periods, { x: 'period', y: 'meanProbability', stroke: ACCENT, strokeWidth: 2 }),
    ],
  });
}

export function periodAucChart(periods: readonly PeriodStability[]): Markup {
  const every = Math.ceil(periods.length / 6);
  const known = periods.filter(({ auc }) => Number.isFinite(auc));
  return drawing('AUC by quarter', {
    x: {
      label: null,
      type: 'point',
      domain: periods.map(({ period }) => period),
      ticks: periods.flatMap(({ period }, index) => (index % every === 0 ? [period] : [])),
    },
    y: { label: 'AUC', domain: [0.4, 1], grid: true },
    marks: [
      Plot.ruleY([0.5], { stroke: FAINT, strokeDasharray: '4 4' }),
      Plot.line(known, { x: 'period', y: 'auc', stroke: ACCENT, strokeWidth: 2 }),
      Plot.dot(known, { x: 'period', y: 'auc', fill: ACCENT, r: 3.5 }),
    ],
  });
}
