import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import type { z } from 'zod';
import { type ImportResult, importFile } from '../../functions/ingest/file/import-file.ts';
import { importMapping } from '../../functions/ingest/file/record-mapping.ts';
import { parse } from '../../shared/domain/parse.ts';
import { type Station, station } from '../../shared/domain/station.ts';
import { createTable } from '../../shared/store/create-table.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import { CapacityMeter, openTable } from '../../shared/store/dynamo.ts';
import { ingestCountsStore } from '../../shared/store/ingest-counts.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { dataDirectoryOf } from './data-directory.ts';
import { startEngine } from './engine.ts';
import { IMPORT_USAGE, importArgumentsOf } from './import-arguments.ts';
import { LOCAL_TABLE_NAME } from './stored-table.ts';

const stationProperties = station.omit({ stationId: true, village: true });

interface Measured extends ImportResult {
  readonly seconds: number;
  readonly transactionsPerSecond: number;
  readonly writeUnitsPer1000: number;
  readonly peakResidentBytes: number;
  readonly rejectsFile: string | null;
}

async function runImport(given: ReturnType<typeof importArgumentsOf>): Promise<Measured> {
  const mapping = await jsonFile(given.mapping, importMapping);
  const properties = await jsonFile(given['register-stations'], stationProperties);
  const { size } = await stat(given.file);
  const dataDirectory = dataDirectoryOf(process.env);
  const engine = await startEngine({ dataDirectory: join(dataDirectory, 'engine') });
  const meter = new CapacityMeter();
  const table = openTable({ endpoint: engine.endpoint, tableName: LOCAL_TABLE_NAME, onConsumed: meter.add });
  const rejects = new RejectsFile(given.rejects ?? given.file);
  const show = progressOf(size, given.json);
  const startedMs = performance.now();
  let bytesRead = 0;
  try {
    await createTable(table);
    const stations = stationStore(table);
    const asOf = given['as-of'];
    const bytes = createReadStream(given.file, { highWaterMark: 256 * 1_024 });
    bytes.on('data', (chunk) => {
      bytesRead += chunk.length;
    });
    const result = await importFile(
      {
        tenantId: given.tenant,
        bytes,
        mapping,
        stationColumn: given['station-column'],
        stationId: given.station,
      },
      {
        stations,
        bundles: dayBundleStore(table),
        counts: ingestCountsStore(table),
        nowMs: asOf === undefined ? Date.now : () => Date.parse(asOf),
        random: Math.random,
        sleep: (ms) => sleep(ms),
        writeRejects: (text) => rejects.write(text),
        onProgress: (progress) =>
          show(
            bytesRead,
            progress.accepted + progress.duplicates + progress.rejected,
            performance.now() - startedMs,
          ),
        ...(properties === undefined
          ? {}
          : {
              newStation: async (stationId: string): Promise<Station> => {
                const added = { ...properties, stationId, village: stationId.slice('stn_'.length) };
                await stations.put(given.tenant, added);
                return added;
              },
            }),
      },
    );
    const seconds = (performance.now() - startedMs) / 1_000;
    const taken = result.accepted + result.duplicates;
    return {
      ...result,
      seconds,
      transactionsPerSecond: taken / seconds,
      writeUnitsPer1000: result.accepted === 0 ? 0 : (meter.writeUnits / result.accepted) * 1_000,
      peakResidentBytes: process.resourceUsage().maxRSS * 1_024,
      rejectsFile: await rejects.close(result.rejected),
    };
  } finally {
    show.stop();
    table.client.destroy();
    await engine.stop();
  }
}

async function jsonFile<Schema extends z.ZodType>(
  path: string | undefined,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  if (path === undefined) return undefined;
  return parse(schema, JSON.parse(await readFile(path, 'utf8')), { root: path });
}

/** The rejects report beside the file, there only when something was rejected. */
class RejectsFile {
  readonly #wanted: string;
  #handle: FileHandle | undefined;
  #path = '';

  constructor(wanted: string) {
    this.#wanted = wanted;
  }

  async write(text: string): Promise<void> {
    if (this.#handle === undefined) {
      // The header comes first, and only CSV has one.
      this.#path = `${this.#wanted}.rejects.${text === '' ? 'ndjson' : 'csv'}`;
      this.#handle = await open(this.#path, 'w');
    }
    await this.#handle.appendFile(text);
  }

  async close(rejected: number): Promise<string | null> {
    await this.#handle?.close();
    if (rejected > 0) return this.#path;
    if (this.#path !== '') await rm(this.#path, { force: true });
    return null;
  }
}

function progressOf(bytesTotal: number, quiet: boolean) {
  const stop = { stop: () => {} };
  if (quiet) return Object.assign(() => {}, stop);
  if (!process.stdout.isTTY) {
    let saidMs = 0;
    return Object.assign((bytes: number, records: number, elapsedMs: number) => {
      if (elapsedMs - saidMs < 5_000) return;
      saidMs = elapsedMs;
      const share = Math.floor((100 * bytes) / Math.max(1, bytesTotal));
      console.log(`  ${share} %, ${records} records, ${Math.round((records / elapsedMs) * 1_000)} a second`);
    }, stop);
  }
  const bar = new SingleBar({
    format: '  {bar} {percentage} %  {records} records, {rate} a second, {eta_formatted} to go',
    hideCursor: true,
  });
  bar.start(bytesTotal, 0, { records: 0, rate: 0 });
  return Object.assign(
    (bytes: number, records: number, elapsedMs: number) =>
      bar.update(Math.min(bytes, bytesTotal), { records, rate: Math.round((records / elapsedMs) * 1_000) }),
    { stop: () => bar.stop() },
  );
}

function printed(result: Measured): string {
  const codes = Object.entries(result.rejectedByCode).map(([code, count]) => `  ${count} ${code}`);
  return [
    `${result.records} records: ${result.accepted} accepted, ${result.duplicates} duplicates, ${result.rejected} rejected`,
    ...codes,
    `${result.seconds.toFixed(1)} s, ${Math.round(result.transactionsPerSecond)} transactions a second, ` +
      `${result.writeUnitsPer1000.toFixed(1)} write units per 1,000, ` +
      `peak memory ${Math.round(result.peakResidentBytes / 1e6)} MB`,
    ...(result.rejectsFile === null
      ? []
      : [`Mend and send again: ${result.rejectsFile} (line, column, code of each record)`]),
    ...(result.stopped === null
      ? []
      : [`Stopped: ${result.stopped.code}, ${result.stopped.message}. What stood before is in.`]),
  ].join('\n');
}

if (import.meta.main) {
  let given: ReturnType<typeof importArgumentsOf> | undefined;
  try {
    given = importArgumentsOf(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${IMPORT_USAGE}`);
    process.exitCode = 2;
  }
  if (given !== undefined) {
    const result = await runImport(given);
    console.log(given.json ? JSON.stringify(result) : printed(result));
    if (result.stopped !== null) process.exitCode = 1;
  }
}
