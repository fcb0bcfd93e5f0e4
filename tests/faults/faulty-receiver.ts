import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { type Event, event } from '../../shared/domain/event.ts';
import { seededRandom } from './seeded-random.ts';

const faults = ['refused', 'stalled', 'closed', 'stored, then refused', 'stored, then closed'] as const;
export type ReceiverFault = (typeof faults)[number];

/** Of requests. */
const FAULT_SHARE = 0.35;
/** Of one event; so it is taken in the end, long before its attempts are used up. */
const FAULTS_PER_EVENT_MAX = 4;
/** A run that hangs has lost something. */
const PATIENCE_MS = 60_000;

export type FaultyReceiver = Awaited<ReturnType<typeof openFaultyReceiver>>;

/**
 * A receiver on loopback that fails as receivers do: it answers 500, never answers, closes the connection, and does
 * so before or after it has stored the event. It stores nothing whose signature it cannot verify. The draws of
 * faults are the seed's; which request meets which is the machine's own.
 */
export async function openFaultyReceiver(seed: number, secret: string) {
  const draw = seededRandom(seed);
  const verifier = new Webhook(secret);
  const stored: Event[] = [];
  const unverified: string[] = [];
  const counts = new Map<ReceiverFault, number>();
  const faultsOf = new Map<string, number>();
  let requests = 0;
  let watchers: { readonly count: number; readonly resolve: () => void }[] = [];

  function faultOf(eventId: string): ReceiverFault | undefined {
    const before = faultsOf.get(eventId) ?? 0;
    if (!draw.chance(FAULT_SHARE) || before >= FAULTS_PER_EVENT_MAX) return undefined;
    faultsOf.set(eventId, before + 1);
    const fault = faults[draw.below(faults.length)];
    if (fault !== undefined) counts.set(fault, (counts.get(fault) ?? 0) + 1);
    return fault;
  }

  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of incoming) chunks.push(chunk);
    } catch {
      return; // The sender was killed in the middle of its request.
    }
    const body = Buffer.concat(chunks).toString();
    let made: Event | undefined;
    try {
      made = event.parse(verifier.verify(body, incoming.headers as Record<string, string>));
    } catch (error) {
      unverified.push(String(error));
    }
    const fault = made && faultOf(made.eventId);
    const isStored = fault === undefined || fault.startsWith('stored');
    if (made !== undefined && isStored) stored.push(made);
    if (fault?.endsWith('closed')) incoming.socket.destroy();
    else if (fault !== 'stalled') {
      outgoing.statusCode = made !== undefined && fault === undefined ? 204 : 500;
      outgoing.end();
    }
    requests += 1;
    for (const { resolve } of watchers.filter(({ count }) => count <= requests)) resolve();
    watchers = watchers.filter(({ count }) => count > requests);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    url: `http://127.0.0.1:${address.port}/events`,
    /** In the order they were stored, repeats and all. */
    stored,
    unverified,
    counts,
    get requests() {
      return requests;
    },
    /** Resolves once this many requests have come in all; raises an Error when they do not. */
    async reached(count: number): Promise<void> {
      if (count <= requests) return;
      let timer: NodeJS.Timeout | undefined;
      try {
        await Promise.race([
          new Promise<void>((resolve) => watchers.push({ count, resolve })),
          new Promise<never>((_, reject) => {
            timer = setTimeout(() => reject(new Error(`${requests} of ${count} requests came`)), PATIENCE_MS);
          }),
        ]);
      } finally {
        clearTimeout(timer);
      }
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
