import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  benchmarkComparisons,
  benchmarkRows,
  withBenchmarkRows,
} from '../../../models/factory/benchmark-table.ts';
import { modelsDirectory } from '../../../models/factory/model-folders.ts';

const estimate = (value: number) => ({ value, low: value - 0.01, high: value + 0.01 });
const measures = (auc: number) => ({ auc: estimate(auc), ks: estimate(0.4), brier: estimate(0.1) });
const { tables } = benchmarkComparisons.parse({
  tables: {
    rows: 30_000,
    defaults: 6_636,
    models: {
      ebm: measures(0.78),
      lightgbm: measures(0.785),
      scorecard: measures(0.77),
      logistic: measures(0.72),
    },
    ebmMinus: {
      lightgbm: { ...estimate(-0.005), pValue: 0.0221 },
      scorecard: { ...estimate(0.01), pValue: 0.00001 },
      logistic: { ...estimate(0.06), pValue: 0.2 },
    },
  },
});
if (tables === undefined) throw new Error('parsed');
const rows = benchmarkRows('Taiwan credit cards', tables);

describe('the table of benchmarks', () => {
  it('names the data once, and every model with its interval and what the EBM has on it', () => {
    expect(rows[0]).toBe(
      '| Taiwan credit cards, 30,000 rows, 6,636 defaulted | EBM | 0.7800 | 0.7700 to 0.7900 | 0.4000 | 0.1000 | | |',
    );
    expect(rows[1]).toBe(
      '| | LightGBM | 0.7850 | 0.7750 to 0.7950 | 0.4000 | 0.1000 | −0.0050 (−0.0150 to +0.0050) | 0.022 |',
    );
    expect(rows[2]).toMatch(/\| < 0\.001 \|$/);
  });

  it('takes the place of the rows the page has, and of no others', async () => {
    const page = await readFile(join(modelsDirectory, 'README.md'), 'utf8');
    for (const title of ['Berka', 'German credit', 'Taiwan credit cards']) {
      const next = withBenchmarkRows(
        page,
        title,
        rows.map((row) => row.replace('Taiwan credit cards', title)),
      );
      const untouched = (text: string) =>
        text.split('\n').filter((line) => !line.startsWith(`| ${title}, `) && !line.startsWith('| |'));
      expect(untouched(next)).toEqual(untouched(page));
      expect(
        withBenchmarkRows(
          next,
          title,
          rows.map((row) => row.replace('Taiwan credit cards', title)),
        ),
      ).toBe(next);
    }
    expect(() => withBenchmarkRows(page, 'Australia', rows)).toThrow(/Australia/);
  });
});
