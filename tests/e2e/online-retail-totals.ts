import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { summarizeDay } from '../../shared/domain/summarize-day.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { bundleOfDay } from '../../shared/store/stored-day.ts';

/** Counts and pence of one country, sales and refunds apart. */
export interface CountryTotals {
  transactions: number;
  salesMinor: number;
  refundsMinor: number;
}

export interface FileTotals {
  rows: number;
  duplicates: number;
  /** All rows, the repeated ones included. */
  allMinor: number;
  byCountry: Map<string, CountryTotals>;
}

/**
 * What the file says, by none of the code under test: rows told apart by their very text, pence counted in
 * integers of a tenth of a penny a piece and rounded half away from zero per row.
 */
export async function totalsOfFile(file: string, rowsMax = Number.POSITIVE_INFINITY): Promise<FileTotals> {
  const totals: FileTotals = { rows: 0, duplicates: 0, allMinor: 0, byCountry: new Map() };
  const seen = new Set<string>();
  const rows: AsyncIterable<string[]> = createReadStream(file)
    .pipe(createGunzip())
    .pipe(parse({ from_line: 2 }));
  for await (const row of rows) {
    if (totals.rows === rowsMax) break;
    totals.rows += 1;
    const [, , , quantity = '', , unitPrice = '', , country = ''] = row;
    const tenths = Math.round(Number(unitPrice) * 1_000) * Number(quantity);
    const minor = Math.sign(tenths) * Math.floor((Math.abs(tenths) + 5) / 10);
    totals.allMinor += minor;
    const text = row.join('\u0000');
    if (seen.has(text)) {
      totals.duplicates += 1;
      continue;
    }
    seen.add(text);
    const of = totals.byCountry.get(country) ?? { transactions: 0, salesMinor: 0, refundsMinor: 0 };
    totals.byCountry.set(country, of);
    of.transactions += 1;
    if (minor < 0) of.refundsMinor -= minor;
    else of.salesMinor += minor;
  }
  return totals;
}

export const stationOf = (country: string) => `stn_${country.replaceAll(/[^A-Za-z0-9._-]+/g, '-')}`;

/**
 * What the table holds of a country: from the summaries in the index, and again from the rows. Raises an Error
 * when a day's summary is not what its rows amount to.
 */
export async function totalsOfTable(
  table: StoreTable,
  platform: string,
  country: string,
): Promise<CountryTotals & { readonly versions: string }> {
  const bundles = dayBundleStore(table);
  const [from, to, stationId] = ['2010-01-01', '2012-12-31', stationOf(country)];
  const totals = { transactions: 0, salesMinor: 0, refundsMinor: 0 };
  const summaries = new Map(
    (await bundles.readSummaries(platform, stationId, from, to)).map(({ summary }) => [summary.day, summary]),
  );
  for (const summary of summaries.values()) {
    totals.transactions += summary.transactionCount;
    totals.salesMinor += summary.kinds.produce_sale?.inflowMinor ?? 0;
    totals.refundsMinor += summary.kinds.refund?.outflowMinor ?? 0;
  }
  const versions: string[] = [];
  for (let month = 0; month < 36; month += 1) {
    const name = `${2010 + Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`;
    for (const day of await bundles.readDays(platform, stationId, `${name}-01`, `${name}-31`)) {
      const bundle = bundleOfDay(day);
      const [stored, recomputed] = [summaries.get(day.day), summarizeDay(bundle, 'Europe/London')];
      if (JSON.stringify(stored) !== JSON.stringify(recomputed)) {
        throw new Error(`${country} ${day.day}: the summary is not what its rows amount to`);
      }
      versions.push(`${day.day}:${day.version}:${day.parts.map(({ version }) => version).join('.')}`);
    }
  }
  return { ...totals, versions: versions.join(' ') };
}
