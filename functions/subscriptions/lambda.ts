import { z } from 'zod';
import { lambdaRuntime } from '../../shared/http/lambda-runtime.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { kmsWebhookSecrets } from '../../shared/webhooks/kms-webhook-secrets.ts';
import { resolveAll } from '../../shared/webhooks/public-address.ts';
import { sqsDeliveryQueue } from '../../shared/webhooks/sqs-delivery-queue.ts';
import { createHandler } from './handler.ts';

const { TABLE_NAME, DELIVERY_QUEUE_URL, WEBHOOK_KEY_ID } = z
  .object({ TABLE_NAME: z.string().min(1), DELIVERY_QUEUE_URL: z.url(), WEBHOOK_KEY_ID: z.string().min(1) })
  .parse(process.env);
const table = openTable({ tableName: TABLE_NAME });

export const handler = createHandler({
  ...lambdaRuntime(table),
  table,
  webhooks: {
    queue: sqsDeliveryQueue(DELIVERY_QUEUE_URL),
    secrets: kmsWebhookSecrets(WEBHOOK_KEY_ID),
    resolve: resolveAll,
    allowPrivateAddresses: false,
  },
});
