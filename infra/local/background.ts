import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { createHandler as createEvents } from '../../functions/events/handler.ts';
import { createHandler as createSealer } from '../../functions/sealer/handler.ts';
import {
  createHandler as createWebhooks,
  type DeliveryRecord,
  type WebhooksDependencies,
} from '../../functions/webhooks/handler.ts';
import { type SendWebhookOptions, webhookSender } from '../../functions/webhooks/send-webhook.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { openTableStream } from '../../shared/store/table-stream.ts';
import type { WebhookSecrets } from '../../shared/webhooks/webhook-secrets.ts';
import { type LocalDeliveryQueue, openDeliveryQueue } from './delivery-queue.ts';
import { type StreamConsumer, type StreamPump, startStreamPump } from './stream-pump.ts';

export interface BackgroundOptions
  extends SendWebhookOptions,
    Pick<WebhooksDependencies, 'retryAfterSeconds'> {
  readonly table: StoreTable;
  /** Of the engine, for the table's stream. */
  readonly endpoint: string;
  /** Holds the stream's checkpoints and the delivery queue. */
  readonly directory: string;
  readonly secrets: WebhookSecrets;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly onDelivery?: (record: DeliveryRecord) => void;
  /** A batch or delivery that threw and will be tried again. */
  readonly onFailure: (source: string, error: unknown) => void;
  /** Further consumers of the stream. */
  readonly consumers?: readonly StreamConsumer[];
}

export interface Background {
  readonly queue: LocalDeliveryQueue;
  readonly pump: StreamPump;
  stop(): Promise<void>;
}

/** What AWS runs behind the table's stream and the queue, in this process: audit log, events, webhooks. */
export async function startBackground(options: BackgroundOptions): Promise<Background> {
  const { table, directory, nowMs, random, onFailure } = options;
  const queue = openDeliveryQueue({
    journalPath: join(directory, 'deliveries.ndjson'),
    nowMs,
    onFailure: (error) => onFailure('webhooks', error),
  });
  const sleep = (ms: number) => sleepFor(ms);
  const stream = await openTableStream(table, options.endpoint);
  const pump = await startStreamPump({
    stream,
    consumers: [
      // The heads it makes are kept by the log of a deployment; one machine has no such other place.
      { name: 'sealer', handle: createSealer({ table, random, sleep, log: () => {} }) },
      { name: 'events', handle: createEvents({ table, queue, nowMs, random, sleep }) },
      ...(options.consumers ?? []),
    ],
    directory,
    sleep: (ms, signal) => sleepFor(ms, undefined, { signal, ref: false }).catch(() => undefined),
    onFailure,
  });
  queue.start(
    createWebhooks({
      table,
      secrets: options.secrets,
      send: webhookSender(options),
      nowMs,
      random,
      log: options.onDelivery ?? (() => {}),
      ...(options.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: options.retryAfterSeconds }),
    }),
  );
  return {
    queue,
    pump,
    async stop() {
      await pump.stop();
      await queue.stop();
      stream.close();
    },
  };
}
