import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, inject } from 'vitest';
import {
  type EngineName,
  isEngineAvailable,
  type RunningEngine,
  startEngine,
} from '../../infra/local/engine.ts';
import { createTable } from '../../shared/store/create-table.ts';
import { type ConsumedUnits, openTable, type StoreTable } from '../../shared/store/dynamo.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Endpoint of the engine the whole run shares; tests/support/engine-setup.ts starts it. */
    engineEndpoint: string;
  }
}

export interface TestTableOptions {
  readonly onConsumed?: (units: ConsumedUnits) => void;
}

/** A fresh, empty table on an engine: no test sees another's items. */
export async function freshTable(endpoint: string, options: TestTableOptions = {}): Promise<StoreTable> {
  const table = openTable({ endpoint, tableName: `test-${randomUUID()}`, ...options });
  await createTable(table);
  return table;
}

/** A fresh table for the suite that calls this, on the engine the run shares. Read it inside tests only. */
export function useTable(options: TestTableOptions = {}): () => StoreTable {
  let table: StoreTable | undefined;
  beforeAll(async () => {
    table = await freshTable(inject('engineEndpoint'), options);
  });
  afterAll(() => table?.client.destroy());
  return () => {
    if (table === undefined) throw new Error('the table exists inside tests only');
    return table;
  };
}

/** The engines the store's contract is held to: `describe.each(contractEngines)`. */
export const contractEngines: readonly EngineName[] = (['dynoxide', 'dynamodb-local'] as const).filter(
  isEngineAvailable,
);

/** A fresh table for the suite that calls this, on an engine of its own of the given name. */
export function useTableOn(engine: EngineName, options: TestTableOptions = {}): () => StoreTable {
  let running: RunningEngine | undefined;
  let table: StoreTable | undefined;
  beforeAll(async () => {
    running = await startEngine({ inMemory: true, engine });
    table = await freshTable(running.endpoint, options);
  });
  afterAll(async () => {
    table?.client.destroy();
    await running?.stop();
  });
  return () => {
    if (table === undefined) throw new Error('the table exists inside tests only');
    return table;
  };
}
