import { addDays } from '../../shared/domain/calendar.ts';
import type { Station } from '../../shared/domain/station.ts';
import type { Transaction } from '../../shared/domain/transaction.ts';
import { SAMPLE_NOW_MS, sampleStation } from '../support/sample-transactions.ts';
import type { SeededRandom } from './seeded-random.ts';

export const FAULTS_NOW_MS = SAMPLE_NOW_MS;
export const PLATFORM = 'ten_faults';
/** Small, so that days go into parts within a few hundred transactions. */
export const faultPartBounds = { rowsMax: 30, bytesMax: 1e9, depthMax: 7 };

export interface Report {
  readonly stationId: string;
  readonly transaction: Transaction;
}

export const faultStations: readonly Station[] = ['stn_a', 'stn_b', 'stn_c'].map((stationId) => ({
  ...sampleStation,
  stationId,
}));

/** Days of three stations, one far busier than the others; every ninth transaction reversed. No contradictions. */
export function sampleHistory(random: SeededRandom, count: number): readonly Report[] {
  const reports: Report[] = [];
  for (let index = 0; index < count; index += 1) {
    const stationId = random.chance(0.6) ? 'stn_a' : random.chance(0.5) ? 'stn_b' : 'stn_c';
    const day = addDays('2026-03-02', random.chance(0.6) ? 0 : random.below(6));
    const clock = [random.below(15), random.below(60)].map((part) => String(part).padStart(2, '0')).join(':');
    const transaction: Transaction = {
      transactionId: `t-${index}`,
      kind: 'produce_sale',
      occurredAt: `${day}T${clock}:00Z`,
      amountMinor: 1 + random.below(100_000),
      currency: 'CNY',
      counterparty: `v${random.below(120)}`,
      channel: 'app',
      ...(random.chance(0.3) ? { balanceAfterMinor: random.below(1_000_000) } : {}),
    };
    reports.push({ stationId, transaction });
    if (index % 9 === 0) {
      reports.push({
        stationId,
        transaction: {
          ...transaction,
          transactionId: `undo-${index}`,
          amountMinor: -transaction.amountMinor,
          reverses: transaction.transactionId,
        },
      });
    }
  }
  return reports;
}
