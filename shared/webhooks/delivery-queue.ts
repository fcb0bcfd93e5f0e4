import { z } from 'zod';
import { instant } from '../domain/calendar.ts';
import { eventId, tenantId, webhookEndpointId } from '../domain/identifiers.ts';

/** One event to be sent to one endpoint. Names what to send, holds none of it. */
export const deliveryMessage = z.strictObject({
  tenantId,
  endpointId: webhookEndpointId,
  eventId,
  /** Of the event in the tenant's log. */
  position: z.int().min(1),
  /** Messages to one endpoint about one subject are delivered one after another. */
  subject: z.string().min(1),
  /** Set when a dead letter is sent again: when it had failed. A queue that knows repeats must not take it for one. */
  failedAt: instant.optional(),
});
export type DeliveryMessage = z.output<typeof deliveryMessage>;

export const groupOf = ({ endpointId, subject }: DeliveryMessage) => `${endpointId}:${subject}`;

/** Durable, first in first out within a group, each message at least once. */
export interface DeliveryQueue {
  send(messages: readonly DeliveryMessage[]): Promise<void>;
}

/** What became of an attempt. `retry` keeps the message, and with it its group, for a while. */
export type DeliveryOutcome =
  | { readonly kind: 'delivered' }
  /** Removed, disabled or expired meanwhile: there is nothing to send any more. */
  | { readonly kind: 'dropped' }
  | { readonly kind: 'dead' }
  | { readonly kind: 'retry'; readonly afterSeconds: number };

/** One attempt; `attempt` counts from 1. */
export type Deliver = (message: DeliveryMessage, attempt: number) => Promise<DeliveryOutcome>;
