import { createHash } from 'node:crypto';
import { DomainError, fieldError } from '../../shared/domain/errors.ts';
import {
  SECRET_OVERLAP_HOURS,
  WEBHOOK_ENDPOINTS_MAX,
  type WebhookDeadLetter,
  type WebhookEndpoint,
} from '../../shared/domain/webhook.ts';
import {
  positionCursor,
  positionOfCursor,
  type StoredWebhook,
  type WebhookStore,
} from '../../shared/store/webhooks.ts';
import type { DeliveryQueue } from '../../shared/webhooks/delivery-queue.ts';
import { PrivateAddress, publicAddressesOf, type Resolve } from '../../shared/webhooks/public-address.ts';
import { secretText, type WebhookSecrets } from '../../shared/webhooks/webhook-secrets.ts';

export interface WebhookEndpointsDependencies {
  readonly webhooks: WebhookStore;
  readonly queue: DeliveryQueue;
  readonly secrets: WebhookSecrets;
  readonly resolve: Resolve;
  /** Only for one machine and its tests: plain http, and addresses of that machine. */
  readonly allowPrivateAddresses: boolean;
  readonly nowMs: () => number;
}

export type WebhookEndpointWithSecret = WebhookEndpoint & { readonly secret: string };

interface OfEndpoint {
  readonly tenantId: string;
  readonly endpointId: string;
}

export interface CreateWebhookEndpointInput {
  readonly tenantId: string;
  readonly idempotencyKey: string;
  readonly wanted: Pick<WebhookEndpoint, 'url' | 'eventTypes' | 'description'>;
}

/**
 * Register an endpoint and show its secret, to the request that made it and to a repeat of that request. The id
 * is derived from the idempotency key, so a repeat makes no second endpoint.
 */
export async function createWebhookEndpoint(
  { tenantId, idempotencyKey, wanted }: CreateWebhookEndpointInput,
  dependencies: WebhookEndpointsDependencies,
): Promise<WebhookEndpointWithSecret> {
  const { webhooks, nowMs } = dependencies;
  const parts = JSON.stringify([tenantId, idempotencyKey]);
  const endpointId = `whk_${createHash('sha256').update(parts).digest('hex').slice(0, 32)}`;
  const existing = await webhooks.list(tenantId);
  const first = existing.find(({ endpoint }) => endpoint.endpointId === endpointId);
  if (first !== undefined) {
    const { url, eventTypes, description } = first.endpoint;
    const same = JSON.stringify([url, eventTypes, description]);
    if (same !== JSON.stringify([wanted.url, wanted.eventTypes, wanted.description])) {
      throw new DomainError('idempotency_key_reused', 'this Idempotency-Key was used for another endpoint');
    }
    return withSecret(tenantId, first, dependencies);
  }
  if (existing.length >= WEBHOOK_ENDPOINTS_MAX) {
    throw fieldError(
      'invalid_request',
      '',
      'too_many_endpoints',
      `a tenant has at most ${WEBHOOK_ENDPOINTS_MAX} webhook endpoints: remove one first`,
    );
  }
  await requirePublic(wanted.url, dependencies);
  const webhook: StoredWebhook = {
    endpoint: { endpointId, ...wanted, createdAt: new Date(nowMs()).toISOString() },
    secretVersion: 1,
  };
  await webhooks.put(tenantId, webhook);
  return withSecret(tenantId, webhook, dependencies);
}

export async function listWebhookEndpoints(
  { tenantId }: Pick<OfEndpoint, 'tenantId'>,
  { webhooks }: Pick<WebhookEndpointsDependencies, 'webhooks'>,
): Promise<WebhookEndpoint[]> {
  return (await webhooks.list(tenantId)).map(({ endpoint }) => endpoint);
}

export async function getWebhookEndpoint(
  input: OfEndpoint,
  dependencies: Pick<WebhookEndpointsDependencies, 'webhooks'>,
): Promise<WebhookEndpoint> {
  return (await required(input, dependencies)).endpoint;
}

/** Remove an endpoint: nothing is sent to it from now on, not even what waits. */
export async function removeWebhookEndpoint(
  input: OfEndpoint,
  dependencies: Pick<WebhookEndpointsDependencies, 'webhooks' | 'nowMs'>,
): Promise<WebhookEndpoint> {
  const webhook = await required(input, dependencies);
  const removedAt = new Date(dependencies.nowMs()).toISOString();
  await dependencies.webhooks.put(input.tenantId, { ...webhook, removedAt });
  return webhook.endpoint;
}

