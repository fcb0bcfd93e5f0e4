import { randomBytes, randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ingestTotals, type LogIngest } from '../../functions/ingest/ingest-metrics.ts';
import { requestExamples } from '../../functions/request-examples.ts';
import { routes } from '../../functions/routes.ts';
import { createHandler as createShadow } from '../../functions/shadow/handler.ts';
import { parse } from '../../shared/domain/parse.ts';
import { featureListHash, features } from '../../shared/features/feature-list.ts';
import { openApiDocument } from '../../shared/http/openapi.ts';
import { type RateLimitSettings, rateLimitSettings } from '../../shared/http/rate-limit.ts';
import { rateLimiter } from '../../shared/http/rate-limiter.ts';
import type { LogRequest, RequestRecord } from '../../shared/http/request-log.ts';
import { loadChallengers, loadChampion } from '../../shared/scoring/load-scorer.ts';
import { createTable } from '../../shared/store/create-table.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import { CapacityMeter, type ConsumedUnits, openTable, type StoreTable } from '../../shared/store/dynamo.ts';
import { importStore } from '../../shared/store/imports.ts';
import { ingestCountsStore } from '../../shared/store/ingest-counts.ts';
import { rateBudgetStore } from '../../shared/store/rate-budgets.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { tableAnswers } from '../../shared/store/table-health.ts';
import { resolveAll } from '../../shared/webhooks/public-address.ts';
import { authorizationServer } from './authorization-server.ts';
import { type Background, type BackgroundOptions, startBackground } from './background.ts';
import {
  backgroundDirectoryOf,
  dataDirectoryOf,
  keysDirectoryOf,
  machinesDirectoryOf,
  peopleDirectoryOf,
  personKeysDirectoryOf,
  webhookKeyDirectoryOf,
} from './data-directory.ts';
import { type EngineOptions, startEngine } from './engine.ts';
import { filePersonKeys } from './file-person-keys.ts';
import { fileWebhookSecrets } from './file-webhook-secrets.ts';
import { type LocalFunctionDependencies, localFunctions } from './functions.ts';
import { createGateway } from './gateway.ts';
import type { GatewayPage } from './gateway-page.ts';
import { importFolder, watchImports } from './import-folder.ts';
import { type LocalKeys, openLocalKeys } from './local-tokens.ts';
import { openLocalMachines } from './machines.ts';
import { openLocalPeople } from './people.ts';
import { referencePages } from './reference-page.ts';
import { LOCAL_TABLE_NAME } from './stored-table.ts';

/** For one client; as much as API Gateway's stage lets through in all. */
const RATE_LIMITS_DEFAULT: RateLimitSettings = {
  default: {
    read: { ratePerSecond: 500, burst: 1_000 },
    write: { ratePerSecond: 500, burst: 1_000 },
  },
  tenants: {},
};
const REGISTRY_FILE = fileURLToPath(new URL('../../models/registry.json', import.meta.url));

export interface StartLocalOptions {
  /** Holds the engine's data and the signing keys. */
  readonly dataDirectory: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Keep the table in memory; keys still need the folder. */
  readonly inMemory?: boolean;
  readonly engine?: EngineOptions['engine'];
  /** Default: the champion of models/registry.json. */
  readonly scorer?: LocalFunctionDependencies['scorer'];
  readonly nowMs?: () => number;
  /** Default: 500 requests a second for each client, reads and writes apart. */
  readonly rateLimits?: RateLimitSettings;
  readonly log?: LogRequest;
  readonly onConsumed?: (units: ConsumedUnits) => void;
  /** Told what each call of ingest did. */
  readonly onIngested?: LogIngest;
  /** Plain http and addresses of this machine are allowed to webhooks: to try them, and for tests. */
  readonly allowPrivateWebhooks?: boolean;
  readonly onDelivery?: BackgroundOptions['onDelivery'];
  /** Work behind the stream that failed and is tried again. Default: to standard error. */
  readonly onBackgroundFailure?: BackgroundOptions['onFailure'];
}

export interface LocalService {
  readonly url: string;
  readonly engine: { readonly name: string; readonly endpoint: string };
  readonly table: StoreTable;
  readonly keys: LocalKeys;
  /** What runs behind the table's stream: audit log, events, webhooks. */
  readonly background: Background;
  stop(): Promise<void>;
}

