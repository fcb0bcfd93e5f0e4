import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { rmSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { z } from 'zod';
import { routes } from '../../../functions/routes.ts';
import { type LocalService, startLocal } from '../../../infra/local/start.ts';
import type { RouteDefinition } from '../../../shared/http/route.ts';
import { scopeNames } from '../../../shared/http/scopes.ts';
import { callers, fuzzConfig } from './fuzz-config.ts';
import { type FuzzWorld, makeFuzzWorld } from './fuzz-world.ts';

/** The version whose options and report this command was written against. */
const SCHEMATHESIS = 'schemathesis==4.32.5';
const groups = [...new Set(routes.map(({ tag }) => tag))];

const USAGE = `Usage: npm run fuzz -- [--group TAG] [--cases 2000] [--seed N] [--schemathesis COMMAND]

Starts the API on a folder of its own with a county at work, and lets schemathesis, a public fuzzer of OpenAPI
services, send at least so many requests to every group of operations: no 5xx, no status and no header that
/openapi.json does not name, no answer that breaks its schema, nothing refused that is valid, nothing accepted
that is not. --group may be repeated: ${groups.join(', ')}.
`;

const INSTALL = `schemathesis is not on the PATH. It is a Python program, of PyPI:
  pip install ${SCHEMATHESIS}
or name the command that runs it: --schemathesis "uvx ${SCHEMATHESIS}"`;

const fuzzArguments = z.object({
  group: z.array(z.enum(groups as [string, ...string[]])).default(groups),
  cases: z.coerce.number().pipe(z.int().min(1).max(1_000_000)).default(2_000),
  seed: z.coerce.number().pipe(z.int().min(0)).optional(),
  schemathesis: z.string().trim().min(1).default('schemathesis'),
});

/** Of schemathesis's report in JSON: what this command judges by. */
const fuzzReport = z.looseObject({
  complete: z.boolean(),
  operations: z.looseObject({ tested: z.int(), errored: z.int() }).nullable(),
  test_cases: z.looseObject({ generated: z.int(), unique_failures: z.int(), errored: z.int() }),
  errors: z.array(z.looseObject({ title: z.string() })),
  valid_rates: z.record(
    z.string(),
    z.record(z.string(), z.looseObject({ accepted: z.int(), unreachable: z.int() })),
  ),
});

interface GroupResult {
  readonly group: string;
  readonly operations: number;
  readonly cases: number;
  readonly accepted: number;
  readonly failures: number;
}

const STATIONS = 16;
/** For what runs behind the stream to come to the last write; a write it cannot take holds it up for good. */
const DRAIN_MS = 60_000;
const TOKEN_TTL_SECONDS = 86_400;
/** A group of few operations with few inputs runs out of them: it is sent again, by another seed. */
const ROUNDS_MAX = 40;

async function main(given: z.output<typeof fuzzArguments>): Promise<number> {
  const [program = '', ...options] = given.schemathesis.split(/\s+/);
  // It is run elsewhere, and leaves its own files there.
  const command = [program.includes('/') ? resolve(program) : program, ...options];
  if ((await exitOf([...command, '--version'], { output: 'ignore', cwd: tmpdir() })) !== 0) {
    console.error(INSTALL);
    return 2;
  }
  const seed = given.seed ?? randomInt(1_000_000);
  const directory = await mkdtemp(join(tmpdir(), 'cunxin-fuzz-'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      rmSync(directory, { recursive: true, force: true });
      process.exit(130);
    });
  }
  try {
    const made = join(directory, 'made');
    console.log(`A county of ${STATIONS} stations at work, seed ${seed}`);
    const world = await onService(made, (service) =>
      makeFuzzWorld({ service, nowMs: Date.now(), stations: STATIONS, seed }),
    );
    const results: GroupResult[] = [];
    for (const group of given.group) {
      // Each in a world of its own: what one group erases or pays off is there for the next.
      const dataDirectory = join(directory, group.replaceAll(/\W/g, '-'));
      await cp(made, dataDirectory, { recursive: true });
      const result = await onService(dataDirectory, (service, failuresBehind) =>
        fuzzGroup({
          group,
          service,
          failuresBehind,
          world,
          command,
          cases: given.cases,
          seed,
          dataDirectory,
        }),
      );
      // As they end: a long run may be cut short.
      console.log(`${group}: ${result.cases} cases, ${result.failures} failures`);
      results.push(result);
    }
    console.log(tableOf(results));
    const failed = results.filter(({ failures, cases }) => failures > 0 || cases < given.cases);
    if (failed.length === 0) return 0;
    console.log(
      `again: npm run fuzz -- --seed ${seed} --group ${failed.map((each) => each.group).join(' --group ')}`,
    );
    return 1;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function onService<Result>(
  dataDirectory: string,
  work: (service: LocalService, failuresBehind: () => number) => Promise<Result>,
): Promise<Result> {
  let failuresBehind = 0;
  const service = await startLocal({
    dataDirectory,
    port: 0,
    allowPrivateWebhooks: true,
    log: ({ fault, operation }) => fault !== null && console.error(operation, fault),
    onBackgroundFailure: (source, error) => {
      failuresBehind += 1;
      console.error(`behind the stream, ${source}:`, error);
    },
  });
  try {
    return await work(service, () => failuresBehind);
  } finally {
    await service.stop();
  }
}

interface GroupRun {
  readonly group: string;
  readonly service: LocalService;
  /** Work behind the table's stream, as events and the audit log, that a fuzzed write made fail. */
  readonly failuresBehind: () => number;
  readonly world: FuzzWorld;
  readonly command: readonly string[];
  readonly cases: number;
  readonly seed: number;
  readonly dataDirectory: string;
}

async function fuzzGroup(run: GroupRun): Promise<GroupResult> {
  const { group, service, world, command, seed, dataDirectory } = run;
  const ofGroup = (routes as readonly RouteDefinition[]).filter(({ tag }) => tag === group);
  const nowMs = Date.now();
  const tokens = Object.fromEntries(
    await Promise.all(
      Object.values(callers).map(async (tenantId) => {
        const ttlSeconds = TOKEN_TTL_SECONDS;
        return [tenantId, await service.keys.issue({ tenantId, scopes: scopeNames, nowMs, ttlSeconds })];
      }),
    ),
  );
  const result = { group, operations: ofGroup.length, cases: 0, accepted: 0, failures: 0 };
  for (let round = 0; round < ROUNDS_MAX && result.cases < run.cases && result.failures === 0; round += 1) {
    const configFile = join(dataDirectory, 'schemathesis.toml');
    const reportFile = join(dataDirectory, 'report.json');
    const cases = Math.ceil((run.cases - result.cases) / ofGroup.length);
    await writeFile(
      configFile,
      fuzzConfig({ routes: ofGroup, world, tokens, cases, seed: seed + round, reportFile }),
      { mode: 0o600 },
    );
    console.log(`\n${group}: ${ofGroup.length} operations, seed ${seed + round}`);
    await rm(reportFile, { force: true });
    await exitOf(
      [...command, '--config-file', configFile, 'run', '--include-tag', group, `${service.url}/openapi.json`],
      { output: 'inherit', cwd: dataDirectory },
    );
    const report = fuzzReport.parse(JSON.parse(await readFile(reportFile, 'utf8')));
    result.cases += report.test_cases.generated;
    result.accepted += Object.values(report.valid_rates)
      .flatMap((phases) => Object.values(phases))
      .reduce((sum, { accepted }) => sum + accepted, 0);
    const untested = ofGroup.length - (report.operations?.tested ?? 0);
    result.failures +=
      report.test_cases.unique_failures + report.errors.length + (report.complete && untested === 0 ? 0 : 1);
  }
  const drained = service.background.pump.drained().then(() => true);
  const isDrained = await Promise.race([drained, sleep(DRAIN_MS, false, { ref: false })]);
  result.failures += run.failuresBehind() + (isDrained ? 0 : 1);
  return result;
}

/** The exit code of a command, run to its end; 127 when there is no such command. */
function exitOf(
  [name = '', ...args]: readonly string[],
  { output, cwd }: { readonly output: 'ignore' | 'inherit'; readonly cwd: string },
): Promise<number> {
  return new Promise((done) => {
    const child = spawn(name, args, { cwd, stdio: ['ignore', output, output] });
    child.once('error', () => done(127));
    child.once('exit', (code) => done(code ?? 1));
  });
}

function tableOf(results: readonly GroupResult[]): string {
  const table = new Table({
    head: ['group', 'operations', 'cases', 'accepted', 'failures'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const { group, operations, cases, accepted, failures } of results) {
    table.push([group, operations, cases, accepted, failures]);
  }
  return table.toString();
}

const { values } = parseArgs({
  options: {
    group: { type: 'string', multiple: true },
    cases: { type: 'string' },
    seed: { type: 'string' },
    schemathesis: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const given = fuzzArguments.safeParse(values);
if (values.help) console.log(USAGE);
else if (given.success) process.exitCode = await main(given.data);
else {
  for (const { path, message } of given.error.issues) console.error(`--${path.join('.')}: ${message}`);
  console.error(`\n${USAGE}`);
  process.exitCode = 2;
}
