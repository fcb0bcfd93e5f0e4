import { join } from 'node:path';
import {
  type SubmitApplicationDependencies,
  submitApplication,
} from '../../functions/applications/submit-application.ts';
import { startEngine } from '../../infra/local/engine.ts';
import type { ApplicationRequest } from '../../shared/domain/application.ts';
import { featureListHash, features } from '../../shared/features/feature-list.ts';
import { loadChampion } from '../../shared/scoring/load-scorer.ts';
import { createTable } from '../../shared/store/create-table.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import { CapacityMeter, openTable, type StoreTable } from '../../shared/store/dynamo.ts';
import { entrepreneurStore } from '../../shared/store/entrepreneurs.ts';
import { lendingTermsStore } from '../../shared/store/lending-terms.ts';
import { programLoans } from '../../shared/store/program-loans.ts';
import { programStore } from '../../shared/store/programs.ts';
import { stationStore } from '../../shared/store/stations.ts';
import {
  benchProgram,
  consentOf,
  INCUBATOR,
  LENDER,
  PLATFORM,
  PROGRAM_ID,
  storeCounty,
} from './bench-county.ts';
import type { BenchGroup } from './bench-group.ts';
import { measureInterleaved } from './measure-interleaved.ts';
import { against, counted, latency, throughput } from './measurement.ts';
import { AS_OF_MS, type SimulatedHistory, simulatedHistories } from './simulated-histories.ts';

const APPLICANTS = 8;
const DECISIONS_METERED = 24;

type Stores = Pick<
  SubmitApplicationDependencies,
  'programs' | 'stations' | 'entrepreneurs' | 'bundles' | 'decisions' | 'terms' | 'listed'
>;

/**
 * Whole decisions by the use case itself, one after the other: over the table (an engine in memory, a process
 * of its own beside this one) and over stores that answer from memory, which leaves features, score, rules,
 * price and explanation. Applicants take turns; each has two years of history. Read and write units are the
 * engine's own, the mean over decisions of all applicants.
 */
export const decisionsBench: BenchGroup = {
  name: 'decisions',
  run: async ({ effort, quick, modelsDirectory }) => {
    const histories = simulatedHistories(quick ? 1 : APPLICANTS);
    const scorer = await loadChampion(join(modelsDirectory, 'registry.json'), {
      hash: featureListHash,
      features,
    });
    const engine = await startEngine({ inMemory: true });
    const meter = new CapacityMeter();
    const table = openTable({ endpoint: engine.endpoint, tableName: 'decisions' });
    const metered = openTable({
      endpoint: engine.endpoint,
      tableName: 'decisions',
      onConsumed: meter.add,
    });
    try {
      await createTable(table);
      await storeCounty(table, histories);
      let ids = 0;
      const decideOver = (stores: Stores) => {
        let turn = 0;
        return () => {
          const history = histories[turn % histories.length];
          if (history === undefined) throw new RangeError('no applicants');
          turn += 1;
          ids += 1;
          return submitApplication(
            {
              tenantId: INCUBATOR,
              programId: PROGRAM_ID,
              idempotencyKey: `bench-${ids}`,
              request: requestOf(history),
            },
            {
              ...stores,
              scorer,
              nowMs: () => AS_OF_MS,
              newId: (prefix) => `${prefix}_${ids}`,
              random: () => 0.5,
              sleep: async () => {},
            },
          );
        };
      };
      const overTable = decideOver(storesOf(table));
      const overMemory = decideOver(storesInMemory(histories));
      const timings = await measureInterleaved(
        [
          { name: 'whole', run: overTable },
          { name: 'pure', run: overMemory },
        ],
        effort,
      );

      const decideMetered = decideOver(storesOf(metered));
      let scored = 0;
      let approved = 0;
      const decisions = quick ? 1 : DECISIONS_METERED;
      for (let index = 0; index < decisions; index += 1) {
        const { decision } = await decideMetered();
        if (decision.input.score !== null) scored += 1;
        if (decision.outcome === 'approved') approved += 1;
      }
      if (scored < decisions) throw new Error(`only ${scored} of ${decisions} decisions needed a score`);

      return [
        against(
          throughput('decisions over the table, one at a time', 'decisions/s', timings.whole.elapsedMs, 1),
        ),
        against(latency('decision over the table', 'ms', timings.whole.callMs)),
        against(throughput('decisions without the store', 'decisions/s', timings.pure.processorMs, 1)),
        against(latency('decision without the store', 'ms', timings.pure.callMs)),
        against(counted('decision', 'read units per decision', meter.readUnits / decisions)),
        against(counted('decision', 'write units per decision', meter.writeUnits / decisions)),
        against(counted('decision', 'calls to the table per decision', meter.calls / decisions)),
        against(counted('decisions approved of those metered', 'share', approved / decisions)),
      ];
    } finally {
      for (const { client } of [table, metered]) client.destroy();
      await Promise.all([engine.stop(), scorer.release()]);
    }
  },
};

function requestOf({ simulated, request }: SimulatedHistory): ApplicationRequest {
  const { requestedPrincipalMinor, requestedTermMonths, purpose } = request;
  return {
    stationId: simulated.station.stationId,
    entrepreneurId: simulated.entrepreneur.entrepreneurId,
    requestedPrincipalMinor,
    requestedTermMonths,
    purpose,
    automatedDecision: 'accepted',
  };
}

const storesOf = (table: StoreTable): Stores => ({
  programs: programStore(table),
  stations: stationStore(table),
  entrepreneurs: entrepreneurStore(table),
  bundles: dayBundleStore(table),
  decisions: decisionStore(table),
  terms: lendingTermsStore(table),
  listed: programLoans(table),
});

/** Answers at once with what the table would; commits nothing. */
function storesInMemory(histories: readonly SimulatedHistory[]): Stores {
  const program = benchProgram(histories[0]?.simulated.station.countyId ?? '');
  const byStation = new Map(histories.map((history) => [history.simulated.station.stationId, history]));
  const byEntrepreneur = new Map(
    histories.map((history) => [history.simulated.entrepreneur.entrepreneurId, history]),
  );
  return {
    programs: {
      get: async () => program,
      getCapital: async () => ({ capitalMinor: program.capitalMinor, reservedMinor: 0 }),
      getGrant: async () => ({ programId: PROGRAM_ID, lenderTenantId: LENDER, platformTenantId: PLATFORM }),
    },
    stations: { get: async (_, stationId) => byStation.get(stationId)?.simulated.station },
    entrepreneurs: {
      get: async (_, entrepreneurId) => {
        const history = byEntrepreneur.get(entrepreneurId);
        return history && { entrepreneur: history.simulated.entrepreneur, consents: [consentOf(history)] };
      },
    },
    bundles: {
      readSummariesKnownAt: async (_, { stationId }) => byStation.get(stationId)?.summaries ?? [],
    },
    decisions: {
      commit: async () => ({ kind: 'committed' }),
      firstResultId: async () => undefined,
      get: async () => undefined,
      getExposureMinor: async () => 0,
    },
    terms: { inForce: async () => null },
    listed: { vouchedFor: async () => [] },
  };
}
