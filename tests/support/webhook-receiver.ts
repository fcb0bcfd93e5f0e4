import { createServer, type IncomingHttpHeaders } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { vi } from 'vitest';
import { type Event, event } from '../../shared/domain/event.ts';

export interface ReceivedDelivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly event: Event;
}

export interface WebhookReceiver {
  readonly url: string;
  readonly received: readonly ReceivedDelivery[];
  /** Answer the next deliveries with these statuses, then 204; `stall` never answers. */
  answerWith(...statuses: (number | 'stall')[]): void;
  /** Resolves once this many deliveries have come in all. */
  reached(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A receiver on loopback that can fail and stall. */
export async function openWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedDelivery[] = [];
  let statuses: (number | 'stall')[] = [];
  let watchers: { count: number; resolve: () => void }[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    received.push({ headers: incoming.headers, body, event: event.parse(JSON.parse(body)) });
    const status = statuses.shift() ?? 204;
    if (status !== 'stall') {
      outgoing.statusCode = status;
      if (status >= 300 && status < 400) outgoing.setHeader('location', '/elsewhere');
      outgoing.end();
    }
    for (const { resolve } of watchers.filter(({ count }) => count <= received.length)) resolve();
    watchers = watchers.filter(({ count }) => count > received.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/events`,
    received,
    answerWith: (...next) => {
      statuses = next;
    },
    reached: (count) =>
      count <= received.length
        ? Promise.resolve()
        : new Promise((resolve) => watchers.push({ count, resolve })),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Verify a delivery as its receiver would at that moment; throws when no signature is by this secret. */
export function verifyDelivery({ headers, body }: ReceivedDelivery, secret: string, nowMs: number): unknown {
  vi.useFakeTimers({ toFake: ['Date'], now: nowMs });
  try {
    return new Webhook(secret).verify(body, headers as Record<string, string>);
  } finally {
    vi.useRealTimers();
  }
}
