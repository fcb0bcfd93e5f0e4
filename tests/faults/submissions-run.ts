import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocal } from '../../infra/local/start.ts';
import { type Decision, decision } from '../../shared/domain/decision.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import { eventLog } from '../../shared/store/event-log.ts';
import { programStore } from '../../shared/store/programs.ts';
import { reservationStore } from '../../shared/store/reservations.ts';
import { INCUBATOR, LENDER, PROGRAM_ID, storeCounty } from '../bench/bench-county.ts';
import { AS_OF_MS, simulatedHistories } from '../bench/simulated-histories.ts';

const AT_ONCE = 50;
const PRINCIPAL_MINOR = 300_000;
const ATTEMPTS_MAX = 20;
const RETRY_AFTER_MS = 250;
/** Decided; being decided, or the program is busy, or the client is fast: each may be sent again. */
const ANSWERS = new Set([201, 409, 429]);

/**
 * An application submitted fifty times at once under one key, over HTTP, in rounds. Raises an Error unless each round
 * leaves one application with one decision, one reservation and one event of each kind, and the program's capital and
 * the borrower's exposure moved once.
 */
export async function submissionsRun({ rounds }: { readonly rounds: number }) {
  const directory = await mkdtemp(join(tmpdir(), 'cunxin-submissions-'));
  const failures: unknown[] = [];
  // Clients are held to a rate, so the clock goes on.
  const startedMs = performance.now();
  const nowMs = () => AS_OF_MS + Math.floor(performance.now() - startedMs);
  const service = await startLocal({
    dataDirectory: directory,
    port: 0,
    inMemory: true,
    nowMs,
    onBackgroundFailure: (_, error) => failures.push(error),
  });
  try {
    const [history] = simulatedHistories(1);
    if (history === undefined) throw new Error('no applicant');
    await storeCounty(service.table, [history]);
    const token = await service.keys.issue({
      tenantId: INCUBATOR,
      scopes: ['applications:write'],
      nowMs: AS_OF_MS,
    });
    const { station, entrepreneur } = history.simulated;
    const body = JSON.stringify({
      stationId: station.stationId,
      entrepreneurId: entrepreneur.entrepreneurId,
      requestedPrincipalMinor: PRINCIPAL_MINOR,
      requestedTermMonths: 12,
      purpose: 'stock',
    });
    const submit = async (key: string) => {
      const response = await fetch(`${service.url}/v1/programs/${PROGRAM_ID}/applications`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'idempotency-key': key,
        },
        body,
      });
      return { status: response.status, json: (await response.json()) as unknown };
    };
    /** Until it is decided, as a client should. */
    const persist = async (key: string) => {
      for (let attempt = 1; ; attempt += 1) {
        const answer = await submit(key);
        if (answer.status === 201) return answer;
        if (attempt === ATTEMPTS_MAX)
          throw new Error(`${key}: ${answer.status} ${JSON.stringify(answer.json)}`);
        await sleep(RETRY_AFTER_MS);
      }
    };

    const made: Decision[] = [];
    let answered = 0;
    for (let round = 0; round < rounds; round += 1) {
      const key = `round-${round}`;
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => submit(key)));
      const other = answers.find(({ status }) => !ANSWERS.has(status));
      if (other !== undefined) throw new Error(`${key}: ${other.status} ${JSON.stringify(other.json)}`);
      const decided = answers.filter(({ status }) => status === 201);
      answered += decided.length;
      const last = await persist(key);
      const ids = new Set([...decided, last].map(({ json }) => decision.parse(json).decisionId));
      if (ids.size !== 1) throw new Error(`${key} has ${ids.size} decisions`);
      made.push(decision.parse(last.json));
    }
    const promisedMinor = made.reduce((sum, { limitMinor }) => sum + limitMinor, 0);
    await requireOneEffectEach(service, made, promisedMinor);
    if (failures.length > 0) throw new Error('the background failed', { cause: failures[0] });
    const approved = made.filter(({ outcome }) => outcome === 'approved').length;
    return { rounds, submitted: rounds * AT_ONCE, answered, applications: made.length, approved };
  } finally {
    await service.stop();
    await rm(directory, { recursive: true });
  }
}

async function requireOneEffectEach(
  { table, background }: Awaited<ReturnType<typeof startLocal>>,
  made: readonly Decision[],
  promisedMinor: number,
): Promise<void> {
  const decisions = decisionStore(table);
  const listed: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await decisions.list({ lender: LENDER, programId: PROGRAM_ID }, {}, 100, cursor);
    listed.push(...page.entries.map(({ decisionId }) => decisionId));
    cursor = page.cursor;
  } while (cursor !== undefined);
  requireEqual('decisions listed', listed.toSorted(), made.map(({ decisionId }) => decisionId).toSorted());

  const capital = await programStore(table).getCapital(LENDER, PROGRAM_ID);
  requireEqual('capital reserved', capital?.reservedMinor, promisedMinor);
  const borrower = made[0]?.input.application.entrepreneurId ?? '';
  requireEqual('exposure', await decisions.getExposureMinor(LENDER, borrower), promisedMinor);
  const reservations = reservationStore(table);
  for (const each of made.filter(({ limitMinor }) => limitMinor > 0)) {
    const held = await reservations.get(LENDER, PROGRAM_ID, each);
    requireEqual(`reserved for ${each.decisionId}`, held?.limitMinor, each.limitMinor);
  }

  await background.pump.drained();
  const told: string[] = [];
  for (;;) {
    const page = await eventLog(table).listAfter(LENDER, told.length, 100);
    if (page.length === 0) break;
    told.push(...page.map(({ event: { type, subject } }) => `${type} ${subject}`));
  }
  const expected = made.flatMap(({ outcome, input: { application } }) =>
    ['application.submitted', 'decision.made', ...(outcome === 'referred' ? ['review.opened'] : [])].map(
      (type) => `${type} ${application.applicationId}`,
    ),
  );
  requireEqual('events', told.toSorted(), expected.toSorted());
}

function requireEqual(what: string, found: unknown, wanted: unknown): void {
  const [isText, shouldBe] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (isText !== shouldBe) throw new Error(`${what}: ${isText}, not ${shouldBe}`);
}
