import { ChangeMessageVisibilityCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { z } from 'zod';
import { parse } from '../../shared/domain/parse.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { deliveryMessage } from '../../shared/webhooks/delivery-queue.ts';
import { kmsWebhookSecrets } from '../../shared/webhooks/kms-webhook-secrets.ts';
import { resolveAll } from '../../shared/webhooks/public-address.ts';
import { createHandler } from './handler.ts';
import { webhookSender } from './send-webhook.ts';

const { TABLE_NAME, DELIVERY_QUEUE_URL, WEBHOOK_KEY_ID } = z
  .object({ TABLE_NAME: z.string().min(1), DELIVERY_QUEUE_URL: z.url(), WEBHOOK_KEY_ID: z.string().min(1) })
  .parse(process.env);
const queue = new SQSClient();
const deliver = createHandler({
  table: openTable({ tableName: TABLE_NAME }),
  secrets: kmsWebhookSecrets(WEBHOOK_KEY_ID),
  send: webhookSender({ resolve: resolveAll, allowPrivateAddresses: false }),
  nowMs: Date.now,
  random: Math.random,
  log: (record) => console.log(JSON.stringify({ level: 'info', function: 'webhooks', ...record })),
});

/**
 * One message at a time: SQS counts a message received as an attempt, so one that only waits behind a failing one
 * must not be handed out with it. A message to be tried again keeps its group until then.
 */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  for (const { body, attributes, receiptHandle, messageId } of Records) {
    const message = parse(deliveryMessage, JSON.parse(body), { code: 'corrupt_record' });
    const outcome = await deliver(message, Number(attributes.ApproximateReceiveCount));
    if (outcome.kind !== 'retry') continue;
    await queue.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: DELIVERY_QUEUE_URL,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: outcome.afterSeconds,
      }),
    );
    return { batchItemFailures: [{ itemIdentifier: messageId }] };
  }
  return { batchItemFailures: [] };
}
