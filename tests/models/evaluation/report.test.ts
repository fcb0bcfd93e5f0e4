import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Evaluation, evaluateModel } from '../../../models/evaluation/evaluate-model.ts';
import { loadEvaluatedModel } from '../../../models/evaluation/load-evaluated-model.ts';
import { html, table } from '../../../models/evaluation/report/markup.ts';
import { reportPage } from '../../../models/evaluation/report/report-page.ts';
import type { Matrix } from '../../../models/factory/read-matrix.ts';
import { loadScorer } from '../../../shared/scoring/load-scorer.ts';
import type { Scorer } from '../../../shared/scoring/scorer.ts';
import { FIXTURE_DIRECTORY, fixtureFeatureList, TERMS } from '../../scoring/fixture-model.ts';
import { fixtureMatrix } from './fixture-matrix.ts';

const facts = { matrixName: 'outcomes <2025>.csv', signedBy: null, isTrainingMatrix: true };

let scorer: Scorer;
let matrix: Matrix;
let evaluation: Evaluation;
const evaluated = async (change: Partial<Matrix> = {}) => {
  const { shapes } = await loadEvaluatedModel(FIXTURE_DIRECTORY, fixtureFeatureList, []);
  return evaluateModel({ scorer, shapes, matrix: { ...matrix, ...change }, cutOff: 560, seed: 7 });
};

beforeAll(async () => {
  scorer = await loadScorer({ directory: FIXTURE_DIRECTORY, featureList: fixtureFeatureList });
  matrix = await fixtureMatrix(scorer, 1_500);
  evaluation = await evaluated();
});
afterAll(() => scorer.release());

describe('an evaluation', () => {
  it('counts every row once in every table', () => {
    const { rows, known, defaults, calibration, scoreBands, periods, segments, gains } = evaluation;
    expect([rows, known]).toEqual([1_500, 1_500]);
    const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
    expect(sum(calibration.map((band) => band.rows))).toBe(known);
    expect(sum(calibration.map((band) => band.defaults))).toBe(defaults);
    expect(sum(scoreBands.map((band) => band.defaulted + band.repaid + band.unknown))).toBe(rows);
    expect(sum(periods.map((period) => period.rows))).toBe(known);
    expect(sum(segments.filter(({ attribute }) => attribute === 'sex').map((segment) => segment.rows))).toBe(
      known,
    );
    expect(gains.at(-1)).toMatchObject({ rows: known, defaults });
  });

  it('finds a model calibrated on outcomes drawn from its own probabilities, and its KS on its ROC curve', () => {
    const { slope } = evaluation.calibrationLine;
    expect(slope.low).toBeLessThan(1);
    expect(slope.high).toBeGreaterThan(1);
    const { defaulted, repaid } = evaluation.greatestDistance;
    expect(defaulted - repaid).toBeCloseTo(evaluation.ks.value, 12);
    expect(evaluation.roc.at(0)).toMatchObject({ defaulted: 0, repaid: 0 });
    expect(evaluation.roc.at(-1)).toMatchObject({ defaulted: 1, repaid: 1 });
  });

  it('shows every term, the most important first', () => {
    const sizes = evaluation.shapes.map(({ importance }) => importance);
    expect(sizes).toHaveLength(TERMS);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  });

  it('sees a feature that has moved', async () => {
    const features = matrix.features.map((value, place) => (place % 6 === 2 ? value / 4 : value));
    const moved = (await evaluated({ features })).features.find(({ feature }) => feature === 'feature_2');
    expect(moved?.psi).toBeGreaterThan(0.25);
  });

  it('is refused when there is but one outcome', async () => {
    await expect(evaluated({ labels: new Float64Array(matrix.rows) })).rejects.toMatchObject({
      issues: [{ field: 'label', code: 'one_class' }],
    });
  });
});

describe('a report', () => {
  it('is one file that needs nothing else, the same each time', async () => {
    const page = reportPage(evaluation, facts);
    expect(page).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|https?:\/\/(?!www\.w3\.org)/);
    expect(reportPage(await evaluated(), facts)).toBe(page);
  });

  it('has every section, a chart for each term, and a description of each chart', () => {
    const { document } = parseHTML(reportPage(evaluation, facts));
    const headings = [...document.querySelectorAll('h2')].map((heading) => heading.textContent);
    expect(headings).toEqual([
      'Ranking',
      'Calibration',
      'Certainty',
      'Stability',
      'Segments',
      'Fairness',
      'Shape functions',
    ]);
    const charts = [...document.querySelectorAll('svg')];
    expect(charts).toHaveLength(9 + TERMS);
    for (const chart of charts) {
      expect(chart.getAttribute('aria-label')).toMatch(/\w{3}/);
      expect(chart.outerHTML).not.toMatch(/NaN|undefined/);
    }
  });

  it('escapes what the files say, and says what the reader must know of them', () => {
    const page = reportPage(evaluation, facts);
    expect(page).toContain('outcomes &lt;2025&gt;.csv');
    expect(page).toContain('cty_&lt;0&gt;');
    expect(page).toContain('Not signed by a trusted key');
    expect(page).toContain('These are the rows the model was trained on');
    expect(reportPage(evaluation, { ...facts, signedBy: 'us', isTrainingMatrix: false })).not.toContain(
      'trained on:',
    );
  });

  it('escapes attributes as well as text', () => {
    expect(html`<i title="${'"><b>'}">${['&', html`<b>`]}</i>`.text).toBe(
      '<i title="&quot;&gt;&lt;b&gt;">&amp;<b></i>',
    );
    expect(table([1], [{ head: '<', of: () => '<' }]).text).toContain('<td class="number">&lt;</td>');
  });
});
