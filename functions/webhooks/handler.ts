import { actAs } from '../../shared/store/acting.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { eventLog } from '../../shared/store/event-log.ts';
import { webhookStore } from '../../shared/store/webhooks.ts';
import type { Deliver, DeliveryMessage, DeliveryOutcome } from '../../shared/webhooks/delivery-queue.ts';
import { type DeliverWebhookDependencies, deliverWebhook } from './deliver-webhook.ts';

export interface DeliveryRecord {
  readonly tenantId: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly attempt: number;
  readonly outcome: DeliveryOutcome['kind'];
}

export interface WebhooksDependencies extends Omit<DeliverWebhookDependencies, 'webhooks' | 'events'> {
  readonly table: StoreTable;
  readonly log: (record: DeliveryRecord) => void;
}

/** Delivers what is in the queue, one message at a time. */
export function createHandler(dependencies: WebhooksDependencies): Deliver {
  const { table, log } = dependencies;
  const stores = { webhooks: webhookStore(table), events: eventLog(table) };
  return async (message: DeliveryMessage, attempt: number) => {
    const { tenantId, endpointId, eventId } = message;
    const outcome = await actAs(
      { tenantId, subject: 'system', operation: 'deliverWebhook', requestId: eventId },
      () => deliverWebhook(message, attempt, { ...dependencies, ...stores }),
    );
    log({ tenantId, endpointId, eventId, attempt, outcome: outcome.kind });
    return outcome;
  };
}
