import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type RunningEngine, startEngine } from '../../infra/local/engine.ts';
import { createTable } from '../../shared/store/create-table.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { type PortfolioReport, type PortfolioSimulation, simulatePortfolio } from './simulate-portfolio.ts';
import { tableLoans } from './table-loans.ts';

/** One answer lost at once, so that a life knows no more than the store; the client would hide it by asking again. */
const ATTEMPTS_MAX = 1;

/** Enough for most: a life that is turned away shows little of the store. */
const CAPITAL_PER_LIFE_MINOR = 1_500_000;

export interface EngineSimulation extends Omit<PortfolioSimulation, 'openStore'> {
  /** Times the engine is killed by SIGKILL while lives are in the middle of their transactions. */
  readonly kills: number;
}

/**
 * The same lives, through the store's own code, on an embedded engine that keeps its data on disk in a folder of its
 * own, gone afterwards. After each kill the engine comes up on the same port with what it had written.
 */
export async function simulateOnEngine(simulation: EngineSimulation): Promise<PortfolioReport> {
  const { kills, lives, onProgress } = simulation;
  const dataDirectory = await mkdtemp(join(tmpdir(), 'cunxin-portfolio-'));
  const port = await freePort();
  let engine: RunningEngine = await startEngine({ dataDirectory, port });
  const table = openTable({ endpoint: engine.endpoint, tableName: 'cunxin', attemptsMax: ATTEMPTS_MAX });
  let killed = 0;
  let restarting: Promise<void> | null = null;
  const restart = async () => {
    engine.kill();
    await engine.stop();
    engine = await startEngine({ dataDirectory, port });
  };
  try {
    await createTable(table);
    return await simulatePortfolio({
      capitalPerLifeMinor: CAPITAL_PER_LIFE_MINOR,
      ...simulation,
      openStore: (capitalMinor, faults) => tableLoans(table, capitalMinor, faults),
      async onProgress(lived) {
        await onProgress?.(lived);
        // Evenly through the run. The life that ended waits for the engine; the others meet its death.
        if (restarting === null && lived * (kills + 1) >= lives * (killed + 1) && killed < kills) {
          killed += 1;
          restarting = restart();
          await restarting;
          restarting = null;
        }
      },
    });
  } finally {
    table.client.destroy();
    await engine.stop();
    await rm(dataDirectory, { recursive: true, force: true });
  }
}
