import { Webhook } from 'standardwebhooks';
import { RETRY_AFTER_SECONDS } from '../../shared/domain/webhook.ts';
import type { EventLog } from '../../shared/store/event-log.ts';
import type { StoredWebhook, WebhookStore } from '../../shared/store/webhooks.ts';
import type { DeliveryMessage, DeliveryOutcome } from '../../shared/webhooks/delivery-queue.ts';
import { secretText, type WebhookSecrets } from '../../shared/webhooks/webhook-secrets.ts';
import type { SendWebhook, WebhookAnswer } from './send-webhook.ts';

export interface DeliverWebhookDependencies {
  readonly webhooks: Pick<WebhookStore, 'get' | 'disable' | 'putDeadLetter'>;
  readonly events: Pick<EventLog, 'get'>;
  readonly secrets: WebhookSecrets;
  readonly send: SendWebhook;
  readonly nowMs: () => number;
  /** 0 up to 1: spreads retries, so that a receiver that comes back is not met by all of them at once. */
  readonly random: () => number;
  /** Seconds to wait after each failed attempt but the last. Default: the schedule of Standard Webhooks. */
  readonly retryAfterSeconds?: readonly number[];
}

const GONE = 410;
const JITTER_SHARE = 0.1;

/**
 * One attempt to send one event to one endpoint. Any 2xx is taken as received; 410 disables the endpoint; all
 * else is tried again by the schedule, and after the last attempt the event is a dead letter of the endpoint,
 * from where its owner may have it sent again.
 */
export async function deliverWebhook(
  message: DeliveryMessage,
  attempt: number,
  dependencies: DeliverWebhookDependencies,
): Promise<DeliveryOutcome> {
  const { webhooks, events, send, nowMs, random } = dependencies;
  const { tenantId, endpointId, eventId, position, subject } = message;
  const [webhook, event] = await Promise.all([
    webhooks.get(tenantId, endpointId),
    events.get(tenantId, position),
  ]);
  if (webhook === undefined || event === undefined || webhook.endpoint.disabledAt !== undefined) {
    return { kind: 'dropped' };
  }
  const atMs = nowMs();
  const body = JSON.stringify(event);
  const answer = await send({
    url: webhook.endpoint.url,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Cunxin-Webhooks/1',
      'webhook-id': eventId,
      'webhook-timestamp': String(Math.floor(atMs / 1_000)),
      'webhook-signature': await signatures(message, webhook, body, atMs, dependencies.secrets),
    },
    body,
  });
  if (answer.kind === 'status' && answer.status >= 200 && answer.status < 300) return { kind: 'delivered' };

  const failedAt = new Date(nowMs()).toISOString();
  const isGone = answer.kind === 'status' && answer.status === GONE;
  if (isGone) await webhooks.disable(tenantId, endpointId, failedAt);
  const waitSeconds = (dependencies.retryAfterSeconds ?? RETRY_AFTER_SECONDS)[attempt - 1];
  if (waitSeconds !== undefined && !isGone) {
    return { kind: 'retry', afterSeconds: Math.ceil(waitSeconds * (1 + JITTER_SHARE * random())) };
  }
  await webhooks.putDeadLetter(tenantId, endpointId, {
    eventId,
    position,
    subject,
    failedAt,
    attempts: attempt,
    reason: reasonOf(answer),
  });
  return { kind: 'dead' };
}

/** Every secret in force signs: the receiver needs to know one of them. */
async function signatures(
  { tenantId, endpointId, eventId }: DeliveryMessage,
  { secretVersion, previousSecretUntil }: StoredWebhook,
  body: string,
  atMs: number,
  secrets: WebhookSecrets,
): Promise<string> {
  const isPreviousInForce = previousSecretUntil !== undefined && atMs < Date.parse(previousSecretUntil);
  const versions = isPreviousInForce ? [secretVersion, secretVersion - 1] : [secretVersion];
  const signed = await Promise.all(
    versions.map(async (version) =>
      new Webhook(secretText(await secrets.derive(tenantId, endpointId, version))).sign(
        eventId,
        new Date(atMs),
        body,
      ),
    ),
  );
  return signed.join(' ');
}

const reasonOf = (answer: WebhookAnswer) =>
  answer.kind === 'status' ? `status ${answer.status}` : answer.reason;
