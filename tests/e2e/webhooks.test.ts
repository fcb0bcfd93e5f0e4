import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { routes } from '../../functions/routes.ts';
import type { DeliveryRecord } from '../../functions/webhooks/handler.ts';
import { type LocalService, startLocal } from '../../infra/local/start.ts';
import { event } from '../../shared/domain/event.ts';
import { RETRY_AFTER_SECONDS } from '../../shared/domain/webhook.ts';
import { type Scope, scopeNames } from '../../shared/http/scopes.ts';
import { neverScores } from '../support/never-scores.ts';
import { routeSamples } from '../support/route-samples.ts';
import { openWebhookReceiver, verifyDelivery, type WebhookReceiver } from '../support/webhook-receiver.ts';

const LENDER = 'ten_lender';
let nowMs = Date.parse('2026-03-01T00:00:00Z');
let directory = '';
let service: LocalService;
let receiver: WebhookReceiver;
const deliveries: DeliveryRecord[] = [];
const failures: unknown[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cunxin-webhooks-'));
  receiver = await openWebhookReceiver();
  service = await startLocal({
    dataDirectory: directory,
    port: 0,
    inMemory: true,
    scorer: neverScores,
    nowMs: () => nowMs,
    allowPrivateWebhooks: true,
    onDelivery: (record) => deliveries.push(record),
    onBackgroundFailure: (_, error) => failures.push(error),
  });
  for (const operation of ['putStation', 'putEntrepreneur', 'putProgram'] as const) {
    const { owner, params, body } = routeSamples[operation];
    const route = routes.find((found) => found.operation === operation) ?? expect.fail(operation);
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
    expect(await call('PUT', path, owner, body)).toMatchObject({ status: 200 });
  }
});
afterAll(async () => {
  await service.stop();
  await receiver.close();
  await rm(directory, { recursive: true });
});

