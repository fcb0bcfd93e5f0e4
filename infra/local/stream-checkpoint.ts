import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parse } from '../../shared/domain/parse.ts';
import type { StreamRecord } from '../../shared/store/item-changes.ts';

const shardProgress = z.strictObject({
  /** Sequence number of the last record handled. */
  after: z.string().optional(),
  /** The shard is closed and read to its end. */
  finished: z.boolean(),
});
const checkpointFile = z.strictObject({
  streamArn: z.string(),
  shards: z.record(z.string(), shardProgress),
});

export type ShardProgress = z.output<typeof shardProgress>;

export interface Checkpoint {
  progressOf(shardId: string): ShardProgress;
  save(shardId: string, progress: ShardProgress): Promise<void>;
  /** Keep a record that could not be handled, beside the checkpoint. */
  saveDeadLetter(record: StreamRecord, reason: string): Promise<void>;
}

/**
 * How far one consumer of one stream has come, in a file of its own. Replaced by a rename, so a process killed
 * at any moment leaves the old position or the new one. Positions of another stream count for nothing.
 */
export async function openCheckpoint(
  directory: string,
  consumer: string,
  streamArn: string,
): Promise<Checkpoint> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${consumer}.json`);
  const stored = await readCheckpoint(path);
  const shards: Record<string, ShardProgress> = stored?.streamArn === streamArn ? { ...stored.shards } : {};
  return {
    progressOf: (shardId) => shards[shardId] ?? { finished: false },
    async save(shardId, progress) {
      shards[shardId] = progress;
      await writeFile(`${path}.next`, JSON.stringify({ streamArn, shards }));
      await rename(`${path}.next`, path);
    },
    saveDeadLetter: (record, reason) =>
      appendFile(join(directory, `${consumer}.dead.ndjson`), `${JSON.stringify({ reason, record })}\n`),
  };
}

async function readCheckpoint(path: string) {
  try {
    return parse(checkpointFile, JSON.parse(await readFile(path, 'utf8')), { code: 'corrupt_record' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
