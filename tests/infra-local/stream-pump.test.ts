import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { DeleteItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type StreamConsumer, startStreamPump } from '../../infra/local/stream-pump.ts';
import { actAs } from '../../shared/store/acting.ts';
import { type ItemChange, itemChangesOf } from '../../shared/store/item-changes.ts';
import { openTableStream } from '../../shared/store/table-stream.ts';
import { contractEngines, useTableOn } from '../support/engine.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cunxin-pump-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** No wait is needed for anything asserted here: waits end at once, but let others run. */
const sleep = async () => sleepFor(1);

describe.each(contractEngines)('the stream pump on %s', (engine) => {
  const table = useTableOn(engine);
  const endpointOf = async () => {
    const { protocol, hostname, port } =
      (await table().client.config.endpoint?.()) ?? expect.fail('no endpoint');
    return `${protocol}//${hostname}:${port}`;
  };

  async function put(number: number, sk = 'ITEM') {
    const { client, tableName: TableName } = table();
    const Item = marshall({ pk: `ten_a#${number}`, sk, number, bytes: new Uint8Array([number]) });
    await client.send(new PutItemCommand({ TableName, Item }));
  }

  async function pump(consumers: readonly StreamConsumer[]) {
    const stream = await openTableStream(table(), await endpointOf());
    const failures: unknown[] = [];
    const running = await startStreamPump({
      stream,
      consumers,
      directory,
      sleep,
      onFailure: (_, error) => failures.push(error),
    });
    return { ...running, failures, close: () => running.stop().then(stream.close) };
  }

  it('hands every change to every consumer, in the order of each item, and goes on where it stopped', async () => {
    const seen: Record<string, ItemChange[]> = { first: [], second: [] };
    const consumers = ['first', 'second'].map((name) => ({
      name,
      batchSize: 3,
      handle: async (event: unknown) => {
        seen[name]?.push(...itemChangesOf(event));
      },
    }));
    for (let number = 0; number < 8; number += 1) await put(number % 2, `ITEM${number}`);
    const before = await pump(consumers);
    await before.drained();
    await before.close();
    await put(1, 'ITEM1');
    await actAs({ tenantId: 'ten_a', subject: 's', operation: 'o', requestId: 'r' }, () => put(0, 'LAST'));
    const { client, tableName: TableName } = table();
    await client.send(new DeleteItemCommand({ TableName, Key: marshall({ pk: 'ten_a#0', sk: 'LAST' }) }));
    const after = await pump(consumers);
    await after.drained();
    await after.close();
    for (const name of ['first', 'second']) {
      const changes = seen[name] ?? [];
      expect(changes.slice(0, 8).map(({ key }) => key.sk)).toEqual(
        Array.from({ length: 8 }, (_, number) => `ITEM${number}`),
      );
      const insert = changes.find(({ key, change }) => key.sk === 'LAST' && change === 'insert');
      expect(insert).toMatchObject({
        actor: { tenantId: 'ten_a', subject: 's', operation: 'o', requestId: 'r' },
        item: { number: 0, bytes: new Uint8Array([0]) },
        contentHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        previousContentHash: null,
      });
      const last = changes.at(-1);
      expect(last).toMatchObject({
        change: 'remove',
        item: undefined,
        previousItem: { number: 0 },
        contentHash: null,
      });
      expect(last?.previousContentHash).toBe(insert?.contentHash);
    }
    expect([...before.failures, ...after.failures]).toEqual([]);
  });

  it('gives a failed batch again, then its parts, and sets aside the one record that never goes through', async () => {
    const name = 'failing';
    for (let number = 20; number < 26; number += 1) await put(number);
    const done = new Set<unknown>();
    let isFirst = true;
    const running = await pump([
      {
        name,
        handle: async (event) => {
          if (isFirst) {
            isFirst = false;
            throw new Error('once');
          }
          const numbers = itemChangesOf(event).map(({ item }) => item?.number);
          if (numbers.includes(22)) throw new Error('poison');
          for (const number of numbers) done.add(number);
        },
      },
    ]);
    await running.drained();
    await running.close();
    expect([20, 21, 23, 24, 25].every((number) => done.has(number))).toBe(true);
    expect(done.has(22)).toBe(false);
    const dead = (await readFile(join(directory, `${name}.dead.ndjson`), 'utf8')).trim().split('\n');
    expect(dead).toHaveLength(1);
    expect(JSON.parse(dead[0] ?? '')).toMatchObject({
      reason: 'Error: poison',
      record: { eventName: 'INSERT' },
    });
  });
});
