import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { openTable } from '../../shared/store/dynamo.ts';
import { sqsDeliveryQueue } from '../../shared/webhooks/sqs-delivery-queue.ts';
import { createHandler } from './handler.ts';

const { TABLE_NAME, DELIVERY_QUEUE_URL } = z
  .object({ TABLE_NAME: z.string().min(1), DELIVERY_QUEUE_URL: z.url() })
  .parse(process.env);

export const handler = createHandler({
  table: openTable({ tableName: TABLE_NAME }),
  queue: sqsDeliveryQueue(DELIVERY_QUEUE_URL),
  nowMs: Date.now,
  random: Math.random,
  sleep,
});
