import { setTimeout as sleep } from 'node:timers/promises';
import { ingestTransactions } from '../../functions/ingest/ingest-transactions.ts';
import type { Consent } from '../../shared/domain/consent.ts';
import { AMOUNT_MINOR_MAX } from '../../shared/domain/money.ts';
import { type Program, program } from '../../shared/domain/program.ts';
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
  return program.parse({
    programId: PROGRAM_ID,
    name: '村小二创业贷',
    countyId,
    lenderTenantId: LENDER,
    incubatorTenantId: INCUBATOR,
    platformTenantId: PLATFORM,
    currency: 'CNY',
    capitalMinor: AMOUNT_MINOR_MAX,
    opensOn: '2026-01-01',
    closesOn: '2026-12-31',
    policy: {
      policyVersion: '2026-1',
      eligibleStages: ['agent', 'partner', 'service'],
      minimumTenureDays: 120,
      minimumHistoryDays: 120,
      minimumActiveDays: 30,
      maximumHistoryAgeDays: 14,
      minimumCreditScore: 600,
      referBelowCreditScore: 620,
      minimumPrincipalMinor: 300_000,
      maximumPrincipalMinor: 15_000_000,
      singleBorrowerLimitMinor: AMOUNT_MINOR_MAX,
      termMonths: [6, 12, 18, 24],
      stressedIncomeBps: 8_500,
      installmentToCashFlowBps: 5_000,
      lossGivenDefaultBps: 6_000,
      guaranteeShareBps: 5_000,
      marginBps: 350,
      originationFeeBps: 50,
      aprCapLprMultiple: 4,
    },
  });
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
