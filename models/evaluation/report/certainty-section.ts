import * as Plot from '@observablehq/plot';
import type { Evaluation } from '../evaluate-model.ts';
import type { CertaintyBand, ScoreCertainty } from '../score-certainty.ts';
import type { SubstitutionSummary } from '../substituted-reasons.ts';
import { ACCENT, BAD, drawing } from './charts.ts';
import { fixed, html, type Markup, percent, table, withInterval } from './markup.ts';

const HISTOGRAM_BINS = 30;

export function standardErrorChart({ standardErrors, median }: ScoreCertainty): Markup {
  return drawing(`Distribution of the standard error of the log-odds, median ${fixed(median, 2)}`, {
    x: { label: 'standard error of the log-odds' },
    y: { label: 'applicants', grid: true },
    marks: [
      Plot.rectY(binned(standardErrors), {
        x1: 'from',
        x2: 'to',
        y: 'applicants',
        fill: ACCENT,
        fillOpacity: 0.6,
        inset: 0.5,
      }),
      Plot.ruleX([median], { strokeDasharray: '4 3' }),
      Plot.text([median], {
        x: (value: number) => value,
        frameAnchor: 'top',
        dy: -12,
        text: () => `median ${fixed(median, 2)}`,
      }),
      Plot.ruleY([0]),
    ],
  });
}

/** Counts of values, ascending, in bins of equal width. */
function binned(values: Float64Array) {
  const [least, greatest] = [values[0] ?? 0, values.at(-1) ?? 0];
  const width = (greatest - least) / HISTOGRAM_BINS || 1;
  const applicants = new Uint32Array(HISTOGRAM_BINS);
  for (const value of values) {
    const bin = Math.min(HISTOGRAM_BINS - 1, Math.floor((value - least) / width));
    applicants[bin] = (applicants[bin] ?? 0) + 1;
  }
  return Array.from(applicants, (count, bin) => ({
    from: least + bin * width,
    to: least + (bin + 1) * width,
    applicants: count,
  }));
}

/** Beside each other within a band: what was said, with its interval, and what came, with its own. */
export function certaintyChart(bands: readonly CertaintyBand[]): Markup {
  const points = bands.flatMap(({ band, meanProbability, low, high, defaultRate }) => [
    { place: band - 0.12, value: meanProbability, low, high, colour: ACCENT },
    {
      place: band + 0.12,
      value: defaultRate.value,
      low: defaultRate.low,
      high: defaultRate.high,
      colour: BAD,
    },
  ]);
  return drawing('PD said with its interval and default rate that came, by certainty', {
    x: {
      label: 'surest fifth to least sure',
      domain: [0.6, bands.length + 0.4],
      ticks: bands.map(({ band }) => band),
      tickFormat: 'd',
    },
    y: {
      label: '%',
      grid: true,
      zero: true,
      tickFormat: (value: number) => `${Math.round(1000 * value) / 10}`,
    },
    color: { type: 'identity' },
    marks: [
      Plot.link(points, {
        x1: 'place',
        x2: 'place',
        y1: 'low',
        y2: 'high',
        stroke: 'colour',
        strokeWidth: 1.5,
      }),
      Plot.dot(points, { x: 'place', y: 'value', fill: 'colour', r: 4 }),
    ],
  });
}

/** How sure the model is of its scores. */
export function certainty({ certainty: found, cutOff }: Evaluation): Markup {
  if (found === null) {
    return html`<h2>Certainty</h2><p class="note">The model does not know how sure it is of a score.</p>`;
  }
  const { rows, low, median, high, straddling, bands } = found;
  return html`<h2>Certainty</h2><p class="note">How far would a score move had the model been fitted on another sample of
the same book? The standard error of the log-odds, from the bags of the fit, on ${rows} rows.</p>
<div class="charts">
<figure><h3>Standard error</h3>${standardErrorChart(found)}<figcaption>Median ${fixed(median, 2)}, nine in ten
between ${fixed(low, 2)} and ${fixed(high, 2)}. The 95 % interval of ${percent(straddling)} of the applicants has the cut-off
of ${cutOff} in it.</figcaption></figure>
<figure><h3>Said and came, by certainty</h3>${certaintyChart(bands)}<figcaption><span class="key accent"><i>PD said, mean 95 %
interval of one applicant</i></span><span class="key bad"><i>default rate</i></span></figcaption></figure>
<div class="beside">${table<CertaintyBand>(bands, [
    { head: 'fifth', of: ({ band }) => band },
    { head: 'rows', of: ({ rows: count }) => count },
    { head: 'mean standard error', of: ({ standardError }) => fixed(standardError, 2) },
    {
      head: 'PD said (mean interval)',
      of: (band) => withInterval({ value: band.meanProbability, low: band.low, high: band.high }, percent),
    },
    { head: 'defaults', of: ({ defaults, known }) => `${defaults} of ${known}` },
    { head: 'default rate that came', of: ({ defaultRate }) => withInterval(defaultRate, percent) },
  ])}<p class="note">The interval is of the PD itself, not of the outcome: in each fifth the PD said and the default rate
should agree within theirs.</p></div>
</div>`;
}

const FEATURES_SHOWN = 20;

/** What a classifier without terms goes by, estimated. */
export function substituted(summary: SubstitutionSummary): Markup {
  const { rows, features, remainder, distance } = summary;
  return html`<h2>Reasons by baseline substitution</h2><p class="note">The model is no sum of shape functions. On ${rows} rows,
each feature in turn was set to its reference value: the mean size of the change of the log-odds, largest first.</p>
<p>Unexplained remainder: ${fixed(remainder)} on average, where the log-odds are ${fixed(distance)} from those of the reference
values. Reasons by this method are estimates; risk by feature and direction cannot be shown.</p>
${table(features.slice(0, FEATURES_SHOWN), [
  { head: 'feature', of: ({ feature }) => feature, align: 'text' },
  { head: 'mean size', of: ({ meanSize }) => fixed(meanSize) },
])}`;
}
