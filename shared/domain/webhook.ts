import { z } from 'zod';
import { instant } from './calendar.ts';
import { eventType } from './event.ts';
import { eventId, webhookEndpointId } from './identifiers.ts';

/** Where a tenant wants its events sent. */
export const webhookEndpoint = z.strictObject({
  endpointId: webhookEndpointId,
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .describe('https, on a public address; redirects are not followed'),
  eventTypes: z.array(eventType).min(1).max(32).optional().describe('Absent: events of every type'),
  description: z.string().max(200).optional(),
  createdAt: instant,
  /** Why nothing is sent any more: its receiver answered 410 Gone. */
  disabledAt: instant.optional(),
});
export type WebhookEndpoint = z.output<typeof webhookEndpoint>;

/** An event that an endpoint did not take, after every attempt. */
export const webhookDeadLetter = z.strictObject({
  eventId,
  position: z.int().min(1),
  subject: z.string(),
  failedAt: instant,
  attempts: z.int().min(1),
  reason: z.string().describe('How the last attempt failed: a status, or a kind of network error'),
});
export type WebhookDeadLetter = z.output<typeof webhookDeadLetter>;

export const WEBHOOK_ENDPOINTS_MAX = 10;

/** After a rotation both secrets sign, so that a receiver can change over without losing an event. */
export const SECRET_OVERLAP_HOURS = 24;

/**
 * Seconds to wait after the first failed attempt, the second, …: the schedule Standard Webhooks recommends, up
 * to the twelve hours that SQS can hold a message back. After the last, the event is a dead letter.
 */
export const RETRY_AFTER_SECONDS = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000] as const;
