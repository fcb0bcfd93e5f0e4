import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startLocal } from '../../infra/local/start.ts';
import { neverScores } from '../support/never-scores.ts';

const nowMs = Date.parse('2026-03-01T00:00:00Z');
let dataDirectory = '';
beforeEach(async () => {
  dataDirectory = await mkdtemp(join(tmpdir(), 'cunxin-start-'));
});
afterEach(() => rm(dataDirectory, { recursive: true }));

const start = () => startLocal({ dataDirectory, port: 0, scorer: neverScores, nowMs: () => nowMs });
const station = { countyId: 'cty_1', village: '李家村', openedOn: '2024-05-01', stage: 'partner' };

describe('the service on one machine', () => {
  it('keeps its table and its keys over a restart', async () => {
    const first = await start();
    const token = await first.keys.issue({
      tenantId: 'ten_a',
      scopes: ['stations:read', 'stations:write'],
      nowMs,
    });
    const authorization = `Bearer ${token}`;
    const put = await fetch(`${first.url}/v1/stations/stn_1`, {
      method: 'PUT',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify(station),
    });
    expect(put.status).toBe(200);
    const whole = await put.json();
    await first.stop();

    const second = await start();
    const get = await fetch(`${second.url}/v1/stations/stn_1`, { headers: { authorization } });
    expect([get.status, await get.json()]).toEqual([200, whole]);
    await second.stop();
  });

  it('shows where everything is, the API document and its health to anybody', async () => {
    const service = await start();
    const read = async (path: string) => (await fetch(service.url + path)).json();
    expect(await read('/')).toMatchObject({ api: '/v1', reference: '/docs', document: '/openapi.json' });
    expect(await read('/openapi.json')).toMatchObject({ openapi: '3.1.0', info: { version: '0.1.0' } });
    expect(await read('/healthz')).toEqual({ status: 'ok', table: 'ok' });
    await service.stop();
    await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();
  });

  it('says what is wrong and leaves no engine behind when its port is taken', async () => {
    const service = await start();
    const port = Number(new URL(service.url).port);
    const other = startLocal({ dataDirectory: join(dataDirectory, 'b'), port, scorer: neverScores });
    await expect(other).rejects.toThrow(/EADDRINUSE/);
    await service.stop();
  });
});