/** A new secret; the one before signs as well for a day, and no longer. */
export async function rotateWebhookSecret(
  input: OfEndpoint,
  dependencies: Pick<WebhookEndpointsDependencies, 'webhooks' | 'nowMs' | 'secrets'>,
): Promise<WebhookEndpointWithSecret> {
  const webhook = await required(input, dependencies);
  const rotated: StoredWebhook = {
    ...webhook,
    secretVersion: webhook.secretVersion + 1,
    previousSecretUntil: new Date(dependencies.nowMs() + SECRET_OVERLAP_HOURS * 3_600_000).toISOString(),
  };
  await dependencies.webhooks.put(input.tenantId, rotated);
  return withSecret(input.tenantId, rotated, dependencies);
}

export async function listDeadLetters(
  input: OfEndpoint & { readonly limit: number; readonly cursor: string | undefined },
  dependencies: Pick<WebhookEndpointsDependencies, 'webhooks'>,
): Promise<{ deadLetters: WebhookDeadLetter[]; nextCursor?: string }> {
  await required(input, dependencies);
  const { letters, last } = await dependencies.webhooks.listDeadLetters(
    input.tenantId,
    input.endpointId,
    positionOfCursor(input.cursor),
    input.limit,
  );
  return { deadLetters: letters, ...(last === undefined ? {} : { nextCursor: positionCursor(last) }) };
}

/** Put dead letters back into the queue, the oldest first, with all attempts before them again. */
export async function redriveDeadLetters(
  input: OfEndpoint & { readonly eventIds: readonly string[] | undefined; readonly limit: number },
  dependencies: Pick<WebhookEndpointsDependencies, 'webhooks' | 'queue' | 'nowMs'>,
): Promise<{ redriven: string[]; remaining: boolean }> {
  const { tenantId, endpointId, eventIds, limit } = input;
  const { webhooks, queue, nowMs } = dependencies;
  await required(input, dependencies);
  const { letters, last } = await webhooks.listDeadLetters(tenantId, endpointId, 0, limit);
  const chosen = letters.filter(({ eventId }) => eventIds === undefined || eventIds.includes(eventId));
  await queue.send(
    chosen.map(({ eventId, position, subject }) => ({ tenantId, endpointId, eventId, position, subject })),
  );
  // After the queue has them: a crash between sends some twice, and loses none.
  const at = new Date(nowMs()).toISOString();
  for (const { position } of chosen) await webhooks.markRedriven(tenantId, endpointId, position, at);
  return { redriven: chosen.map(({ eventId }) => eventId), remaining: last !== undefined };
}

async function required(
  { tenantId, endpointId }: OfEndpoint,
  { webhooks }: Pick<WebhookEndpointsDependencies, 'webhooks'>,
): Promise<StoredWebhook> {
  const webhook = await webhooks.get(tenantId, endpointId);
  if (webhook === undefined) throw new DomainError('not_found', 'no such webhook endpoint');
  return webhook;
}

async function withSecret(
  tenantId: string,
  { endpoint, secretVersion }: StoredWebhook,
  { secrets }: Pick<WebhookEndpointsDependencies, 'secrets'>,
): Promise<WebhookEndpointWithSecret> {
  return {
    ...endpoint,
    secret: secretText(await secrets.derive(tenantId, endpoint.endpointId, secretVersion)),
  };
}

/** Refused here for the caller's sake; each delivery checks again, for what a name resolves to may change. */
async function requirePublic(
  text: string,
  { resolve, allowPrivateAddresses }: WebhookEndpointsDependencies,
): Promise<void> {
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw fieldError('invalid_request', 'url', 'credentials', 'url: must not hold credentials');
  }
  if (allowPrivateAddresses) return;
  if (url.protocol !== 'https:') {
    throw fieldError('invalid_request', 'url', 'not_https', 'url: must be https');
  }
  try {
    await publicAddressesOf(url.hostname, resolve);
  } catch (error) {
    const isPrivate = error instanceof PrivateAddress;
    throw fieldError(
      'invalid_request',
      'url',
      isPrivate ? 'private_address' : 'unresolvable',
      isPrivate ? 'url: must be on a public address' : 'url: its host cannot be resolved',
    );
  }
}
