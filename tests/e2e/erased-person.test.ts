import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import type { Route } from '../../functions/routes.ts';
import { routes } from '../../functions/routes.ts';
import { peopleDirectoryOf } from '../../infra/local/data-directory.ts';
import { openLocalPeople } from '../../infra/local/people.ts';
import { type LocalService, startLocal } from '../../infra/local/start.ts';
import { scopeNames } from '../../shared/http/scopes.ts';
import { openTableStream } from '../../shared/store/table-stream.ts';
import { neverScores } from '../support/never-scores.ts';
import { routeSamples } from '../support/route-samples.ts';
import { openWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const nowMs = Date.parse('2026-03-01T00:00:00Z');
const planted = {
  name: '欧阳村小二',
  phone: '139 5712 3456',
  documentKind: 'resident_identity_card',
  documentNumber: '33052319881224001X',
};
/** What the person signs in with: theirs as well. */
const login = { username: 'ouyang.cunxiaoer', password: 'correct horse 马' };
const entrepreneurId = 'ent_1';

/** Whatever the process says, on whichever line. */
const printed: string[] = [];
const deliveries: unknown[] = [];
let directory = '';
let service: LocalService;
let receiver: WebhookReceiver;

beforeAll(async () => {
  for (const name of ['debug', 'info', 'log', 'warn', 'error'] as const) {
    vi.spyOn(console, name).mockImplementation((...said) => void printed.push(JSON.stringify(said)));
  }
  directory = await mkdtemp(join(tmpdir(), 'cunxin-erased-'));
  receiver = await openWebhookReceiver();
  service = await startLocal({
    dataDirectory: directory,
    port: 0,
    scorer: neverScores,
    nowMs: () => nowMs,
    allowPrivateWebhooks: true,
    log: (record) => printed.push(JSON.stringify(record)),
    onDelivery: (record) => deliveries.push(record),
  });
  const people = openLocalPeople(peopleDirectoryOf(directory));
  await people.add(
    {
      username: login.username,
      subject: '5f0c3a1e-6c52-4f0a-9d7e-2b8a4c1d9e77',
      tenantId: 'ten_platform',
      roles: ['applicant'],
      entrepreneurId,
    },
    login.password,
  );
});
afterAll(async () => {
  vi.restoreAllMocks();
  await service.stop();
  await receiver.close();
  await rm(directory, { recursive: true });
});

interface Sent {
  readonly tenantId?: string;
  readonly token?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** By its sample, unless said otherwise. */
async function call(operation: Route['operation'], sent: Sent = {}) {
  const route = routes.find((found) => found.operation === operation) ?? expect.fail(operation);
  const sample = routeSamples[operation];
  const { tenantId = sample.owner, params = sample.params, body = sample.body } = sent;
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => params[name] ?? '');
  const token = sent.token ?? (await service.keys.issue({ tenantId, scopes: scopeNames, nowMs }));
  const response = await fetch(service.url + path, {
    method: route.method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...sample.headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}

/** The person's own token, by the login page and PKCE. */
async function signIn(): Promise<string> {
  const verifier = 'v'.repeat(43);
  const asked = {
    response_type: 'code',
    client_id: 'people',
    redirect_uri: 'http://localhost:5173/signed-in',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  };
  const post = (path: string, form: Record<string, string>) =>
    fetch(service.url + path, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' });
  const entered = await post('/oauth2/authorize', { ...asked, ...login });
  const code = new URL(entered.headers.get('location') ?? '').searchParams.get('code') ?? '';
  const { client_id, redirect_uri } = asked;
  const grant = { grant_type: 'authorization_code', client_id, redirect_uri };
  const answer = await post('/oauth2/token', { ...grant, code, code_verifier: verifier });
  return z.object({ access_token: z.string() }).parse(await answer.json()).access_token;
}

const latin1 = (_name: string, value: unknown) =>
  value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;

async function everyItem(): Promise<string> {
  const { Items = [], LastEvaluatedKey } = await service.table.client.send(
    new ScanCommand({ TableName: service.table.tableName }),
  );
  expect(LastEvaluatedKey).toBeUndefined();
  return JSON.stringify(Items, latin1);
}

/** Every record of the stream from its beginning, images and keys. */
async function everyStreamRecord(): Promise<string> {
  const stream = await openTableStream(service.table, service.engine.endpoint);
  const records: unknown[] = [];
  for (const { shardId } of await stream.shards()) {
    let iterator = await stream.iterator(shardId, undefined);
    while (iterator !== undefined) {
      const page = await stream.read(iterator, 1_000);
      records.push(...page.records);
      iterator = page.records.length === 0 ? undefined : page.iterator;
    }
  }
  stream.close();
  return JSON.stringify(records, latin1);
}

/** Every file of the service but those of who may sign in, which an administrator removes. */
async function everyFile(): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter(
    (entry) => entry.isFile() && !entry.parentPath.startsWith(peopleDirectoryOf(directory)),
  );
  const texts = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return path + (await readFile(path, 'latin1'));
  });
  return (await Promise.all(texts)).join('\n');
}

/** Every spelling a text may be kept in. */
function spellingsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  return [
    text,
    bytes.toString('latin1'),
    JSON.stringify(bytes.toString('latin1')).slice(1, -1),
    JSON.stringify(text)
      .slice(1, -1)
      .replaceAll(/[^\x20-\x7e]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`),
    encodeURIComponent(text),
    bytes.toString('hex'),
    bytes.toString('base64').replace(/=+$/, ''),
  ];
}

const traces = [
  planted.name,
  planted.phone,
  planted.phone.replaceAll(' ', ''),
  planted.documentNumber,
  login.username,
  login.password,
];
const spellings = traces.flatMap(spellingsOf);

describe('an erased person who had signed in, applied, and was lent nothing', () => {
  it('is in no table item, stream record, log line, file, event, delivery or export', async () => {
    for (const operation of ['putStation', 'putEntrepreneur', 'recordConsent', 'putProgram'] as const) {
      expect([200, 201]).toContain((await call(operation)).status);
    }
    await call('createWebhookEndpoint', { body: { url: receiver.url } });
    await call('putPerson', { body: planted });
    const own = await signIn();
    // Also what is refused must leave no trace: a name where none belongs, and a body that is no JSON.
    await call('putPerson', { token: own, body: { ...planted, [planted.name]: planted.documentNumber } });
    await call('getPerson', { token: own, params: { entrepreneurId: encodeURIComponent(planted.name) } });
    expect((await call('getPerson', { token: own })).text).toContain(planted.name);
    expect((await call('exportPerson', { token: own })).text).toContain(planted.documentNumber);
    const submitted = await call('submitApplication', { tenantId: 'ten_incubator' });
    const { decisionId } = z.object({ decisionId: z.string() }).parse(JSON.parse(submitted.text));
    expect((await call('erasePerson')).status).toBe(200);
    await service.background.pump.drained();
    await service.background.queue.settled();

    const decision = { programId: 'prg_1', decisionId };
    const answers = await Promise.all([
      call('exportPerson'),
      call('getPerson'),
      call('getEntrepreneur'),
      call('listConsents'),
      call('exportDecisions'),
      call('listDecisions'),
      call('getDecision', { params: decision }),
      call('explainDecision', { params: decision }),
      call('listReviews'),
      call('listEvents', { tenantId: 'ten_platform' }),
      call('listEvents', { tenantId: 'ten_lender' }),
      call('listAuditEntries', { tenantId: 'ten_platform' }),
      call('listAuditEntries', { tenantId: 'ten_lender' }),
    ]);
    const exports = answers.map(({ text }) => text).join('\n');
    await service.background.pump.drained();
    const searched = {
      items: await everyItem(),
      stream: await everyStreamRecord(),
      logs: printed.join('\n'),
      exports,
      deliveries: JSON.stringify([deliveries, receiver.received]),
      files: await everyFile(),
    };
    // Each holds what it ought to, in the clear where it may: nothing goes unfound for want of looking.
    for (const text of [searched.items, searched.stream, searched.files]) {
      expect(spellingsOf('李家村').filter((spelling) => text.includes(spelling))).not.toEqual([]);
    }
    for (const held of ['"PERSON"', '#RATE#', '#EVENTS', '#AUDIT#', '#ACCESS#']) {
      expect(searched.items).toContain(held);
      expect(searched.stream).toContain(held);
    }
    expect(searched.logs).toContain('"operation":"putPerson"');
    expect(searched.exports).toContain(decisionId);
    expect(searched.deliveries).toContain('decision.made');
    expect(searched.files).toContain('SQLite format 3');
    const found = Object.entries(searched).flatMap(([place, text]) =>
      spellings.filter((spelling) => text.includes(spelling)).map((spelling) => `${place}: ${spelling}`),
    );
    expect(found).toEqual([]);
  });
});
