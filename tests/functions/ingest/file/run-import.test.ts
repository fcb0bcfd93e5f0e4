import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createImport, getImport } from '../../../../functions/ingest/file/create-import.ts';
import { importBucket } from '../../../../functions/ingest/file/import-bucket.ts';
import { runImport } from '../../../../functions/ingest/file/run-import.ts';
import { importArrivals, importFolder } from '../../../../infra/local/import-folder.ts';
import { importOfFileKey } from '../../../../shared/domain/file-import.ts';
import { dayBundleStore } from '../../../../shared/store/day-bundles.ts';
import { importStore } from '../../../../shared/store/imports.ts';
import { useTable } from '../../../support/engine.ts';
import {
  SAMPLE_DAY,
  SAMPLE_NOW_MS,
  sampleStation,
  sampleTransaction,
} from '../../../support/sample-transactions.ts';

const table = useTable();
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'run-import-'));
});
afterAll(() => rm(directory, { recursive: true }));

function importer(tenantId: string) {
  const files = importFolder(join(directory, tenantId));
  const imports = importStore(table());
  const bundles = dayBundleStore(table());
  let made = 0;
  const dependencies = {
    files,
    imports,
    bundles,
    stations: {
      get: async (_: string, id: string) => (id === sampleStation.stationId ? sampleStation : undefined),
    },
    nowMs: () => SAMPLE_NOW_MS,
    random: () => 0,
    sleep: async () => {},
    newId: (prefix: string) => {
      made += 1;
      return `${prefix}_${made}`;
    },
  };
  return {
    dependencies,
    open: (reading = {}) => createImport({ tenantId, reading }, dependencies),
    read: (importId: string) => getImport({ tenantId, importId }, dependencies),
    arrivals: () => importArrivals(join(directory, tenantId), dependencies),
    rows: async () =>
      (await bundles.get(tenantId, sampleStation.stationId, SAMPLE_DAY))?.bundle.rows.length ?? 0,
  };
}

/** Long before the clock of these tests, so that it counts as whole. */
async function upload(url: string, text: string): Promise<void> {
  const path = fileURLToPath(url);
  await writeFile(path, text);
  await utimes(path, 1, 1);
}

describe('an import', () => {
  it('opens with a place to upload to, runs when the file is there, and shows its rejects', async () => {
    const { open, read, arrivals, rows } = importer('ten_life');
    const opened = await open({ stationId: sampleStation.stationId });
    expect(opened).toMatchObject({ importId: 'imp_1', status: 'awaiting_upload', upload: { method: 'PUT' } });
    expect(Date.parse(opened.upload.expiresAt)).toBe(SAMPLE_NOW_MS + 3_600_000);
    expect(await arrivals()).toBe(0);
    const lines = [
      sampleTransaction(),
      sampleTransaction(),
      { ...sampleTransaction(), amountMinor: 1.5 },
      { x: 1 },
    ];
    await upload(opened.upload.url, lines.map((line) => JSON.stringify(line)).join('\n'));
    expect(await arrivals()).toBe(1);
    const { rejectsUrl = '', ...done } = await read('imp_1');
    expect(done).toMatchObject({
      status: 'done',
      records: 4,
      accepted: 1,
      duplicates: 1,
      rejected: 2,
      rejectedByCode: { invalid_transaction: 2 },
      stopped: null,
    });
    const report = (await readFile(fileURLToPath(rejectsUrl), 'utf8')).trim().split('\n');
    expect(report.map((line) => JSON.parse(line)._rejected.line)).toEqual([3, 4]);
    expect(await rows()).toBe(1);
    expect(await arrivals()).toBe(0);
  });

  it('says where a file could not be read further, and keeps what stood before', async () => {
    const { open, read, arrivals, rows } = importer('ten_stop');
    const { upload: place } = await open({ stationId: sampleStation.stationId });
    await upload(place.url, `${JSON.stringify(sampleTransaction())}\n\u0000`);
    await arrivals();
    expect(await read('imp_1')).toMatchObject({ status: 'stopped', accepted: 1, stopped: { line: 2 } });
    expect(await rows()).toBe(1);
  });

  it('is marked as failed when it breaks, and comes to its end when it is tried again', async () => {
    const { open, read, arrivals, dependencies } = importer('ten_fail');
    const { upload: place } = await open({ stationId: sampleStation.stationId });
    await upload(place.url, JSON.stringify(sampleTransaction()));
    const failing = { ...dependencies, stations: { get: () => Promise.reject(new Error('down')) } };
    await expect(runImport({ tenantId: 'ten_fail', importId: 'imp_1' }, failing)).rejects.toThrow('down');
    expect(await read('imp_1')).toMatchObject({ status: 'failed' });
    expect(await arrivals()).toBe(1);
    expect(await read('imp_1')).toMatchObject({ status: 'done', accepted: 1 });
  });

  it('is nobody else’s, and a file nobody asked for is passed over', async () => {
    const { open, dependencies } = importer('ten_own');
    await open();
    await expect(getImport({ tenantId: 'ten_other', importId: 'imp_1' }, dependencies)).rejects.toMatchObject(
      {
        code: 'not_found',
      },
    );
    expect(await runImport({ tenantId: 'ten_own', importId: 'imp_9' }, dependencies)).toBeUndefined();
  });

  it.each([
    ['imports/ten_a/imp_1', { tenantId: 'ten_a', importId: 'imp_1' }],
    ['imports/ten_a/imp_1/more', undefined],
    ['rejects/ten_a/imp_1', undefined],
    ['imports/ten_a/app_1', undefined],
    ['imports/../imp_1', undefined],
    ['', undefined],
  ])('is found by the key of its file: %j', (key, expected) => {
    expect(importOfFileKey(key)).toEqual(expected);
  });

  it('is uploaded to a bucket by a URL that is signed for one key and one hour', async () => {
    const client = new S3Client({
      region: 'cn-north-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    });
    const bucket = importBucket(client, 'cunxin-imports');
    const { url, expiresAtMs } = await bucket.uploadUrl('imports/ten_a/imp_1', SAMPLE_NOW_MS);
    const signed = new URL(url);
    expect(signed.pathname).toBe('/imports/ten_a/imp_1');
    expect(signed.searchParams.get('X-Amz-Expires')).toBe('3600');
    expect(signed.searchParams.get('X-Amz-Date')).toBe('20260310T040000Z');
    expect(signed.searchParams.get('X-Amz-Signature')).toMatch(/^[0-9a-f]{64}$/);
    expect(expiresAtMs - SAMPLE_NOW_MS).toBe(3_600_000);
    client.destroy();
  });
});
