import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { listAuditEntriesContract } from '../../functions/audit/contract.ts';
import { listAuditEntries, verifyAudit } from '../../functions/audit/read-audit.ts';
import { createHandler as createSealer } from '../../functions/sealer/handler.ts';
import { type AuditEntry, type AuditVerification, auditVerification } from '../../shared/domain/audit.ts';
import { businessDate } from '../../shared/domain/calendar.ts';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { parse } from '../../shared/domain/parse.ts';
import { auditLog } from '../../shared/store/audit-log.ts';
import { openTable, type StoreTable } from '../../shared/store/dynamo.ts';
import { openTableStream } from '../../shared/store/table-stream.ts';
import { backgroundDirectoryOf, dataDirectoryOf, keysDirectoryOf } from './data-directory.ts';
import { startEngine } from './engine.ts';
import { openLocalKeys } from './local-tokens.ts';
import { LOCAL_TABLE_NAME } from './stored-table.ts';
import { startStreamPump } from './stream-pump.ts';

const USAGE = `npm run verify-audit -- --tenant ten_… [--day YYYY-MM-DD] [--head SHA256] [--reads] [--object ID] [--table NAME]

  --day     in UTC; default: today
  --head    a head of that day you kept earlier: the chain must have passed through it
  --reads   also list who read what on that day
  --object  of these, the reads of one object alone, as dec_…; means --reads
  --table   the table of a deployment, with your AWS credentials; without it, this machine's

Ends with 0 when the log is whole, 1 when it is not, 2 when it cannot be read.`;

const ENTRIES_PER_PAGE = 100;

const wantedSchema = z.object({
  tenant: tenantId,
  day: businessDate,
  head: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 in hex')
    .optional(),
  reads: z.boolean(),
  object: z.string().min(1).max(64).optional(),
  table: z.string().optional(),
});
type Wanted = z.output<typeof wantedSchema>;

type EntryPage = z.output<typeof listAuditEntriesContract.response>;

/** A tenant's log of a day, wherever it is read. */
interface AuditSource {
  verify(): Promise<AuditVerification>;
  page(cursor: string | undefined): Promise<EntryPage>;
}

function inTable(table: StoreTable, { tenant, day, head, object }: Wanted): AuditSource {
  const stores = { audit: auditLog(table) };
  return {
    verify: () => verifyAudit({ tenantId: tenant, day, keptHash: head }, stores),
    page: (cursor) =>
      listAuditEntries(
        { tenantId: tenant, day, limit: ENTRIES_PER_PAGE, cursor, kind: 'access', object },
        stores,
      ),
  };
}

/** A service that runs has the table open: it is asked over its own API. Undefined when none runs here. */
async function byService({ tenant, day, head, object }: Wanted): Promise<AuditSource | undefined> {
  const keys = await openLocalKeys(keysDirectoryOf(dataDirectoryOf(process.env)), Date.now());
  const token = await keys.issue({ tenantId: tenant, scopes: ['audit:read'], nowMs: Date.now() });
  const base = `http://127.0.0.1:${process.env.PORT ?? '3000'}/v1/audit/days/${day}`;
  const ask = (path: string, query: Readonly<Record<string, string | undefined>>) => {
    const given = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, value);
    return fetch(`${base}${path}?${given}`, {
      headers: { authorization: `Bearer ${token}` },
    });
  };
  const answered = async (response: Response): Promise<unknown> => {
    if (!response.ok) throw new Error(`the service answers ${response.status}: ${await response.text()}`);
    return response.json();
  };
  const first = await ask('', { keptHash: head }).catch(() => undefined);
  // Whoever refuses the token has other keys: another service, on another folder.
  if (first === undefined || first.status === 401) return undefined;
  return {
    verify: async () => auditVerification.parse(await answered(first)),
    page: async (cursor) =>
      listAuditEntriesContract.response.parse(
        await answered(
          await ask('/entries', { kind: 'access', limit: String(ENTRIES_PER_PAGE), cursor, object }),
        ),
      ),
  };
}

/**
 * A service seals behind its answers, so one that was stopped may have left changes unsealed. Goes on where it
 * stopped, as its next start would.
 */
