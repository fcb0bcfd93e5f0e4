import { createHash } from 'node:crypto';
import { DomainError, fieldError } from '../../shared/domain/errors.ts';
import {
  SECRET_OVERLAP_HOURS,
  WEBHOOK_ENDPOINTS_MAX,
  type WebhookDeadLetter,
  type WebhookEndpoint,
} from '../../shared/domain/webhook.ts';
import type { EventLog } from '../../shared/store/event-log.ts';
import { inputHash } from '../../shared/store/idempotency.ts';
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
  readonly events: Pick<EventLog, 'positionOf'>;
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
  if (first !== undefined) return withSecret(tenantId, requireSame(first, wanted), dependencies);
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
  const made = (await webhooks.create(tenantId, webhook))
    ? webhook
    : requireSame(await required({ tenantId, endpointId }, dependencies), wanted);
  return withSecret(tenantId, made, dependencies);
}

function requireSame(first: StoredWebhook, wanted: CreateWebhookEndpointInput['wanted']): StoredWebhook {
  const { url, eventTypes, description } = first.endpoint;
  const same = JSON.stringify([url, eventTypes, description]);
  if (same === JSON.stringify([wanted.url, wanted.eventTypes, wanted.description])) return first;
  throw new DomainError('idempotency_key_reused', 'this Idempotency-Key was used for another endpoint');
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
  await dependencies.webhooks.remove(input.tenantId, input.endpointId, removedAt);
  return webhook.endpoint;
}

/**
 * A new secret; the one before signs as well for a day, and no longer. Once for each idempotency key: a repeat, after
 * an answer that was lost, shows the same secret rather than replacing it by another.
 */
export async function rotateWebhookSecret(
  input: OfEndpoint & { readonly idempotencyKey: string },
  dependencies: Pick<WebhookEndpointsDependencies, 'webhooks' | 'nowMs' | 'secrets'>,
): Promise<WebhookEndpointWithSecret> {
  const { tenantId, endpointId, idempotencyKey: key } = input;
  const { webhooks, nowMs } = dependencies;
  const operation = 'rotateWebhookSecret';
  const request = { tenantId, operation, key, inputHash: inputHash({ endpointId }) };
  for (let attempt = 1; attempt <= ROTATION_ATTEMPTS_MAX; attempt += 1) {
    const webhook = await required(input, dependencies);
    const atMs = nowMs();
    const until = new Date(atMs + SECRET_OVERLAP_HOURS * 3_600_000).toISOString();
    const secretVersion = await webhooks.rotate(tenantId, webhook, until, request, atMs);
    if (secretVersion !== undefined) return withSecret(tenantId, { ...webhook, secretVersion }, dependencies);
  }
  throw new DomainError('too_many_requests', 'the endpoint is being changed: send the same request again', {
    retryAfterSeconds: 1,
  });
}

/** Each attempt lost means that another rotation of the same endpoint was made. */
const ROTATION_ATTEMPTS_MAX = 5;

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

export interface RedriveInput extends OfEndpoint {
  /** Undefined: a page of all, the oldest first. */
  readonly eventIds?: readonly string[] | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/**
 * Put dead letters back into the queue, with all attempts before them again: those that are named, or a page of all.
 * Repeated, it sends nothing again but what has died again meanwhile.
 */
export async function redriveDeadLetters(
  input: RedriveInput,
  dependencies: Pick<WebhookEndpointsDependencies, 'webhooks' | 'events' | 'queue' | 'nowMs'>,
): Promise<{ redriven: string[]; nextCursor?: string }> {
  const { tenantId, endpointId } = input;
  const { webhooks, queue, nowMs } = dependencies;
  const { endpoint } = await required(input, dependencies);
  if (endpoint.disabledAt !== undefined) {
    throw new DomainError(
      'wrong_state',
      'its receiver answered 410 Gone, so nothing is sent to it: register an endpoint anew, and read events again',
    );
  }
  const { letters, last } = await lettersToRedrive(input, dependencies);
  await queue.send(
    letters.map(({ eventId, position, subject, failedAt }) => ({
      tenantId,
      endpointId,
      eventId,
      position,
      subject,
      failedAt,
    })),
  );
  // After the queue has them: a crash between sends some twice, and loses none.
  const at = new Date(nowMs()).toISOString();
  await Promise.all(letters.map((letter) => webhooks.markRedriven(tenantId, endpointId, letter, at)));
  return {
    redriven: letters.map(({ eventId }) => eventId),
    ...(last === undefined ? {} : { nextCursor: positionCursor(last) }),
  };
}

async function lettersToRedrive(
  { tenantId, endpointId, eventIds, limit, cursor }: RedriveInput,
  { webhooks, events }: Pick<WebhookEndpointsDependencies, 'webhooks' | 'events'>,
): Promise<{ letters: WebhookDeadLetter[]; last: number | undefined }> {
  if (eventIds === undefined) {
    return webhooks.listDeadLetters(tenantId, endpointId, positionOfCursor(cursor), limit);
  }
  const found = await Promise.all(
    [...new Set(eventIds)].map(async (eventId) => {
      const position = await events.positionOf(tenantId, eventId);
      return position === undefined ? undefined : webhooks.getDeadLetter(tenantId, endpointId, position);
    }),
  );
  const letters = found.filter((letter) => letter !== undefined);
  return { letters: letters.sort((a, b) => a.position - b.position), last: undefined };
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
