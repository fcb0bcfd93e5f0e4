import { createHash } from 'node:crypto';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type DeliveryMessage, type DeliveryQueue, groupOf } from './delivery-queue.ts';

const BATCH_MAX = 10;

/** An SQS queue, first in first out. A message sent twice within five minutes is one. */
export function sqsDeliveryQueue(queueUrl: string, client = new SQSClient()): DeliveryQueue {
  return {
    async send(messages) {
      for (let from = 0; from < messages.length; from += BATCH_MAX) {
        const { Failed = [] } = await client.send(
          new SendMessageBatchCommand({
            QueueUrl: queueUrl,
            Entries: messages.slice(from, from + BATCH_MAX).map((message, index) => ({
              Id: String(index),
              MessageBody: JSON.stringify(message),
              // Group and deduplication ids take 128 characters of a small alphabet.
              MessageGroupId: hashOf(groupOf(message)),
              MessageDeduplicationId: hashOf(repeatOf(message)),
            })),
          }),
        );
        // The whole batch of the stream comes again; what was sent already is deduplicated.
        if (Failed.length > 0)
          throw new Error(`the queue refused ${Failed.length} messages: ${Failed[0]?.Code}`);
      }
    },
  };
}

/** Messages that say the same are one; a dead letter sent again is another message than the one that died. */
const repeatOf = ({ endpointId, eventId, failedAt = '' }: DeliveryMessage) =>
  `${endpointId}:${eventId}:${failedAt}`;
const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
