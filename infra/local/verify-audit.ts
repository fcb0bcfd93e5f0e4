import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { auditVerification } from '../../shared/domain/audit.ts';
import { businessDate } from '../../shared/domain/calendar.ts';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { parse } from '../../shared/domain/parse.ts';
import { verifyAuditDay } from '../../shared/store/audit-chain.ts';
import { auditLog } from '../../shared/store/audit-log.ts';
import { openTable, type StoreTable } from '../../shared/store/dynamo.ts';
import { dataDirectoryOf, keysDirectoryOf } from './data-directory.ts';
import { startEngine } from './engine.ts';
import { openLocalKeys } from './local-tokens.ts';

const USAGE = `npm run verify-audit -- --tenant ten_… --day YYYY-MM-DD [--head SHA256] [--table NAME]

  --day    in UTC
  --head   a head of that day you kept earlier: the chain must have passed through it
  --table  the table of a deployment, with your AWS credentials; without it, this machine's

Ends with 0 when the log is whole, 1 when it is not.`;

const LOCAL_TABLE_NAME = 'cunxin';

const wanted = z.object({
  tenant: tenantId,
  day: businessDate,
  head: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  table: z.string().optional(),
});
type Wanted = z.output<typeof wanted>;

async function verifyIn(table: StoreTable, { tenant, day, head: keptHash }: Wanted) {
  const log = auditLog(table);
  const head = await log.readHead(tenant, day);
  const segments = log.segments(tenant, day, 0, Math.max(1, head?.segments ?? 1));
  return verifyAuditDay({ tenantId: tenant, day, head, segments, keptHash });
}

/** A service that runs has the table open: it is asked over its own API. Undefined when none runs. */
async function verifyByService({ tenant, day, head }: Wanted) {
  const keys = await openLocalKeys(keysDirectoryOf(dataDirectoryOf(process.env)), Date.now());
  const token = await keys.issue({ tenantId: tenant, scopes: ['audit:read'], nowMs: Date.now() });
  const url = `http://127.0.0.1:${process.env.PORT ?? '3000'}/v1/audit/days/${day}`;
  const response = await fetch(head === undefined ? url : `${url}?keptHash=${head}`, {
    headers: { authorization: `Bearer ${token}` },
  }).catch(() => undefined);
  if (response === undefined || response.status === 401) return undefined;
  return auditVerification.parse(await response.json());
}

async function verifyOnThisMachine(options: Wanted) {
  const byService = await verifyByService(options);
  if (byService !== undefined) return byService;
  const engine = await startEngine({ dataDirectory: join(dataDirectoryOf(process.env), 'engine') });
  try {
    return await verifyIn(openTable({ endpoint: engine.endpoint, tableName: LOCAL_TABLE_NAME }), options);
  } finally {
    await engine.stop();
  }
}

function optionsOf(args: string[]): Wanted {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({ args, options: { tenant: text, day: text, head: text, table: text } });
    return parse(wanted, values);
  } catch (error) {
    console.error(USAGE);
    console.error(error instanceof Error ? `\n${error.message}` : '');
    process.exit(2);
  }
}

if (import.meta.main) {
  const options = optionsOf(process.argv.slice(2));
  const result =
    options.table === undefined
      ? await verifyOnThisMachine(options)
      : await verifyIn(openTable({ tableName: options.table }), options);
  const { verified, head, problems, repeats } = result;
  console.log(`${options.tenant} ${options.day}: ${verified ? 'whole' : 'NOT WHOLE'}`);
  if (head === null) console.log('Nothing was written that day.');
  else console.log(`${head.entries} entries in ${head.segments} segments, ${repeats} of them repeats`);
  if (head !== null) console.log(`head ${head.hash}`);
  for (const { code, segment, detail } of problems) {
    console.log(`  ${code}${segment === null ? '' : ` in segment ${segment}`}: ${detail}`);
  }
  process.exitCode = verified ? 0 : 1;
}
