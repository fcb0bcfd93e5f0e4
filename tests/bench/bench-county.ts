import { setTimeout as sleep } from 'node:timers/promises';
import { ingestTransactions } from '../../functions/ingest/ingest-transactions.ts';
import { sampleProgram } from '../../models/simulator/sample-program.ts';
import type { Consent } from '../../shared/domain/consent.ts';
import { AMOUNT_MINOR_MAX } from '../../shared/domain/money.ts';
import type { Program } from '../../shared/domain/program.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { entrepreneurStore } from '../../shared/store/entrepreneurs.ts';
import { programStore } from '../../shared/store/programs.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { AS_OF_MS, type SimulatedHistory } from './simulated-histories.ts';

export const OPERATOR = 'ten_bench-operator';
export const LENDER = 'ten_bench-bank';
export const INCUBATOR = 'ten_bench-incubator';
export const PLATFORM = 'ten_bench-platform';
export const PROGRAM_ID = 'prg_bench';

const DAY_MS = 86_400_000;
const TRANSACTIONS_PER_REQUEST = 1_000;

/** A program that never runs out: the thousandth decision does the same work as the first. */
export function benchProgram(countyId: string): Program {
  const sample = sampleProgram({
    programId: PROGRAM_ID,
    countyId,
    lenderTenantId: LENDER,
    incubatorTenantId: INCUBATOR,
    platformTenantId: PLATFORM,
    capitalMinor: AMOUNT_MINOR_MAX,
    opensOn: '2026-01-01',
    closesOn: '2026-12-31',
  });
  const policy = {
    ...sample.policy,
    singleBorrowerLimitMinor: AMOUNT_MINOR_MAX,
    // A milder stress: most applicants reach the offers, the longest way through.
    stressedIncomeBps: 8_500,
  };
  return { ...sample, policy };
}

export function consentOf({ simulated }: SimulatedHistory): Consent {
  const { entrepreneurId } = simulated.entrepreneur;
  return {
    consentId: `cns_${entrepreneurId}`,
    entrepreneurId,
    purpose: 'credit_decision',
    recipientTenantId: LENDER,
    grantedAt: new Date(AS_OF_MS - DAY_MS).toISOString(),
    expiresAt: new Date(AS_OF_MS + 3_650 * DAY_MS).toISOString(),
  };
}

/** Everything a decision on these stations reads, into an empty table. */
export async function storeCounty(table: StoreTable, histories: readonly SimulatedHistory[]): Promise<void> {
  const bundles = dayBundleStore(table);
  const entrepreneurs = entrepreneurStore(table);
  const stations = stationStore(table);
  for (const history of histories) {
    const { station, entrepreneur } = history.simulated;
    await stations.put(PLATFORM, station);
    await entrepreneurs.put(PLATFORM, entrepreneur);
    await entrepreneurs.putConsent(PLATFORM, consentOf(history));
    const transactions = [...history.simulated.transactions()];
    for (let start = 0; start < transactions.length; start += TRANSACTIONS_PER_REQUEST) {
      await ingestTransactions(
        {
          tenantId: PLATFORM,
          stationId: station.stationId,
          transactions: transactions.slice(start, start + TRANSACTIONS_PER_REQUEST),
        },
        { stations, bundles, nowMs: () => AS_OF_MS, random: Math.random, sleep },
      );
    }
  }
  await programStore(table).put(OPERATOR, benchProgram(histories[0]?.simulated.station.countyId ?? ''));
}
