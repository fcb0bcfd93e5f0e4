import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { GetObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { ImportFiles } from './import-files.ts';

const UPLOAD_SECONDS = 3_600;
const DOWNLOAD_SECONDS = 900;

/** Files in an S3 bucket. One PUT carries up to 5 GB; its key is the import's own and nobody else's. */
export function importBucket(client: S3Client, bucket: string): ImportFiles {
  return {
    async uploadUrl(key, nowMs) {
      const command = new PutObjectCommand({ Bucket: bucket, Key: key });
      const url = await getSignedUrl(client, command, {
        expiresIn: UPLOAD_SECONDS,
        signingDate: new Date(nowMs),
      });
      return { url, expiresAtMs: nowMs + UPLOAD_SECONDS * 1_000 };
    },
    downloadUrl: (key) =>
      getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key }), {
        expiresIn: DOWNLOAD_SECONDS,
      }),
    async open(key) {
      const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (!(Body instanceof Readable)) throw new Error('the object has no body');
      return Body;
    },
    async save(key, path) {
      const { size } = await stat(path);
      await client.send(
        new PutObjectCommand({ Bucket: bucket, Key: key, Body: createReadStream(path), ContentLength: size }),
      );
    },
  };
}
