import type { Evaluation } from '../evaluate-model.ts';
import { GROUP_ROWS_MIN, type GroupFairness } from '../fairness.ts';
import type { CalibrationBand, GainsBand } from '../metrics.ts';
import { PSI_ALARM, PSI_WATCH } from '../population-stability.ts';
import type { Segment } from '../segments.ts';
import type { FeatureStability, PeriodStability } from '../stability.ts';
import { certainty, substituted } from './certainty-section.ts';
import {
  calibrationChart,
  distanceChart,
  featureStabilityChart,
  gainsChart,
  periodAucChart,
  periodsChart,
  rocChart,
  scoreChart,
} from './charts.ts';
import { fixed, html, Markup, percent, table, withInterval } from './markup.ts';
import { shapeChart } from './shape-charts.ts';
import { style } from './style.ts';

/** What is known of the evaluated files, for the page's head. */
export interface ReportFacts {
  readonly matrixName: string;
  /** Whose signature the manifest bears; null when it bears none that is trusted. */
  readonly signedBy: string | null;
  /** The matrix is the very file the model was trained on. */
  readonly isTrainingMatrix: boolean;
}

/** The evaluation as one HTML page that needs nothing else: no script, no font, no network. */
export function reportPage(evaluation: Evaluation, facts: ReportFacts): string {
  const { manifest } = evaluation;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${manifest.modelVersion}: evaluation</title><style>${new Markup(style)}</style></head>
<body><main>
${head(evaluation, facts)}
${ranking(evaluation)}
${calibration(evaluation)}
${certainty(evaluation)}
${stability(evaluation)}
${segments(evaluation)}
${fairness(evaluation)}
${shapes(evaluation)}
</main></body></html>
`;
  return page.text;
}

function head(evaluation: Evaluation, { matrixName, signedBy, isTrainingMatrix }: ReportFacts): Markup {
  const { manifest, rows, known, defaults, asOfFrom, asOfTo, calibrationLine, scorePsi } = evaluation;
  const { trainingData } = manifest;
  const slope = calibrationLine.slope.value;
  const tiles = [
    ['AUC', fixed(evaluation.auc.value), interval(evaluation.auc), ''],
    ['KS', fixed(evaluation.ks.value), interval(evaluation.ks), ''],
    ['Brier score', fixed(evaluation.brier.value, 4), interval(evaluation.brier, 4), ''],
    [
      'Calibration slope',
      fixed(slope, 2),
      interval(calibrationLine.slope, 2),
      slope >= 0.9 && slope <= 1.1 ? 'good' : 'bad',
    ],
    ['PSI of the score', fixed(scorePsi), 'against the training rows', psiClass(scorePsi)],
    ['Would be approved', percent(evaluation.approvalRate), `at a cut-off of ${evaluation.cutOff}`, ''],
  ] as const;
  return html`<h1>${manifest.modelVersion}</h1>
<p class="soft">${known} known outcomes, ${defaults} defaults (${percent(defaults / known)}), of ${rows} rows in ${matrixName},
decided ${asOfFrom} to ${asOfTo}. Trained on ${trainingData.rows} rows of ${trainingData.asOfFrom} to
${trainingData.asOfTo}: ${trainingData.source}. ${signedBy === null ? 'Not signed by a trusted key.' : `Signed by ${signedBy}.`}
Intervals are 95 %.</p>
${
  isTrainingMatrix
    ? html`<p class="warning">These are the rows the model was trained on: it ranks them better, and calibrates
them worse, than rows it has not seen. Judge it by others.</p>`
    : ''
}
<div class="tiles">${tiles.map(
    ([name, value, note, kind]) =>
      html`<div class="tile"><span>${name}</span><b class="${kind}">${value}</b><span>${note}</span></div>`,
  )}</div>`;
}

const interval = ({ low, high }: { readonly low: number; readonly high: number }, digits = 3) =>
  `${fixed(low, digits)} to ${fixed(high, digits)}`;
const psiClass = (psi: number) => (psi >= PSI_ALARM ? 'bad' : psi >= PSI_WATCH ? 'watch' : 'good');

const figure = (title: string, chart: Markup, caption: string | Markup) =>
  html`<figure><h3>${title}</h3>${chart}<figcaption>${caption}</figcaption></figure>`;

/** A table in the grid of charts, two of them wide where there is room. */
const beside = (content: Markup) => html`<div class="beside">${content}</div>`;

const outcomesKey = html`<span class="key bad"><i>defaulted</i></span><span class="key good"><i>repaid</i></span>`;

function ranking(evaluation: Evaluation): Markup {
  return html`<h2>Ranking</h2><p class="note">Does the model put defaulters below the others?</p>
<div class="charts">
${figure('ROC', rocChart(evaluation), `Area ${withInterval(evaluation.auc)}. The dot is the greatest distance.`)}
${figure('Kolmogorov–Smirnov', distanceChart(evaluation), outcomesKey)}
${figure('Scores', scoreChart(evaluation.scoreBands, evaluation.cutOff), outcomesKey)}
${figure('Gains', gainsChart(evaluation.gains), 'Of the riskiest, the share of all defaults; the band is its interval.')}
${beside(
  table<GainsBand>(evaluation.gains, [
    { head: 'riskiest', of: ({ share }) => percent(share, 0) },
    { head: 'rows', of: ({ rows }) => rows },
    { head: 'defaults', of: ({ defaults }) => defaults },
    { head: 'of all defaults', of: ({ captured }) => withInterval(captured, percent) },
    { head: 'lift', of: ({ lift }) => fixed(lift, 2) },
  ]),
)}
</div>`;
}

function calibration(evaluation: Evaluation): Markup {
  const { slope, intercept } = evaluation.calibrationLine;
  return html`<h2>Calibration</h2><p class="note">Is a PD of 5 % one default in twenty?</p>
<div class="charts">${figure(
    'Bands of equal size',
    calibrationChart(evaluation.calibration),
    `Slope ${withInterval(slope, (value) => fixed(value, 2))}, intercept ${withInterval(intercept, (value) => fixed(value, 2))}.`,
  )}
${beside(
  table<CalibrationBand>(evaluation.calibration, [
    { head: 'band', of: ({ band }) => band },
    { head: 'rows', of: ({ rows }) => rows },
    { head: 'defaults', of: ({ defaults }) => defaults },
    { head: 'PD said', of: ({ meanProbability }) => percent(meanProbability, 2) },
    { head: 'default rate that came', of: ({ defaultRate }) => withInterval(defaultRate, percent) },
  ]),
)}
</div>`;
}

function stability(evaluation: Evaluation): Markup {
  const { periods, features } = evaluation;
  const featureSection =
    features.length === 0
      ? html`<p class="note">The model has no counts of its training rows, so its features cannot be compared.</p>`
      : html`<div class="charts">${figure(
          'Features',
          featureStabilityChart(features.slice(0, Math.ceil(features.length / 2))),
          'The least stable half. Lines at 0.1 and 0.25.',
        )}${figure('Features, continued', featureStabilityChart(features.slice(Math.ceil(features.length / 2))), 'The other half.')}</div>
<details><summary>Every feature, with its missing values</summary>${table<FeatureStability>(features, [
          { head: 'feature', of: ({ feature }) => feature, align: 'text' },
          { head: 'PSI', of: ({ psi }) => html`<span class="${psiClass(psi)}">${fixed(psi)}</span>` },
          { head: 'by chance about', of: ({ chance }) => fixed(chance) },
          { head: 'missing in training', of: ({ missingReference }) => percent(missingReference) },
          { head: 'missing here', of: ({ missingNow }) => percent(missingNow) },
        ])}</details>`;
  return html`<h2>Stability</h2><p class="note">Are these the applicants the model was trained on, and does it hold over time?</p>
<div class="charts">
${figure('Said and came, by quarter', periodsChart(periods), html`<span class="key accent"><i>mean PD said</i></span><span class="key bad"><i>default rate</i></span>`)}
${figure('AUC by quarter', periodAucChart(periods), 'Quarters with ten defaults or more.')}
</div>
${table<PeriodStability>(periods, [
  { head: 'quarter', of: ({ period }) => period, align: 'text' },
  { head: 'rows', of: ({ rows }) => rows },
  { head: 'defaults', of: ({ defaults }) => defaults },
  { head: 'PD said', of: ({ meanProbability }) => percent(meanProbability) },
  { head: 'default rate', of: ({ defaultRate }) => withInterval(defaultRate, percent) },
  { head: 'AUC', of: ({ auc }) => fixed(auc) },
  {
    head: 'PSI of the score',
    of: ({ scorePsi }) => html`<span class="${psiClass(scorePsi)}">${fixed(scorePsi)}</span>`,
  },
])}
${featureSection}`;
}

function segments(evaluation: Evaluation): Markup {
  const body =
    evaluation.segments.length === 0
      ? html`<p class="note">The matrix has no meta_ column that divides its rows into groups.</p>`
      : table<Segment>(evaluation.segments, [
          { head: '', of: ({ attribute }) => attribute, align: 'text' },
          { head: 'segment', of: ({ segment }) => segment, align: 'text' },
          { head: 'rows', of: ({ rows }) => rows },
          { head: 'defaults', of: ({ defaults }) => defaults },
          { head: 'mean score', of: ({ meanScore }) => fixed(meanScore, 0) },
          { head: 'PD said', of: ({ meanProbability }) => percent(meanProbability) },
          { head: 'default rate', of: ({ defaultRate }) => withInterval(defaultRate, percent) },
          { head: 'AUC', of: ({ auc }) => fixed(auc) },
        ]);
  return html`<h2>Segments</h2><p class="note">AUC where a segment has ten defaults or more.</p>${body}`;
}

function fairness(evaluation: Evaluation): Markup {
  const attributes = evaluation.fairness.map(
    ({
      attribute,
      reference,
      groups,
      tooSmall,
    }) => html`<h3>${attribute}${reference === '' ? '' : `, against ${reference}`}</h3>
${tooSmall === 0 ? '' : html`<p class="note">${tooSmall} of ${tooSmall + groups.length} groups have fewer than ${GROUP_ROWS_MIN} rows and are not shown.</p>`}
${
  groups.length === 0
    ? ''
    : table<GroupFairness>(groups, [
        { head: 'group', of: ({ group }) => group, align: 'text' },
        { head: 'rows', of: ({ rows }) => rows },
        { head: 'approved', of: ({ approvalRate }) => withInterval(approvalRate, percent) },
        { head: 'ratio', of: ({ approvalRatio }) => fixed(approvalRatio, 2) },
        {
          head: 'approved of those who repaid',
          of: ({ truePositiveRate }) => percent(truePositiveRate.value),
        },
        { head: 'gap', of: ({ truePositiveGap }) => fixed(truePositiveGap, 3) },
        { head: 'PD said', of: ({ meanProbability }) => percent(meanProbability) },
        { head: 'default rate', of: ({ defaultRate }) => withInterval(defaultRate, percent) },
        {
          head: 'calibration slope',
          of: ({ calibrationSlope }) => withInterval(calibrationSlope, (value) => fixed(value, 2)),
        },
      ])
}`,
  );
  return html`<h2>Fairness</h2><p class="note">Approval at a score of ${evaluation.cutOff}, by sex, age band and county where
the matrix has them. These are never features.</p>${
    attributes.length === 0
      ? html`<p class="note">The matrix has no meta_sex, meta_age_band or meta_county.</p>`
      : attributes
  }`;
}

function shapes(evaluation: Evaluation): Markup {
  const { manifest, substitution } = evaluation;
  if (substitution !== null) return substituted(substitution);
  if (evaluation.shapes.length === 0) {
    return html`<h2>Shape functions</h2><p class="note">The model is no sum of shape functions.</p>`;
  }
  return html`<h2>Shape functions</h2><p class="note">What each term adds to the log-odds of default, most important first:
exactly what the model computes. Grey: how the training rows were spread; half a percent at either end is not drawn.
Of pairs: red raises the risk, blue lowers it.</p>
<div class="charts">${evaluation.shapes.map((curve) =>
    figure(curve.name, shapeChart(curve, manifest.features), `Mean size ${fixed(curve.importance)}.`),
  )}</div>`;
}
