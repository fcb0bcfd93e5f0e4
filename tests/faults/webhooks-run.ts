import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../shared/domain/event.ts';
import { verifyAuditDay } from '../../shared/store/audit-chain.ts';
import { auditLog } from '../../shared/store/audit-log.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { eventLog } from '../../shared/store/event-log.ts';
import { decisionKey, loanKey } from '../../shared/store/table.ts';
import { webhookStore } from '../../shared/store/webhooks.ts';
import { secretText } from '../../shared/webhooks/webhook-secrets.ts';
import { eventfulLives, type ToldSubject } from '../support/eventful-lives.ts';
import { testSecrets } from '../support/test-webhooks.ts';
import { type FaultyReceiver, openFaultyReceiver } from './faulty-receiver.ts';
import { seededRandom } from './seeded-random.ts';

const LENDER = 'ten_lender';
const ENDPOINT_ID = 'whk_1';
const LIVES_PER_KILL = 2;
/** Two lives tell their lender of nine things at the least, so that many requests come before a kill. */
const REQUESTS_BEFORE_KILL_MAX = 8;
const EVENTS_PER_PAGE = 100;
const pumpProgram = fileURLToPath(new URL('../support/pump-process.ts', import.meta.url));

export interface WebhooksRunOptions {
  readonly table: StoreTable;
  /** Of the engine. */
  readonly endpoint: string;
  readonly seed: number;
  readonly kills: number;
}

/**
 * Loans and cases live while what tells of them (stream pump, event logs, delivery queue) is killed by SIGKILL, each
 * time in the middle of its work, and their lender's receiver fails a third of all requests. Raises an Error unless
 * every event is in the lender's log exactly once, without a gap, has reached the receiver at least once, in the
 * order of each loan and application, all of it signed, and the audit log is whole.
 */
export async function webhooksRun({ table, endpoint, seed, kills }: WebhooksRunOptions) {
  const directory = await mkdtemp(join(tmpdir(), 'cunxin-webhooks-'));
  const receiver = await openFaultyReceiver(
    seed,
    secretText(await testSecrets.derive(LENDER, ENDPOINT_ID, 1)),
  );
  const environment = { ...process.env, ENDPOINT: endpoint, TABLE: table.tableName, DIRECTORY: directory };
  let pump: ChildProcess | undefined;
  try {
    const draw = seededRandom(seed);
    const lives = eventfulLives(() => table);
    await webhookStore(table).create(LENDER, {
      endpoint: { endpointId: ENDPOINT_ID, url: receiver.url, createdAt: new Date().toISOString() },
      secretVersion: 1,
    });
    const expected: ToldSubject[] = [];
    const kinds = ['repaidLoan', 'lostLoan', 'cancelledLoan', 'reviewedApplication'] as const;
    for (let kill = 0; kill < kills; kill += 1) {
      pump = await startPump(environment);
      const seen = receiver.requests;
      const live = (async () => {
        for (let life = 0; life < LIVES_PER_KILL; life += 1) {
          const kind = kinds[draw.below(kinds.length)] ?? 'repaidLoan';
          expected.push(...(await lives[kind](`${kill}-${life}`)));
        }
      })();
      await receiver.reached(seen + 1 + draw.below(REQUESTS_BEFORE_KILL_MAX));
      pump.kill('SIGKILL');
      await once(pump, 'exit');
      await live;
    }
    pump = await startPump(environment);
    pump.stdin?.write('\n');
    if (pump.stdout !== null) await once(pump.stdout, 'data');

    const logged = await readLog(table);
    requireToldOnce(logged, expected);
    requireDelivered(logged, receiver);
    await requireAudited(table, expected);
    return {
      kills,
      events: logged.length,
      requests: receiver.requests,
      repeats: receiver.stored.length - logged.length,
      ...Object.fromEntries(receiver.counts),
    };
  } finally {
    pump?.kill('SIGKILL');
    await receiver.close();
    await rm(directory, { recursive: true });
  }
}

async function startPump(env: NodeJS.ProcessEnv): Promise<ChildProcess> {
  const pump = spawn(process.execPath, [pumpProgram], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  if (pump.stdout !== null) await once(pump.stdout, 'data');
  return pump;
}

async function readLog(table: StoreTable): Promise<Event[]> {
  const logged: Event[] = [];
  for (;;) {
    const page = await eventLog(table).listAfter(LENDER, logged.length, EVENTS_PER_PAGE);
    if (page.length === 0) return logged;
    for (const { position, event } of page) {
      if (position !== logged.length + 1) throw new Error(`event ${position} after ${logged.length}`);
      logged.push(event);
    }
  }
}

const textOf = ({ eventId, type, subject }: Event) => `${type} ${subject} ${eventId}`;
const requireSame = (what: string, found: readonly string[], wanted: readonly string[]) => {
  if (found.join('\n') === wanted.join('\n')) return;
  throw new Error(`${what}:\n  ${found.join('\n  ')}\nbut must be:\n  ${wanted.join('\n  ')}`);
};

function requireToldOnce(logged: readonly Event[], expected: readonly ToldSubject[]): void {
  const ids = new Set(logged.map(({ eventId }) => eventId));
  if (ids.size !== logged.length) throw new Error(`${logged.length - ids.size} events are told twice`);
  for (const { subject, types } of expected) {
    const told = logged.filter((event) => event.subject === subject).map(({ type }) => type);
    requireSame(`the log of ${subject} holds`, told, types);
  }
  const wanted = expected.reduce((sum, { types }) => sum + types.length, 0);
  if (logged.length !== wanted) throw new Error(`${logged.length} events are told, not ${wanted}`);
}

function requireDelivered(logged: readonly Event[], { stored, unverified }: FaultyReceiver): void {
  const [problem] = unverified;
  if (problem !== undefined) throw new Error(`${unverified.length} requests not verified: ${problem}`);
  const firstStored = [...new Map(stored.map((event) => [event.eventId, event])).values()];
  for (const subject of new Set(logged.map((event) => event.subject))) {
    const of = (events: readonly Event[]) => events.filter((event) => event.subject === subject).map(textOf);
    requireSame(`the receiver was told of ${subject}`, of(firstStored), of(logged));
  }
}

async function requireAudited(table: StoreTable, expected: readonly ToldSubject[]): Promise<void> {
  // The stream's clock is the machine's; a run may go over midnight.
  const days = [Date.now() - 3_600_000, Date.now()].map((ms) => new Date(ms).toISOString().slice(0, 10));
  const log = auditLog(table);
  const sealed = new Set<string>();
  for (const day of new Set(days)) {
    const head = await log.readHead(LENDER, day);
    const segments = log.segments(LENDER, day);
    const { verified, problems } = await verifyAuditDay({ tenantId: LENDER, day, head, segments });
    if (!verified) throw new Error(`the audit log of ${day}: ${JSON.stringify(problems)}`);
    for await (const { segment } of log.segments(LENDER, day)) {
      for (const entry of segment?.entries ?? []) if (entry.kind === 'change') sealed.add(entry.item.pk);
    }
  }
  for (const { subject } of expected) {
    const { pk } = subject.startsWith('loan_')
      ? loanKey(LENDER, subject)
      : decisionKey(LENDER, subject.replace('app_', 'dec_'));
    if (!sealed.has(pk)) throw new Error(`${subject} is not in the audit log`);
  }
}
