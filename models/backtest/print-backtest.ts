import Table from 'cli-table3';
import type { Interval, ModelMetrics } from '../evaluation/metrics.ts';
import type { BacktestReport } from './backtest.ts';

const plain = { style: { head: [], border: [] } };
const number = (value: number) => value.toFixed(4);
const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
const withInterval = ({ value, low, high }: Interval, format = number) =>
  `${format(value)}  (${format(low)} to ${format(high)})`;

/** The report as a person reads it. Intervals are 95 % bootstrap. */
export function backtestText(report: BacktestReport): string {
  const rejected = Object.entries(report.ingest.rejected).map(([code, count]) => `${count} ${code}`);
  return [
    `${report.dataset}: ${report.rows} loans, ${report.defaults} defaults, ${report.validation}`,
    `${report.ingest.accepted} transactions of ${report.ingest.stations} accounts ingested, ` +
      `${report.ingest.duplicates} duplicates, ${rejected.length === 0 ? 'none rejected' : rejected.join(', ')}`,
    '',
    metricsTable(report, report.baseline),
    '',
    'Calibration: what was said against what came, bands of equal size',
    calibrationText(report),
    '',
    'Gains: of the riskiest share, how many of all defaults',
    gainsText(report),
    '',
    `Parity with the training code: PD differs by at most ${report.parity.maxPdDifference.toExponential(1)}, ` +
      `contributions + intercept from the log-odds by ${report.parity.maxContributionError.toExponential(1)}`,
  ].join('\n');
}

function metricsTable(model: ModelMetrics, baseline: ModelMetrics): string {
  const table = new Table({ head: ['', 'explainable boosting', 'logistic regression'], ...plain });
  table.push(
    ['AUC', withInterval(model.auc), withInterval(baseline.auc)],
    ['KS', withInterval(model.ks), withInterval(baseline.ks)],
    ['Brier', withInterval(model.brier), withInterval(baseline.brier)],
  );
  return table.toString();
}

function calibrationText(report: BacktestReport): string {
  const table = new Table({ head: ['band', 'loans', 'defaults', 'mean PD', 'default rate'], ...plain });
  for (const band of report.calibration) {
    const rate = withInterval(band.defaultRate, percent);
    table.push([band.band, band.rows, band.defaults, percent(band.meanProbability), rate]);
  }
  return table.toString();
}

function gainsText(report: BacktestReport): string {
  const table = new Table({ head: ['riskiest', 'loans', 'defaults', 'of all defaults', 'lift'], ...plain });
  for (const band of report.gains) {
    const captured = withInterval(band.captured, percent);
    table.push([percent(band.share), band.rows, band.defaults, captured, band.lift.toFixed(2)]);
  }
  return table.toString();
}
