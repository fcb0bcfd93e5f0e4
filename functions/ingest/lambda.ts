import { randomUUID } from 'node:crypto';
import { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { lambdaRuntime } from '../../shared/http/lambda-runtime.ts';
import { importBucket } from './file/import-bucket.ts';
import { createHandler } from './handler.ts';
import { ingestRuntime } from './lambda-runtime.ts';

const { IMPORT_BUCKET } = z.object({ IMPORT_BUCKET: z.string().min(1) }).parse(process.env);

const runtime = ingestRuntime('ingest');

export const handler = createHandler({
  ...runtime,
  ...lambdaRuntime(runtime.table),
  files: importBucket(new S3Client({}), IMPORT_BUCKET),
  newId: (prefix) => `${prefix}_${randomUUID().replaceAll('-', '')}`,
});
