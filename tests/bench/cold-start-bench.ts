import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { bundleFunction, zipBytes } from '../../infra/constructs/bundle-function.ts';
import { startEngine } from '../../infra/local/engine.ts';
import { deployedFunctions, entryOf } from '../../infra/stacks/functions.ts';
import type { RateLimitSettings } from '../../shared/http/rate-limit.ts';
import { createTable } from '../../shared/store/create-table.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { httpEvent } from '../support/http-event.ts';
import { INCUBATOR, PROGRAM_ID, storeCounty } from './bench-county.ts';
import type { BenchGroup, BenchOptions } from './bench-group.ts';
import { quartiles } from './measure-interleaved.ts';
import { against, counted, latency, type ReportedMeasurement } from './measurement.ts';
import { simulatedHistories } from './simulated-histories.ts';

const STARTS = 15;
const STARTS_QUICK = 1;
const TABLE_NAME = 'cold-start';
const SCORING_FUNCTION = 'applications';
/** A client's budget is one item more to write: it is part of what a first request waits for. */
const RATE_LIMITS: RateLimitSettings = {
  default: { read: { ratePerSecond: 50, burst: 500 }, write: { ratePerSecond: 50, burst: 500 } },
  tenants: {},
};

/** How large each function is to fetch, and how long the one that scores takes from nothing to an answer. */
export const coldStartBench: BenchGroup = {
  name: 'cold-start',
  run: async (options) => {
    const directory = await mkdtemp(join(tmpdir(), 'cunxin-bench-'));
    try {
      return [...(await zipSizes(directory, options)), ...(await coldStarts(directory, options))];
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

/** Of the very bundles that are deployed: Linux, arm64. */
async function zipSizes(
  directory: string,
  { quick, modelsDirectory }: BenchOptions,
): Promise<ReportedMeasurement[]> {
  const sizes: ReportedMeasurement[] = [];
  for (const [name, { onnx }] of Object.entries(deployedFunctions)) {
    // Deflating ONNX Runtime takes seconds.
    if (quick && onnx) continue;
    const bundle = await bundleFunction({
      name,
      entry: entryOf(name),
      outDirectory: join(directory, 'arm64'),
      onnx,
      platform: 'linux',
      architecture: 'arm64',
      modelsDirectory,
    });
    sizes.push(
      against(counted(`${name}, zip`, 'bytes', await zipBytes(bundle.directory))),
      against(counted(`${name}, unpacked`, 'bytes', bundle.bytes)),
    );
  }
  return sizes;
}

/** Instants, milliseconds since 1970, as a started process saw them. */
const processMarks = z.object({
  running: z.number(),
  imported: z.number(),
  answered: z.number(),
  statusCode: z.int().optional(),
});

const NOW = 'performance.timeOrigin + performance.now()';
const emptyProcess = `const now = ${NOW}; console.log(JSON.stringify({ running: now, imported: now, answered: now }));`;
const coldFunction = (module: string, event: unknown) => `
const running = ${NOW};
const { handler } = await import(${JSON.stringify(module)});
const imported = ${NOW};
const { statusCode, body } = await handler(${JSON.stringify(event)}, {});
const answered = ${NOW};
console.log(JSON.stringify({ running, imported, answered, statusCode }));
if (statusCode !== 201 && statusCode !== 200) console.error(body);
process.exit(0);`;

/**
 * A new process each time, from being spawned: the function's own bundle for this machine's processor, its
 * own top-level await (the model read, hashed, made a session, checked against its golden rows and thereby
 * warm), then one real application through the handler, which opens the first connection to the table, reads
 * two years of history, scores, decides and commits. In turn with a process that does nothing. Files come from
 * the page cache, so what Lambda adds to fetch and unpack the zip is not in it.
 */
async function coldStarts(
  directory: string,
  { quick, modelsDirectory }: BenchOptions,
): Promise<ReportedMeasurement[]> {
  const bundle = await bundleFunction({
    name: SCORING_FUNCTION,
    entry: entryOf(SCORING_FUNCTION),
    outDirectory: join(directory, 'here'),
    onnx: true,
    ...thisMachine(),
    modelsDirectory,
  });
  const engine = await startEngine({ inMemory: true });
  const table = openTable({ endpoint: engine.endpoint, tableName: TABLE_NAME });
  try {
    await createTable(table);
    const histories = simulatedHistories(1);
    await storeCounty(table, histories);
    const environment = {
      ...process.env,
      TABLE_NAME,
      RATE_LIMITS: JSON.stringify(RATE_LIMITS),
      MODELS_DIRECTORY: join(bundle.directory, 'models'),
      AWS_ENDPOINT_URL_DYNAMODB: engine.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
    };
    const module = pathToFileURL(join(bundle.directory, 'index.mjs')).href;
    const [history] = histories;
    if (history === undefined) throw new RangeError('no applicant');
    const { requestedPrincipalMinor, requestedTermMonths, purpose } = history.request;
    const eventOf = (start: number) =>
      httpEvent({
        routeKey: 'POST /v1/programs/{programId}/applications',
        tenant: INCUBATOR,
        scopes: ['applications:write'],
        params: { programId: PROGRAM_ID },
        headers: { 'idempotency-key': `cold-${start}` },
        body: {
          stationId: history.simulated.station.stationId,
          entrepreneurId: history.simulated.entrepreneur.entrepreneurId,
          requestedPrincipalMinor,
          requestedTermMonths,
          purpose,
        },
      });

    const empty: number[] = [];
    const ready: number[] = [];
    const answered: number[] = [];
    for (let start = 0; start < (quick ? STARTS_QUICK : STARTS); start += 1) {
      const nothing = await startProcess(emptyProcess, environment);
      empty.push(nothing.marks.running - nothing.spawnedMs);
      const { marks, spawnedMs } = await startProcess(coldFunction(module, eventOf(start)), environment);
      if (marks.statusCode !== 201) throw new Error(`a cold application was answered ${marks.statusCode}`);
      ready.push(marks.imported - spawnedMs);
      answered.push(marks.answered - spawnedMs);
    }
    const baseline = latency('cold start, empty Node process', 'ms', quartiles(empty));
    return [
      against(
        latency(`cold start, ${SCORING_FUNCTION}: model verified and warm`, 'ms', quartiles(ready)),
        baseline,
      ),
      against(
        latency(`cold start, ${SCORING_FUNCTION}: first decision answered`, 'ms', quartiles(answered)),
        baseline,
      ),
      against(baseline),
    ];
  } finally {
    table.client.destroy();
    await engine.stop();
  }
}

function thisMachine() {
  const { platform, arch } = process;
  if (platform !== 'linux' && platform !== 'darwin' && platform !== 'win32') {
    throw new Error(`ONNX Runtime has no binary for ${platform}`);
  }
  return { platform, architecture: arch === 'arm64' ? 'arm64' : 'x64' } as const;
}

function startProcess(
  script: string,
  environment: NodeJS.ProcessEnv,
): Promise<{ marks: z.output<typeof processMarks>; spawnedMs: number }> {
  return new Promise((done, fail) => {
    const spawnedMs = performance.timeOrigin + performance.now();
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString('utf8');
    });
    child.once('error', fail);
    child.once('close', (code) => {
      // Before its marks a function prints its log, a line of JSON for each request.
      const line = output.trim().split('\n').at(-1) ?? '';
      if (code !== 0 || line === '') return fail(new Error(`cold process ended with ${code}: ${errors}`));
      const marks = processMarks.safeParse(JSON.parse(line));
      if (marks.success) done({ marks: marks.data, spawnedMs });
      else fail(new Error(`cold process gave no marks: ${line}`));
    });
  });
}
