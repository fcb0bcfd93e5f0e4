import { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { importOfFileKey } from '../../shared/domain/file-import.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import { importStore } from '../../shared/store/imports.ts';
import { ingestCountsStore } from '../../shared/store/ingest-counts.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { importBucket } from './file/import-bucket.ts';
import { runImport } from './file/run-import.ts';
import { ingestRuntime } from './lambda-runtime.ts';

const { IMPORT_BUCKET } = z.object({ IMPORT_BUCKET: z.string().min(1) }).parse(process.env);
const { table, ...runtime } = ingestRuntime('ingest-files');
const dependencies = {
  ...runtime,
  stations: stationStore(table),
  bundles: dayBundleStore(table),
  counts: ingestCountsStore(table),
  imports: importStore(table),
  files: importBucket(new S3Client({}), IMPORT_BUCKET),
};

/** EventBridge's `Object Created` of the bucket; keys come as they are. */
const objectCreated = z.object({ detail: z.object({ object: z.object({ key: z.string() }) }) });

/** Lambda tries a file again when this fails: what is already held is then a duplicate. */
export async function handler(event: unknown): Promise<void> {
  const { detail } = objectCreated.parse(event);
  const arrived = importOfFileKey(detail.object.key);
  if (arrived === undefined) return;
  const state = await runImport(arrived, dependencies);
  if (state === undefined) return;
  const { importId, status, records, accepted, duplicates, rejected } = state;
  const line = { importId, status, records, accepted, duplicates, rejected };
  console.log(JSON.stringify({ level: 'info', function: 'ingest-files', ...line }));
}
