import { type HttpFunction, type HttpRuntime, httpFunction } from '../../shared/http/http-function.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { eventLog } from '../../shared/store/event-log.ts';
import { webhookStore } from '../../shared/store/webhooks.ts';
import { type HandlersFor, routesFor } from '../routes.ts';
import { listEvents } from './list-events.ts';
import {
  createWebhookEndpoint,
  getWebhookEndpoint,
  listDeadLetters,
  listWebhookEndpoints,
  redriveDeadLetters,
  removeWebhookEndpoint,
  rotateWebhookSecret,
  type WebhookEndpointsDependencies,
} from './webhook-endpoints.ts';

export interface SubscriptionsDependencies extends HttpRuntime {
  readonly table: StoreTable;
  readonly webhooks: Omit<WebhookEndpointsDependencies, 'webhooks' | 'events' | 'nowMs'>;
}

/** How a tenant hears of what happens: webhook endpoints, what they did not take, and the events themselves. */
export function createHandler({
  table,
  webhooks,
  nowMs,
  log,
  limiter,
}: SubscriptionsDependencies): HttpFunction {
  const dependencies = { ...webhooks, webhooks: webhookStore(table), events: eventLog(table), nowMs };
  const handlers: HandlersFor<'subscriptions'> = {
    createWebhookEndpoint: async ({ principal: { tenantId }, headers, body }) => ({
      body: await createWebhookEndpoint(
        { tenantId, idempotencyKey: headers['idempotency-key'], wanted: body },
        dependencies,
      ),
    }),
    listWebhookEndpoints: async ({ principal: { tenantId } }) => ({
      body: { endpoints: await listWebhookEndpoints({ tenantId }, dependencies) },
    }),
    getWebhookEndpoint: async ({ principal: { tenantId }, params }) => ({
      body: await getWebhookEndpoint({ tenantId, ...params }, dependencies),
    }),
    removeWebhookEndpoint: async ({ principal: { tenantId }, params }) => ({
      body: await removeWebhookEndpoint({ tenantId, ...params }, dependencies),
    }),
    rotateWebhookSecret: async ({ principal: { tenantId }, params, headers }) => ({
      body: await rotateWebhookSecret(
        { tenantId, ...params, idempotencyKey: headers['idempotency-key'] },
        dependencies,
      ),
    }),
    listDeadLetters: async ({ principal: { tenantId }, params, query: { limit, cursor } }) => ({
      body: await listDeadLetters({ tenantId, ...params, limit, cursor }, dependencies),
    }),
    redriveDeadLetters: async ({ principal: { tenantId }, params, body }) => ({
      body: await redriveDeadLetters({ tenantId, ...params, ...body }, dependencies),
    }),
    listEvents: async ({ principal: { tenantId }, query: { limit, cursor } }) => ({
      body: await listEvents({ tenantId, limit, cursor }, dependencies),
    }),
  };
  return httpFunction({
    functionName: 'subscriptions',
    routes: routesFor('subscriptions'),
    handlers,
    nowMs,
    log,
    limiter,
  });
}