async function call(
  method: string,
  path: string,
  tenantId: string,
  body?: unknown,
  key: string = randomUUID(),
) {
  const token = await service.keys.issue({ tenantId, scopes: scopeNames as readonly Scope[], nowMs });
  const response = await fetch(service.url + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'idempotency-key': key,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json: unknown = await response.json();
  return { status: response.status, json };
}

const submitted = z.object({
  decisionId: z.string(),
  input: z.object({ application: z.object({ applicationId: z.string() }) }),
});
/** An application that refuses automation: it is referred, and no model is asked. Gives its id. */
async function submit(): Promise<string> {
  const { params, body } = routeSamples.submitApplication;
  const { json } = await call('POST', `/v1/programs/${params.programId}/applications`, 'ten_incubator', body);
  return submitted.parse(json).input.application.applicationId;
}

const deadLetter = z.object({ eventId: z.string() });
const withSecret = z.object({ endpointId: z.string(), secret: z.string() });
const subscribe = async (wanted: object = {}) =>
  withSecret.parse(
    (await call('POST', '/v1/webhook-endpoints', LENDER, { url: receiver.url, ...wanted })).json,
  );
const unsubscribe = (endpointId: string) => call('DELETE', `/v1/webhook-endpoints/${endpointId}`, LENDER);

const eventPage = z.object({ events: z.array(event), nextCursor: z.string(), hasMore: z.boolean() });
const listEvents = async (tenantId: string, query = '') =>
  eventPage.parse((await call('GET', `/v1/events${query}`, tenantId)).json);

/** All that happened so far is told, and all that is due was tried. */
async function settle(): Promise<void> {
  await service.background.pump.drained();
  await service.background.queue.settled();
}

async function passSeconds(seconds: number): Promise<void> {
  nowMs += seconds * 1_000;
  await settle();
}

describe('events', () => {
  it('tell every party of a program, in order for each application, and nobody else', async () => {
    const first = await submit();
    const second = await submit();
    await settle();
    const lenders = await listEvents(LENDER);
    expect(lenders.events.map(({ type, subject }) => [type, subject])).toEqual([
      ['application.submitted', first],
      ['decision.made', first],
      ['review.opened', first],
      ['application.submitted', second],
      ['decision.made', second],
      ['review.opened', second],
    ]);
    expect(lenders.events[1]).toMatchObject({
      data: { outcome: 'referred', automated: false, applicationId: first },
    });
    // Cases are the lender's own.
    const parties = lenders.events.filter(({ type }) => type !== 'review.opened');
    for (const party of ['ten_incubator', 'ten_platform', 'ten_operator']) {
      expect((await listEvents(party)).events).toEqual(parties);
    }
    expect((await listEvents('ten_stranger')).events).toEqual([]);
  });

  it('are read again from any cursor, and a cursor at the end waits for what comes', async () => {
    const all = await listEvents(LENDER);
    const read = [];
    let cursor = '';
    for (let hasMore = true; hasMore; ) {
      const page = await listEvents(LENDER, `?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      read.push(...page.events);
      cursor = page.nextCursor;
      hasMore = page.hasMore;
    }
    expect(read).toEqual(all.events);
    expect(await listEvents(LENDER, `?cursor=${cursor}`)).toEqual({
      events: [],
      nextCursor: cursor,
      hasMore: false,
    });
    const application = await submit();
    await settle();
    const { events } = await listEvents(LENDER, `?cursor=${cursor}`);
    expect(events.map(({ subject }) => subject)).toEqual([application, application, application]);
    expect((await call('GET', '/v1/events?cursor=nonsense', LENDER)).status).toBe(400);
  });

  it('hold ids and codes, and nothing of a person', async () => {
    const text = JSON.stringify(await listEvents(LENDER));
    expect(text).not.toMatch(/ent_|Minor|probability|score/i);
  });
});

describe('a webhook', () => {
  it('gets every event it wants, signed by its secret, and its owner is shown the secret once', async () => {
    const { endpointId, secret } = await subscribe({ eventTypes: ['decision.made'] });
    const before = receiver.received.length;
    const application = await submit();
    await settle();
    const got = receiver.received.slice(before);
    expect(got.map((delivery) => [delivery.event.type, delivery.event.subject])).toEqual([
      ['decision.made', application],
    ]);
    const [delivery] = got;
    if (delivery === undefined) return expect.fail('nothing was delivered');
    expect(verifyDelivery(delivery, secret, nowMs)).toEqual(delivery.event);
    expect(delivery.headers['webhook-id']).toBe(delivery.event.eventId);
    expect(() =>
      verifyDelivery({ ...delivery, body: delivery.body.replace('referred', 'approved') }, secret, nowMs),
    ).toThrow();
    const shown = JSON.stringify([
      (await call('GET', '/v1/webhook-endpoints', LENDER)).json,
      (await call('GET', `/v1/webhook-endpoints/${endpointId}`, LENDER)).json,
    ]);
    expect(shown).toContain(endpointId);
    expect(shown).not.toContain('whsec_');
    expect((await call('GET', `/v1/webhook-endpoints/${endpointId}`, 'ten_incubator')).status).toBe(404);
    await unsubscribe(endpointId);
  });

  it('is made once however often the request is repeated', async () => {
    const key = randomUUID();
    const once = await call('POST', '/v1/webhook-endpoints', LENDER, { url: receiver.url }, key);
    expect(await call('POST', '/v1/webhook-endpoints', LENDER, { url: receiver.url }, key)).toEqual(once);
    const other = await call('POST', '/v1/webhook-endpoints', LENDER, { url: `${receiver.url}/2` }, key);
    expect(other.status).toBe(422);
    await unsubscribe(withSecret.parse(once.json).endpointId);
  });

  it('that fails gets the same event again, and what comes after it waits; others do not', async () => {
    const { endpointId, secret } = await subscribe({
      eventTypes: ['application.submitted', 'decision.made'],
    });
    const before = receiver.received.length;
    receiver.answerWith(500, 204, 204);
    const failing = await submit();
    await settle();
    const other = await submit();
    await settle();
    const subjects = () =>
      receiver.received.slice(before).map(({ event: { type, subject } }) => [type, subject]);
    expect(subjects()).toEqual([
      ['application.submitted', failing],
      ['application.submitted', other],
      ['decision.made', other],
    ]);
    await passSeconds(RETRY_AFTER_SECONDS[0] * 1.2);
    expect(subjects().slice(3)).toEqual([
      ['application.submitted', failing],
      ['decision.made', failing],
    ]);
    const ids = receiver.received.slice(before).map(({ headers }) => headers['webhook-id']);
    expect(ids[3]).toBe(ids[0]);
    for (const delivery of receiver.received.slice(before)) verifyDelivery(delivery, secret, nowMs);
    await unsubscribe(endpointId);
  });

  it('that never takes an event finds it among its dead letters and may have it sent again', async () => {
    const { endpointId } = await subscribe({ eventTypes: ['decision.made'] });
    receiver.answerWith(...Array.from({ length: 20 }, () => 503));
    const application = await submit();
    await settle();
    for (const seconds of RETRY_AFTER_SECONDS) await passSeconds(seconds * 1.2);
    const path = `/v1/webhook-endpoints/${endpointId}`;
    const { json } = await call('GET', `${path}/dead-letters`, LENDER);
    expect(json).toMatchObject({
      deadLetters: [{ subject: application, attempts: RETRY_AFTER_SECONDS.length + 1, reason: 'status 503' }],
    });
    receiver.answerWith();
    const before = receiver.received.length;
    const eventIds = [z.object({ deadLetters: z.array(deadLetter) }).parse(json).deadLetters[0]?.eventId];
    expect((await call('POST', `${path}/redrive`, LENDER, { eventIds: ['evt_other'] })).json).toEqual({
      redriven: [],
    });
    for (const redriven of [eventIds, []]) {
      expect((await call('POST', `${path}/redrive`, LENDER, { eventIds })).json).toEqual({ redriven });
    }
    await settle();
    expect(receiver.received.slice(before).map((delivery) => delivery.event.subject)).toEqual([application]);
    expect((await call('GET', `${path}/dead-letters`, LENDER)).json).toEqual({ deadLetters: [] });
    await unsubscribe(endpointId);
  });

  it('may have many dead letters sent again page by page, each once', async () => {
    const { endpointId } = await subscribe({ eventTypes: ['decision.made'] });
    receiver.answerWith(...Array.from({ length: 60 }, () => 503));
    const applications = [];
    for (let number = 0; number < 5; number += 1) applications.push(await submit());
    await settle();
    for (const seconds of RETRY_AFTER_SECONDS) await passSeconds(seconds * 1.2);
    receiver.answerWith();
    const before = receiver.received.length;
    const sizes = [];
    let cursor: string | undefined;
    do {
      const { json } = await call('POST', `/v1/webhook-endpoints/${endpointId}/redrive`, LENDER, {
        limit: 2,
        ...(cursor === undefined ? {} : { cursor }),
      });
      const page = z.object({ redriven: z.array(z.string()), nextCursor: z.string().optional() }).parse(json);
      sizes.push(page.redriven.length);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    expect(sizes).toEqual([2, 2, 1]);
    await settle();
    const subjects = receiver.received.slice(before).map((delivery) => delivery.event.subject);
    expect(subjects.sort()).toEqual(applications.sort());
    await unsubscribe(endpointId);
  });

  it('is signed by both secrets for a day after a rotation, then by the new one alone', async () => {
    const { endpointId, secret: old } = await subscribe({ eventTypes: ['decision.made'] });
    const rotation = `/v1/webhook-endpoints/${endpointId}/secret-rotation`;
    // The answer may be lost: repeats, at once or one after another, show the same secret.
    const answers = [
      ...(await Promise.all([1, 2, 3].map(() => call('POST', rotation, LENDER, {}, 'rotation-1')))),
      await call('POST', rotation, LENDER, {}, 'rotation-1'),
    ];
    const [rotated, ...repeats] = answers.map(({ json }) => withSecret.parse(json));
    if (rotated === undefined) return expect.fail('nothing was answered');
    expect(rotated.secret).not.toBe(old);
    for (const repeat of repeats) expect(repeat).toEqual(rotated);
    await submit();
    await settle();
    const during = receiver.received.at(-1) ?? expect.fail('nothing came');
    for (const secret of [old, rotated.secret]) verifyDelivery(during, secret, nowMs);
    nowMs += 25 * 3_600_000;
    await submit();
    await settle();
    const after = receiver.received.at(-1) ?? expect.fail('nothing came');
    verifyDelivery(after, rotated.secret, nowMs);
    expect(() => verifyDelivery(after, old, nowMs)).toThrow();
    await unsubscribe(endpointId);
  });

  it('that is gone, or answers by a redirect, gets nothing at another address', async () => {
    const { endpointId } = await subscribe({ eventTypes: ['decision.made'] });
    receiver.answerWith(307, 410);
    const before = receiver.received.length;
    await submit();
    await settle();
    await passSeconds(RETRY_AFTER_SECONDS[0] * 1.2);
    expect(receiver.received).toHaveLength(before + 2);
    expect((await call('GET', `/v1/webhook-endpoints/${endpointId}`, LENDER)).json).toMatchObject({
      disabledAt: expect.any(String),
    });
    await submit();
    await settle();
    expect(receiver.received).toHaveLength(before + 2);
    const path = `/v1/webhook-endpoints/${endpointId}`;
    expect((await call('POST', `${path}/redrive`, LENDER, {})).status).toBe(409);
    expect((await call('GET', `${path}/dead-letters`, LENDER)).json).toMatchObject({
      deadLetters: [{ reason: 'status 410' }],
    });
    await unsubscribe(endpointId);
  });

  it('is not sent what its owner no longer wants', async () => {
    const { endpointId } = await subscribe();
    receiver.answerWith(500);
    await submit();
    await settle();
    const before = receiver.received.length;
    await unsubscribe(endpointId);
    await passSeconds(RETRY_AFTER_SECONDS[0] * 1.2);
    expect(receiver.received).toHaveLength(before);
    expect((await call('GET', `/v1/webhook-endpoints/${endpointId}`, LENDER)).status).toBe(404);
  });
});

describe('the audit log of the same day', () => {
  it('is whole, names who changed and who read what, and shows it to the tenants concerned', async () => {
    const day = new Date().toISOString().slice(0, 10);
    const application = await submit();
    const { json } = await call('GET', `/v1/programs/prg_1/decisions?limit=1`, 'ten_incubator');
    const decisionId = z.object({ decisions: z.array(z.object({ decisionId: z.string() })) }).parse(json)
      .decisions[0]?.decisionId;
    await settle();
    await settle();
    for (const tenant of [LENDER, 'ten_incubator']) {
      expect((await call('GET', `/v1/audit/days/${day}`, tenant)).json).toMatchObject({
        verified: true,
        problems: [],
      });
      const reads = await call(
        'GET',
        `/v1/audit/days/${day}/entries?kind=access&object=${decisionId}`,
        tenant,
      );
      expect(reads.json).toMatchObject({
        entries: [
          {
            kind: 'access',
            actor: { tenantId: 'ten_incubator', operation: 'listDecisions' },
            ownerTenantIds: ['ten_incubator', LENDER],
          },
        ],
      });
    }
    const changes = await call(
      'GET',
      `/v1/audit/days/${day}/entries?kind=change&object=${application}`,
      LENDER,
    );
    expect(changes.json).toMatchObject({
      entries: [{ change: 'insert', actor: { tenantId: 'ten_incubator', operation: 'submitApplication' } }],
    });
  });
});

it('nothing in the background failed, and no attempt went unlogged', () => {
  expect(failures).toEqual([]);
  expect(new Set(deliveries.map(({ outcome }) => outcome))).toEqual(
    new Set(['delivered', 'retry', 'dead', 'dropped']),
  );
});
