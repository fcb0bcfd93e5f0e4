import type { SQSRecord } from 'aws-lambda';
import { createQueueHandler } from '../../functions/ingest/queue-handler.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { auditHistory } from './audit-history.ts';
import { FAULTS_NOW_MS, faultPartBounds, faultStations, PLATFORM, sampleHistory } from './sample-history.ts';
import { seededRandom } from './seeded-random.ts';

const RECEIVES_MAX = 5;

export function queueRecord(messageId: string, body: string, receiveCount = 1): SQSRecord {
  return {
    messageId,
    body,
    receiptHandle: messageId,
    attributes: {
      ApproximateReceiveCount: String(receiveCount),
      SentTimestamp: '0',
      SenderId: 'test',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:local:000000000000:ingest',
    awsRegion: 'local',
  };
}

/**
 * Messages delivered up to three times, shuffled, two consumers at a time, a consumer killed now and then before
 * or after its writes; poison among them. All but the poison must end up held, once, and the poison, whole, in
 * the dead-letter queue.
 */
export async function messagesRun(table: StoreTable, seed: number, transactions: number) {
  const random = seededRandom(seed);
  const reports = sampleHistory(random, transactions);
  const bundles = dayBundleStore(table);
  const bodies = new Map<string, string>();
  const expected = new Set<string>();
  for (const [stationId, ofStation] of Map.groupBy(random.shuffled(reports), (report) => report.stationId)) {
    for (let from = 0; from < ofStation.length; from += 12) {
      const own = ofStation.slice(from, from + 12);
      for (const { transaction } of own) expected.add(`${stationId} ${transaction.transactionId}`);
      const message = {
        tenantId: PLATFORM,
        stationId,
        transactions: own.map(({ transaction }) => transaction),
      };
      bodies.set(`m-${bodies.size}`, JSON.stringify(message));
    }
  }
  const poison = new Map([
    ['poison-text', 'not json'],
    ['poison-shape', JSON.stringify({ tenantId: PLATFORM, stationId: 'stn_a' })],
    ['poison-station', JSON.stringify({ tenantId: PLATFORM, stationId: 'stn_none', transactions: [{}] })],
    [
      'poison-row',
      JSON.stringify({ tenantId: PLATFORM, stationId: 'stn_a', transactions: [{ transactionId: 'x' }] }),
    ],
  ]);
  for (const [id, body] of poison) bodies.set(id, body);

  let kills = 0;
  const killed = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (random.chance(0.04)) {
      kills += 1;
      if (random.chance(0.5)) await work();
      throw new Error('killed');
    }
    return work();
  };
  const handler = createQueueHandler({
    stations: { get: async (_, id) => faultStations.find(({ stationId }) => stationId === id) },
    bundles: { ...bundles, writeParts: (...write) => killed(() => bundles.writeParts(...write)) },
    nowMs: () => FAULTS_NOW_MS,
    random,
    sleep: () => new Promise((done) => setImmediate(done)),
    partBounds: faultPartBounds,
    logFailure: () => {},
  });
  // At least once: each message is in the queue up to three times, and stays until every receive of it is done.
  let queue = random.shuffled(
    [...bodies.keys()].flatMap((id) =>
      Array.from({ length: 1 + random.below(3) }, () => ({ id, receives: 1 })),
    ),
  );
  let deliveries = 0;
  const dead = new Set<string>();
  while (queue.length > 0) {
    const [batch, other] = [queue.slice(0, 10), queue.slice(10, 20)];
    queue = queue.slice(20);
    await Promise.all(
      [batch, other].map(async (messages) => {
        deliveries += messages.length;
        const event = {
          Records: messages.map(({ id, receives }, index) =>
            queueRecord(`${id}/${index}`, bodies.get(id) ?? '', receives),
          ),
        };
        const { batchItemFailures } = await handler(event);
        for (const { itemIdentifier } of batchItemFailures) {
          const message = messages[Number(itemIdentifier.split('/')[1])];
          if (message === undefined) continue;
          // Only poison is bound to fail for good; a killed consumer's messages are tried until they are held.
          if (poison.has(message.id) && message.receives >= RECEIVES_MAX) dead.add(message.id);
          else
            queue.splice(random.below(queue.length + 1), 0, {
              id: message.id,
              receives: message.receives + 1,
            });
        }
      }),
    );
  }
  const audited = await auditHistory(table, reports, expected);
  if (audited.transactions !== expected.size) throw new Error('more is held than was sent');
  if ([...poison.keys()].some((id) => !dead.has(id)))
    throw new Error('poison is missing from the dead letters');
  return { messages: bodies.size, deliveries, kills, held: audited.transactions, partsMax: audited.partsMax };
}
