import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import {
  type Deliver,
  type DeliveryMessage,
  type DeliveryQueue,
  deliveryMessage,
  groupOf,
} from '../../shared/webhooks/delivery-queue.ts';

const journalLine = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('sent'), number: z.int(), message: deliveryMessage, attempts: z.int() }),
  z.strictObject({ kind: z.literal('attempted'), number: z.int(), notBeforeMs: z.number() }),
  z.strictObject({ kind: z.literal('done'), number: z.int() }),
]);
type JournalLine = z.output<typeof journalLine>;

interface Waiting {
  readonly number: number;
  readonly message: DeliveryMessage;
  attempts: number;
  notBeforeMs: number;
}

export interface LocalDeliveryQueueOptions {
  readonly journalPath: string;
  readonly nowMs: () => number;
  /** Told of a delivery that threw: its message is tried again as after a failed attempt. */
  readonly onFailure: (error: unknown) => void;
  /** Messages in delivery at once, each of another group. Default 10. */
  readonly concurrency?: number;
}

export interface LocalDeliveryQueue extends DeliveryQueue {
  /** Begin to deliver. */
  start(deliver: Deliver): void;
  /** Resolves when nothing is in delivery and nothing is due. */
  settled(): Promise<void>;
  /** Messages that are not done. */
  readonly size: number;
  /** Deliver what has become due; needed only where no timer of the machine may be waited for. */
  poll(): void;
  stop(): Promise<void>;
}

const POLL_MS = 500;
const CONCURRENCY = 10;
/** What SQS would do after its visibility timeout. */
const FAULT_RETRY_MS = 30_000;

/**
 * SQS on one machine, first in first out within a group: an append-only journal beside the table. A message is in
 * the journal before `send` returns, and leaves it after its delivery, so a process killed at any moment repeats
 * a delivery and loses none. The journal is rewritten without what is done whenever the queue is opened.
 */
export function openDeliveryQueue(options: LocalDeliveryQueueOptions): LocalDeliveryQueue {
  const { journalPath, nowMs, onFailure, concurrency = CONCURRENCY } = options;
  mkdirSync(dirname(journalPath), { recursive: true });
  const waiting = replay(journalPath);
  let nextNumber = Math.max(0, ...waiting.keys()) + 1;
  const file = compacted(journalPath, waiting);
  const busyGroups = new Set<string>();
  const inDelivery = new Set<Promise<void>>();
  let deliver: Deliver | undefined;
  let timer: NodeJS.Timeout | undefined;
  let watchers: (() => void)[] = [];

  const write = (lines: readonly JournalLine[]) =>
    writeSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

  /** The first message of each group that is free, if it is due. */
  function due(): Waiting[] {
    const seen = new Set(busyGroups);
    const found: Waiting[] = [];
    for (const item of waiting.values()) {
      const group = groupOf(item.message);
      if (seen.has(group)) continue;
      seen.add(group);
      if (item.notBeforeMs <= nowMs()) found.push(item);
    }
    return found;
  }

  async function attempt(item: Waiting, by: Deliver): Promise<void> {
    item.attempts += 1;
    let waitMs: number | undefined;
    try {
      const outcome = await by(item.message, item.attempts);
      waitMs = outcome.kind === 'retry' ? outcome.afterSeconds * 1_000 : undefined;
    } catch (error) {
      onFailure(error);
      waitMs = FAULT_RETRY_MS;
    }
    if (waitMs === undefined) {
      waiting.delete(item.number);
      write([{ kind: 'done', number: item.number }]);
    } else {
      item.notBeforeMs = nowMs() + waitMs;
      write([{ kind: 'attempted', number: item.number, notBeforeMs: item.notBeforeMs }]);
    }
  }

  function poll(): void {
    const by = deliver;
    if (by === undefined) return;
    for (const item of due()) {
      if (inDelivery.size >= concurrency) break;
      const group = groupOf(item.message);
      busyGroups.add(group);
      const delivery = attempt(item, by).finally(() => {
        busyGroups.delete(group);
        inDelivery.delete(delivery);
        poll();
      });
      inDelivery.add(delivery);
    }
    if (inDelivery.size > 0) return;
    for (const resolve of watchers) resolve();
    watchers = [];
  }

  return {
    async send(messages) {
      const items = messages.map((message) => ({
        number: nextNumber++,
        message,
        attempts: 0,
        notBeforeMs: 0,
      }));
      write(items.map(({ number, message }) => ({ kind: 'sent', number, message, attempts: 0 })));
      for (const item of items) waiting.set(item.number, item);
      poll();
    },
    start(by) {
      deliver = by;
      timer = setInterval(poll, POLL_MS);
      timer.unref();
      poll();
    },
    settled: () =>
      new Promise((resolve) => {
        watchers.push(resolve);
        poll();
      }),
    get size() {
      return waiting.size;
    },
    poll,
    async stop() {
      deliver = undefined;
      clearInterval(timer);
      await Promise.all(inDelivery);
      closeSync(file);
    },
  };
}

/** What is not done, in the order it was sent. A last line cut off by a crash was never acknowledged. */
function replay(path: string): Map<number, Waiting> {
  const waiting = new Map<number, Waiting>();
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];
  for (const text of lines) {
    const line = journalLine.parse(JSON.parse(text));
    if (line.kind === 'sent') {
      const { number, message, attempts } = line;
      waiting.set(number, { number, message, attempts, notBeforeMs: 0 });
    }
    const item = waiting.get(line.number);
    if (line.kind === 'attempted' && item !== undefined) {
      item.attempts += 1;
      item.notBeforeMs = line.notBeforeMs;
    }
    if (line.kind === 'done') waiting.delete(line.number);
  }
  return waiting;
}

/** Replace the journal by one of what waits, in one rename; gives it open for appending. */
function compacted(path: string, waiting: ReadonlyMap<number, Waiting>): number {
  const lines = [...waiting.values()].map(({ number, message, attempts }) => ({
    kind: 'sent' as const,
    number,
    message,
    attempts,
  }));
  writeFileSync(`${path}.next`, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  renameSync(`${path}.next`, path);
  return openSync(path, 'a');
}
