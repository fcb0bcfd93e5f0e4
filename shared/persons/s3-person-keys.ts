import { randomBytes } from 'node:crypto';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { PersonKeys, PersonReference } from './person-keys.ts';
import { KEY_BYTES } from './sealed-text.ts';

/**
 * Keys in a bucket that has no versions and no backup, each object wrapped by KMS under a key of the deployment
 * (SSE-KMS with that key as the bucket's only one): deleting the object is the end of the person's key. Reading
 * one takes the right to the object and the right to the KMS key, and leaves a line in CloudTrail.
 */
export function s3PersonKeys(bucket: string, client = new S3Client()): PersonKeys {
  const at = ({ tenantId, entrepreneurId }: PersonReference) => ({
    Bucket: bucket,
    Key: `${tenantId}/${entrepreneurId}`,
  });

  async function find(person: PersonReference): Promise<Uint8Array | undefined> {
    try {
      const { Body } = await client.send(new GetObjectCommand(at(person)));
      return await Body?.transformToByteArray();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  return {
    find,

    async obtain(person) {
      const found = await find(person);
      if (found !== undefined) return found;
      const made = randomBytes(KEY_BYTES);
      try {
        await client.send(new PutObjectCommand({ ...at(person), Body: made, IfNoneMatch: '*' }));
        return made;
      } catch (error) {
        // 412: another caller made it first; 409: is making it now, and the caller's retry will find it.
        if (!(error instanceof S3ServiceException) || error.$metadata.httpStatusCode !== 412) throw error;
        const theirs = await find(person);
        if (theirs === undefined) throw error;
        return theirs;
      }
    },

    async destroy(person) {
      await client.send(new DeleteObjectCommand(at(person)));
    },
  };
}