/** Everything on one machine, in one process: engine, table, functions, gateway. Used by `npm start` and the demo. */
export async function startLocal(options: StartLocalOptions): Promise<LocalService> {
  const { dataDirectory, port, nowMs = Date.now, log = () => {} } = options;
  const engine = await startEngine({
    ...(options.inMemory === true ? { inMemory: true } : { dataDirectory: join(dataDirectory, 'engine') }),
    ...(options.engine === undefined ? {} : { engine: options.engine }),
  });
  const capacity = new CapacityMeter();
  const table = openTable({
    endpoint: engine.endpoint,
    tableName: LOCAL_TABLE_NAME,
    onConsumed: (units) => {
      capacity.add(units);
      options.onConsumed?.(units);
    },
  });
  let background: Background | undefined;
  const release = async () => {
    await background?.stop();
    table.client.destroy();
    await engine.stop();
  };
  try {
    await createTable(table);
    const scorer = options.scorer ?? (await loadChampion(REGISTRY_FILE, { hash: featureListHash, features }));
    // A stand-in scorer means a registry that is not to be read.
    const challengers =
      options.scorer === undefined
        ? await loadChallengers(REGISTRY_FILE, { hash: featureListHash, features })
        : [];
    const personKeys = await filePersonKeys(personKeysDirectoryOf(dataDirectory));
    const webhooks = {
      secrets: await fileWebhookSecrets(webhookKeyDirectoryOf(dataDirectory)),
      resolve: resolveAll,
      allowPrivateAddresses: options.allowPrivateWebhooks === true,
    };
    const running = await startBackground({
      ...webhooks,
      table,
      endpoint: engine.endpoint,
      directory: backgroundDirectoryOf(dataDirectory),
      nowMs,
      random: Math.random,
      onFailure: options.onBackgroundFailure ?? console.error,
      consumers: [{ name: 'shadow', handle: createShadow({ table, challengers, onRefusal: console.warn }) }],
      ...(options.onDelivery === undefined ? {} : { onDelivery: options.onDelivery }),
    });
    background = running;
    const importsDirectory = join(dataDirectory, 'imports');
    const { onIngested } = options;
    const arrivals = watchImports(importsDirectory, {
      stations: stationStore(table),
      bundles: dayBundleStore(table),
      counts: ingestCountsStore(table),
      imports: importStore(table),
      files: importFolder(importsDirectory),
      nowMs,
      random: Math.random,
      sleep,
    });
    const functions = localFunctions({
      webhooks: { ...webhooks, queue: running.queue },
      table,
      scorer,
      personKeys,
      nowMs,
      log,
      limiter: rateLimiter({
        budgets: rateBudgetStore(table),
        settings: options.rateLimits ?? RATE_LIMITS_DEFAULT,
        onFailure: console.error,
      }),
      newId: (prefix) => `${prefix}_${randomUUID().replaceAll('-', '')}`,
      random: Math.random,
      sleep,
      importFiles: importFolder(importsDirectory),
      ...(onIngested === undefined
        ? {}
        : { ingestMeter: { writeUnits: () => capacity.writeUnits, log: onIngested } }),
    });
    const keys = await openLocalKeys(keysDirectoryOf(dataDirectory), nowMs());
    const document = openApiDocument({ routes, requestExamples, version: await packageVersion() });
    const gateway = await createGateway({
      routes,
      functions,
      keys,
      documents: new Map<string, () => Promise<unknown>>([
        ['/', async () => directory],
        ['/openapi.json', async () => document],
      ]),
      pages: new Map([...referencePages(), ['/healthz', () => healthPage(table)]]),
      authorization: authorizationServer({
        people: openLocalPeople(peopleDirectoryOf(dataDirectory)),
        machines: openLocalMachines(machinesDirectoryOf(dataDirectory)),
        keys,
        nowMs,
        newCode: () => randomBytes(32).toString('base64url'),
      }),
      nowMs,
      newRequestId: randomUUID,
      log,
    }).listen(port);
    return {
      url: gateway.url,
      engine,
      table,
      keys,
      background: running,
      async stop() {
        await gateway.close();
        await arrivals.stop();
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Whether requests can be served: the table answers a read. */
async function healthPage(table: StoreTable): Promise<GatewayPage> {
  const answers = await tableAnswers(table);
  return {
    status: answers ? 200 : 503,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(
      answers ? { status: 'ok', table: 'ok' } : { status: 'unavailable', table: 'does not answer' },
    ),
  };
}

const directory = {
  name: 'cunxin',
  api: '/v1',
  reference: '/docs',
  document: '/openapi.json',
  health: '/healthz',
  signIn: '/oauth2/authorize',
  token: 'npm run token -- --tenant ten_… --scope "stations:read …"',
};

async function packageVersion(): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

function printRecord(record: RequestRecord): void {
  const { level, operation, status, durationMs, tenantId, requestId, errorCode, fault } = record;
  const line = [
    status,
    operation,
    `${durationMs.toFixed(1)} ms`,
    tenantId ?? '-',
    requestId,
    errorCode ?? '',
  ];
  console[level](line.join('  ').trimEnd());
  if (fault !== null) console.error(fault);
}

if (import.meta.main) {
  const totals = ingestTotals();
  const port = z.coerce.number().pipe(z.int().min(0).max(65_535)).default(3000).parse(process.env.PORT);
  const dataDirectory = dataDirectoryOf(process.env);
  const { RATE_LIMITS } = process.env;
  const service = await startLocal({
    dataDirectory,
    port,
    log: printRecord,
    ...(RATE_LIMITS === undefined
      ? {}
      : { rateLimits: parse(rateLimitSettings, JSON.parse(RATE_LIMITS), { root: 'RATE_LIMITS' }) }),
    allowPrivateWebhooks: process.env.WEBHOOKS_ALLOW_PRIVATE_ADDRESSES === '1',
    onIngested: (record) => {
      totals.add(record);
      console.info(totals.line());
    },
  });
  console.log(
    [
      `Cunxin   ${service.url}/v1`,
      `API      ${service.url}/docs (${service.url}/openapi.json)`,
      `Health   ${service.url}/healthz`,
      `Engine   ${service.engine.name} at ${service.engine.endpoint}`,
      `Data     ${dataDirectory}`,
      'Token    npm run token -- --tenant ten_demo --scope "stations:read stations:write"',
      'Stop     Ctrl-C',
    ].join('\n'),
  );
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      service.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }
}
