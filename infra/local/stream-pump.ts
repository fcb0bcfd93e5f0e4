import type { StreamEvent, StreamRecord } from '../../shared/store/item-changes.ts';
import { StreamPositionLost, type StreamShard, type TableStream } from '../../shared/store/table-stream.ts';
import { type Checkpoint, openCheckpoint } from './stream-checkpoint.ts';

/** A function behind the table's stream: what Lambda calls with each batch. A batch it rejects comes again. */
export interface StreamConsumer {
  readonly name: string;
  readonly handle: (event: StreamEvent) => Promise<unknown>;
  /** Default 100. */
  readonly batchSize?: number;
}

export interface StreamPumpOptions {
  readonly stream: Pick<TableStream, 'streamArn' | 'shards' | 'iterator' | 'read'>;
  readonly consumers: readonly StreamConsumer[];
  /** Holds one checkpoint per consumer. */
  readonly directory: string;
  /** Waits; ends early, without an error, when `signal` aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Told of each failure: the batch is tried again, halved, and at last set aside record by record. */
  readonly onFailure: (consumer: string, error: unknown) => void;
}

export interface StreamPump {
  /** Resolves when every consumer has handled all that was in the stream when this was called. */
  drained(): Promise<void>;
  /** Let each consumer finish its batch, then end. */
  stop(): Promise<void>;
}

const BATCH_SIZE = 100;
const POLL_MS = 200;
const ATTEMPTS_MAX = 6;
const BACKOFF_MS_FIRST = 100;

/**
 * Lambda's event source mapping on one machine: each consumer reads the table's stream from its own durable
 * checkpoint, shard by shard, in order. A position is saved after its batch was handled, so a crash at any
 * moment repeats a batch and loses none.
 */
export async function startStreamPump(options: StreamPumpOptions): Promise<StreamPump> {
  const stopping = new AbortController();
  const readers = await Promise.all(
    options.consumers.map(async (consumer) =>
      streamReader(
        options,
        consumer,
        await openCheckpoint(options.directory, consumer.name, options.stream.streamArn),
        stopping.signal,
      ),
    ),
  );
  const ended = Promise.all(readers.map((reader) => reader.ended));
  return {
    drained: async () => {
      await Promise.all(readers.map((reader) => reader.drained()));
    },
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

function streamReader(
  { stream, sleep, onFailure }: StreamPumpOptions,
  consumer: StreamConsumer,
  checkpoint: Checkpoint,
  signal: AbortSignal,
) {
  const iterators = new Map<string, string>();
  let waiting: (() => void)[] = [];

  /** Read one page of a shard and handle it; tells whether there was anything. */
  async function advance({ shardId }: StreamShard): Promise<boolean> {
    const progress = checkpoint.progressOf(shardId);
    const iterator = iterators.get(shardId) ?? (await stream.iterator(shardId, progress.after));
    if (iterator === undefined) return false;
    const page = await stream.read(iterator, consumer.batchSize ?? BATCH_SIZE);
    const isHandled = page.records.length === 0 || (await deliver(page.records));
    if (!isHandled) return false;
    const after = page.records.at(-1)?.dynamodb.SequenceNumber ?? progress.after;
    const finished = page.iterator === undefined;
    if (page.records.length > 0 || finished) {
      await checkpoint.save(shardId, { ...(after === undefined ? {} : { after }), finished });
    }
    if (page.iterator === undefined) iterators.delete(shardId);
    else iterators.set(shardId, page.iterator);
    return page.records.length > 0;
  }

  /** As Lambda does: the batch again, then its halves, then each record alone. False when stopped meanwhile. */
  async function deliver(records: readonly StreamRecord[], attemptsMax = 2): Promise<boolean> {
    let failure: unknown;
    for (let attempt = 1; attempt <= attemptsMax; attempt += 1) {
      if (signal.aborted) return false;
      try {
        await consumer.handle({ Records: [...records] });
        return true;
      } catch (error) {
        failure = error;
        onFailure(consumer.name, error);
        await sleep(BACKOFF_MS_FIRST * 2 ** attempt, signal);
      }
    }
    if (signal.aborted) return false;
    const [record] = records;
    if (records.length > 1 || record === undefined) {
      const middle = Math.ceil(records.length / 2);
      return (await deliver(records.slice(0, middle))) && (await deliver(records.slice(middle)));
    }
    if (attemptsMax < ATTEMPTS_MAX) return deliver(records, ATTEMPTS_MAX);
    await checkpoint.saveDeadLetter(record, String(failure));
    return true;
  }

  async function round(): Promise<boolean> {
    let moved = false;
    const shards = await stream.shards();
    const finished = (shardId: string) => checkpoint.progressOf(shardId).finished;
    const known = new Set(shards.map(({ shardId }) => shardId));
    for (const shard of shards) {
      const parent = shard.parentShardId;
      const mayRead = parent === undefined || !known.has(parent) || finished(parent);
      if (finished(shard.shardId) || !mayRead) continue;
      try {
        if (await advance(shard)) moved = true;
      } catch (error) {
        if (!(error instanceof StreamPositionLost)) throw error;
        iterators.delete(shard.shardId);
        if (error.reason === 'trimmed') {
          onFailure(consumer.name, error);
          await checkpoint.save(shard.shardId, { finished: false });
        }
        moved = true;
      }
    }
    return moved;
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      const asked = waiting;
      waiting = [];
      let moved = false;
      try {
        moved = await round();
      } catch (error) {
        onFailure(consumer.name, error);
        moved = false;
        waiting.push(...asked.splice(0));
      }
      if (moved) {
        waiting.push(...asked);
        continue;
      }
      for (const resolve of asked) resolve();
      if (waiting.length === 0) await sleep(POLL_MS, signal);
    }
    for (const resolve of waiting) resolve();
  }

  return {
    ended: run(),
    drained: () =>
      new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        else waiting.push(resolve);
      }),
  };
}
