import { z } from 'zod';
import { fieldError } from '../../shared/domain/errors.ts';

const interval = z.object({ value: z.number(), low: z.number(), high: z.number() });
const names = { ebm: 'EBM', lightgbm: 'LightGBM', scorecard: 'Scorecard', logistic: 'Logistic' } as const;
const makes = ['ebm', 'lightgbm', 'scorecard', 'logistic'] as const;

/** comparison.json of the training code, by data set. */
export const benchmarkComparisons = z.record(
  z.string(),
  z.object({
    rows: z.int(),
    defaults: z.int(),
    models: z.record(z.enum(makes), z.object({ auc: interval, ks: interval, brier: interval })),
    /** EBM's AUC minus another's, by DeLong's paired test. */
    ebmMinus: z.partialRecord(z.enum(makes), interval.extend({ pValue: z.number() })),
  }),
);
export type BenchmarkComparison = z.output<typeof benchmarkComparisons>[string];

const signed = (value: number) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
const probability = (value: number) => (value < 0.0005 ? '< 0.001' : value.toFixed(3));

/** A data set's rows of the table in models/README.md, a line each. */
export function benchmarkRows(
  title: string,
  { rows, defaults, models, ebmMinus }: BenchmarkComparison,
): string[] {
  return makes.map((make) => {
    const { auc, ks, brier } = models[make];
    const against = ebmMinus[make];
    const cells = [
      make === 'ebm'
        ? `${title}, ${rows.toLocaleString('en')} rows, ${defaults.toLocaleString('en')} defaulted`
        : '',
      names[make],
      auc.value.toFixed(4),
      `${auc.low.toFixed(4)} to ${auc.high.toFixed(4)}`,
      ks.value.toFixed(4),
      brier.value.toFixed(4),
      against === undefined
        ? ''
        : `${signed(against.value)} (${signed(against.low)} to ${signed(against.high)})`,
      against === undefined ? '' : probability(against.pValue),
    ];
    return `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |').replaceAll('|  |', '| |');
  });
}

/**
 * The page with a data set's rows in the place of those it has: from the line that begins with its title up to the
 * next title or the table's end. Raises DomainError `invalid_request` when the page has no such row.
 */
export function withBenchmarkRows(page: string, title: string, rows: readonly string[]): string {
  const lines = page.split('\n');
  const first = lines.findIndex((line) => line.startsWith(`| ${title}, `));
  if (first < 0) {
    throw fieldError('invalid_request', 'README.md', 'no_row', `no row of the table begins with ${title}`);
  }
  let end = first + 1;
  while (lines[end]?.startsWith('| |') === true) end += 1;
  return [...lines.slice(0, first), ...rows, ...lines.slice(end)].join('\n');
}
