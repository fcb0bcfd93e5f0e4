import { z } from 'zod';
import { event } from '../../shared/domain/event.ts';
import { idempotencyKey } from '../../shared/domain/idempotency.ts';
import { eventId } from '../../shared/domain/identifiers.ts';
import { WEBHOOK_ENDPOINTS_MAX, webhookDeadLetter, webhookEndpoint } from '../../shared/domain/webhook.ts';
import { nextCursor, PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, pageQuery } from '../../shared/http/paging.ts';

const params = webhookEndpoint.pick({ endpointId: true });

const withSecret = webhookEndpoint.extend({
  secret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]{43}=$/)
    .describe('Verifies what is sent, by any library of standardwebhooks.com. Shown here and never again'),
});

export const createWebhookEndpointContract = {
  headers: z.object({ 'idempotency-key': idempotencyKey }),
  body: webhookEndpoint.pick({ url: true, eventTypes: true, description: true }),
  response: withSecret,
} as const;

export const listWebhookEndpointsContract = {
  response: z.strictObject({ endpoints: z.array(webhookEndpoint).max(WEBHOOK_ENDPOINTS_MAX) }),
} as const;

export const getWebhookEndpointContract = { params, response: webhookEndpoint } as const;

export const removeWebhookEndpointContract = { params, response: webhookEndpoint } as const;

export const rotateWebhookSecretContract = {
  params,
  headers: z.object({ 'idempotency-key': idempotencyKey }),
  body: z.strictObject({}),
  response: withSecret,
} as const;

export const listDeadLettersContract = {
  params,
  query: pageQuery,
  response: z.strictObject({ deadLetters: z.array(webhookDeadLetter), nextCursor }),
} as const;

export const redriveDeadLettersContract = {
  params,
  body: z.strictObject({
    eventIds: z
      .array(eventId)
      .min(1)
      .max(PAGE_LIMIT_MAX)
      .optional()
      .describe('These alone. Absent: a page of all, the oldest first'),
    limit: z.int().min(1).max(PAGE_LIMIT_MAX).default(PAGE_LIMIT_DEFAULT).describe('Of a page'),
    cursor: pageQuery.shape.cursor,
  }),
  response: z.strictObject({
    redriven: z.array(eventId).describe('Those that were dead letters, and wait to be sent again now'),
    nextCursor,
  }),
} as const;

export const listEventsContract = {
  query: pageQuery,
  response: z.strictObject({
    events: z.array(event),
    nextCursor: z.string().describe('Always there: ask with it again, later, for what happens from here on'),
    hasMore: z.boolean().describe('Whether there are more already'),
  }),
} as const;
