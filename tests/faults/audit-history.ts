import { reportedRow } from '../../shared/domain/day-bundle.ts';
import { isWholeDay } from '../../shared/domain/day-parts.ts';
import { summarizeDay } from '../../shared/domain/summarize-day.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { bundleOfDay } from '../../shared/store/stored-day.ts';
import { faultStations, PLATFORM, type Report } from './sample-history.ts';

export interface AuditedHistory {
  /** Ids of the transactions held, by station. */
  readonly held: ReadonlyMap<string, ReadonlySet<string>>;
  readonly transactions: number;
  readonly partsMax: number;
}

/**
 * Read a whole history and hold it to its invariants: nothing acknowledged is missing or altered, nothing is
 * there twice or was never sent, every day's parts cover it once, and every summary, in the index as well, is
 * what its rows amount to. Raises an Error that says which broke.
 */
export async function auditHistory(
  table: StoreTable,
  sent: readonly Report[],
  acknowledged: ReadonlySet<string>,
  stations: readonly { readonly stationId: string; readonly timeZone: string }[] = faultStations,
): Promise<AuditedHistory> {
  const bundles = dayBundleStore(table);
  const reported = new Map(
    sent.map(({ stationId, transaction }) => [`${stationId} ${transaction.transactionId}`, transaction]),
  );
  const held = new Map<string, Set<string>>();
  let [transactions, partsMax] = [0, 0];
  for (const { stationId, timeZone } of stations) {
    const ids = new Set<string>();
    held.set(stationId, ids);
    const summaries = new Map(
      (await bundles.readSummaries(PLATFORM, stationId, '2020-01-01', '2030-01-01')).map(({ summary }) => [
        summary.day,
        summary,
      ]),
    );
    const days = await bundles.readDays(PLATFORM, stationId, '2020-01-01', '2030-01-01');
    if (days.length !== summaries.size) throw new Error(`${stationId}: days without a summary in the index`);
    for (const day of days) {
      partsMax = Math.max(partsMax, day.parts.length);
      const bundle = bundleOfDay(day);
      const where = `${stationId} ${day.day}`;
      if (!isWholeDay(day.parts.map(({ prefix }) => prefix)))
        throw new Error(`${where}: parts do not add up`);
      if (JSON.stringify(summaries.get(day.day)) !== JSON.stringify(summarizeDay(bundle, timeZone))) {
        throw new Error(`${where}: the summary is not what its rows amount to`);
      }
      for (const { recordedAtMs: _, ...row } of bundle.rows) {
        const key = `${stationId} ${row.transactionId}`;
        if (ids.has(row.transactionId)) throw new Error(`${key} is held twice`);
        ids.add(row.transactionId);
        const transaction = reported.get(key);
        if (transaction === undefined) throw new Error(`${key} was never sent`);
        const expected = reportedRow(transaction);
        const differs = (Object.keys(expected) as (keyof typeof expected)[]).find(
          (field) => expected[field] !== row[field],
        );
        if (differs !== undefined) throw new Error(`${key} is held with another ${differs}`);
      }
      transactions += bundle.rows.length;
    }
  }
  for (const key of acknowledged) {
    const [stationId = '', id = ''] = key.split(' ');
    if (held.get(stationId)?.has(id) !== true) throw new Error(`${key} was acknowledged and is missing`);
  }
  return { held, transactions, partsMax };
}
