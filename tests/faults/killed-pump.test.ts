import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { verifyAuditDay } from '../../shared/store/audit-chain.ts';
import { auditLog } from '../../shared/store/audit-log.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import { eventLog } from '../../shared/store/event-log.ts';
import { programStore } from '../../shared/store/programs.ts';
import { decisionKey } from '../../shared/store/table.ts';
import { webhookStore } from '../../shared/store/webhooks.ts';
import { secretText } from '../../shared/webhooks/webhook-secrets.ts';
import { useTable } from '../support/engine.ts';
import {
  LENDER,
  OPERATOR,
  sampleApplication,
  sampleDecision,
  sampleProgram,
} from '../support/sample-lending.ts';
import { testSecrets } from '../support/test-webhooks.ts';
import { openWebhookReceiver, verifyDelivery, type WebhookReceiver } from '../support/webhook-receiver.ts';

/** Twenty in the run that the figures come from: `KILLS=20`. */
const KILLS = Number(process.env.KILLS ?? 4);
const APPLICATIONS_BETWEEN_KILLS = 6;
const ENDPOINT_ID = 'whk_1';
const program = fileURLToPath(new URL('../support/pump-process.ts', import.meta.url));

const table = useTable();
let directory = '';
let receiver: WebhookReceiver;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cunxin-killed-'));
  receiver = await openWebhookReceiver();
});
afterAll(async () => {
  await receiver.close();
  await rm(directory, { recursive: true });
});

async function startPump(): Promise<ChildProcess> {
  const pump = spawn(process.execPath, [program], {
    env: {
      ...process.env,
      ENDPOINT: inject('engineEndpoint'),
      TABLE: table().tableName,
      DIRECTORY: directory,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (pump.stdout !== null) await once(pump.stdout, 'data');
  return pump;
}

/** Decisions made by nobody's model: only their way to the receiver is looked at. */
async function decideSome(from: number): Promise<void> {
  for (let number = from; number < from + APPLICATIONS_BETWEEN_KILLS; number += 1) {
    const submitted = sampleApplication({ applicationId: `app_${number}`, decisionId: `dec_${number}` });
    const made = sampleDecision(submitted, { outcome: 'declined', limitMinor: 0 });
    const request = { tenantId: LENDER, operation: 'submitApplication', key: `k${number}`, inputHash: 'h' };
    await decisionStore(table()).commit({
      application: submitted,
      decision: made,
      request,
      nowMs: Date.now(),
    });
  }
}

describe(`a pump killed ${KILLS} times at any moment`, () => {
  it('tells every event, each once in the log and at least once to the webhook, and leaves the audit log whole', async () => {
    await programStore(table()).put(OPERATOR, sampleProgram());
    await webhookStore(table()).create(LENDER, {
      endpoint: { endpointId: ENDPOINT_ID, url: receiver.url, createdAt: new Date().toISOString() },
      secretVersion: 1,
    });
    for (let kill = 0; kill < KILLS; kill += 1) {
      const pump = await startPump();
      // Killed when a delivery of its own has come, so that each kill meets it in the middle of its work.
      const seen = receiver.received.length;
      await decideSome(kill * APPLICATIONS_BETWEEN_KILLS);
      await receiver.reached(seen + 1 + (kill % (2 * APPLICATIONS_BETWEEN_KILLS)));
      pump.kill('SIGKILL');
      await once(pump, 'exit');
    }
    const last = await startPump();
    last.stdin?.write('\n');
    if (last.stdout !== null) await once(last.stdout, 'data');
    last.kill('SIGKILL');
    await once(last, 'exit');

    const expected = Array.from(
      { length: KILLS * APPLICATIONS_BETWEEN_KILLS },
      (_, number) => `app_${number}`,
    );
    const both = expected
      .flatMap((subject) => [`application.submitted ${subject}`, `decision.made ${subject}`])
      .sort();
    const logged = [];
    for (let after = 0; ; ) {
      const page = await eventLog(table()).listAfter(LENDER, after, 100);
      logged.push(...page);
      after = page.at(-1)?.position ?? after;
      if (page.length === 0) break;
    }
    expect(logged.map(({ event: { type, subject } }) => `${type} ${subject}`).sort()).toEqual(both);
    expect(logged.map(({ position }) => position)).toEqual(logged.map((_, index) => index + 1));

    const secret = secretText(await testSecrets.derive(LENDER, ENDPOINT_ID, 1));
    for (const delivery of receiver.received) {
      verifyDelivery(delivery, secret, Number(delivery.headers['webhook-timestamp']) * 1_000);
    }
    const delivered = receiver.received.map(({ event: { type, subject } }) => `${type} ${subject}`);
    expect([...new Set(delivered)].sort()).toEqual(both);
    for (const subject of expected) {
      // In order, the first time each came.
      const first = (type: string) => delivered.indexOf(`${type} ${subject}`);
      expect(first('application.submitted')).toBeLessThan(first('decision.made'));
    }

    // The stream's clock is the machine's; the test may run over midnight.
    const days = [
      ...new Set([Date.now() - 3_600_000, Date.now()].map((ms) => new Date(ms).toISOString().slice(0, 10))),
    ];
    const sealed = new Set<string>();
    for (const day of days) {
      const log = auditLog(table());
      const head = await log.readHead(LENDER, day);
      const result = await verifyAuditDay({
        tenantId: LENDER,
        day,
        head,
        segments: log.segments(LENDER, day),
      });
      expect(result).toMatchObject({ verified: true, problems: [] });
      for await (const { segment } of log.segments(LENDER, day)) {
        for (const entry of segment?.entries ?? [])
          if (entry.kind === 'change') sealed.add(JSON.stringify(entry.item));
      }
    }
    for (const subject of expected) {
      expect(sealed).toContain(JSON.stringify(decisionKey(LENDER, subject.replace('app', 'dec'))));
    }
  });
});