async function sealWhatWaits(table: StoreTable, endpoint: string, dataDirectory: string): Promise<void> {
  const stream = await openTableStream(table, endpoint);
  const failures: unknown[] = [];
  let sealed = 0;
  const seal = createSealer({ table, random: Math.random, sleep: (ms) => sleepFor(ms), log: () => {} });
  const pump = await startStreamPump({
    stream,
    consumers: [
      {
        name: 'sealer',
        handle: async (event) => {
          await seal(event);
          sealed += event.Records.length;
        },
      },
    ],
    directory: backgroundDirectoryOf(dataDirectory),
    sleep: (ms, signal) => sleepFor(ms, undefined, { signal }).catch(() => undefined),
    onFailure: (_, error) => failures.push(error),
  });
  await pump.drained();
  await pump.stop();
  stream.close();
  if (failures.length > 0) throw new Error('changes could not be sealed', { cause: failures[0] });
  if (sealed > 0) console.error(`${sealed} changes had waited to be sealed`);
}

async function withSource<Result>(wanted: Wanted, work: (source: AuditSource) => Promise<Result>) {
  if (wanted.table !== undefined) return work(inTable(openTable({ tableName: wanted.table }), wanted));
  const dataDirectory = dataDirectoryOf(process.env);
  if (!existsSync(dataDirectory)) {
    throw new Error(`there is nothing in ${dataDirectory}: name the data in DATA_DIRECTORY`);
  }
  const running = await byService(wanted);
  if (running !== undefined) return work(running);
  const engine = await startEngine({ dataDirectory: join(dataDirectory, 'engine') });
  const table = openTable({ endpoint: engine.endpoint, tableName: LOCAL_TABLE_NAME });
  try {
    // An engine that was given may have its own service, which seals.
    if (engine.name !== 'endpoint') await sealWhatWaits(table, engine.endpoint, dataDirectory);
    return await work(inTable(table, wanted));
  } finally {
    table.client.destroy();
    await engine.stop();
  }
}

function printVerification({ tenant, day }: Wanted, result: AuditVerification): void {
  const { verified, head, problems, repeats } = result;
  console.log(`${tenant} ${day}: ${verified ? 'whole' : 'NOT WHOLE'}`);
  if (head === null) console.log('Nothing was written that day.');
  else {
    console.log(`${head.entries} entries in ${head.segments} segments, ${repeats} of them repeats`);
    console.log(`head ${head.hash}`);
  }
  for (const { code, segment, detail } of problems) {
    console.log(`  ${code}${segment === null ? '' : ` in segment ${segment}`}: ${detail}`);
  }
}

async function printReads({ page }: AuditSource, object: string | undefined): Promise<void> {
  const print = (entry: AuditEntry) => {
    if (entry.kind !== 'access') return;
    const { actor, objects, recordedAt } = entry;
    const read = object ?? objects.join(' ');
    console.log(`${recordedAt}  ${actor.tenantId} ${actor.subject}  ${actor.operation}  ${read}`);
  };
  let reads = 0;
  let cursor: string | undefined;
  console.log(`\nWho read ${object ?? 'what'}:`);
  do {
    const { entries, nextCursor } = await page(cursor);
    entries.forEach(print);
    reads += entries.length;
    cursor = nextCursor;
  } while (cursor !== undefined);
  if (reads === 0) console.log('Nobody.');
}

function wantedOf(args: string[]): Wanted {
  const text = { type: 'string' } as const;
  const options = { tenant: text, day: text, head: text, object: text, table: text } as const;
  const { values } = parseArgs({ args, options: { ...options, reads: { type: 'boolean', default: false } } });
  return parse(wantedSchema, { day: new Date().toISOString().slice(0, 10), ...values });
}

if (import.meta.main) {
  try {
    const wanted = wantedOf(process.argv.slice(2));
    process.exitCode = await withSource(wanted, async (source) => {
      const result = await source.verify();
      printVerification(wanted, result);
      if (wanted.reads || wanted.object !== undefined) await printReads(source, wanted.object);
      return result.verified ? 0 : 1;
    });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exitCode = 2;
  }
}
