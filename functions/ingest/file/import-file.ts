import { DomainError } from '../../../shared/domain/errors.ts';
import { stationId as stationIdSchema } from '../../../shared/domain/identifiers.ts';
import {
  type IngestRejection,
  type IngestRejectionCode,
  rejectionOf,
} from '../../../shared/domain/ingest-rejections.ts';
import type { Station } from '../../../shared/domain/station.ts';
import { type IngestDependencies, ingestTransactions } from '../ingest-transactions.ts';
import { type FileRecord, recordsOfText } from './file-records.ts';
import { textOfFile } from './file-text.ts';
import { defaultFileBounds, type FileBounds, type ImportStopCode, ImportStopped } from './import-stopped.ts';
import { fieldMapper, type ImportMapping, mappedBy, type RecordMapper } from './record-mapping.ts';
import { rejectLine, rejectsHeader } from './rejects-format.ts';

export interface ImportFileInput {
  readonly tenantId: string;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** How foreign columns become our fields; without, columns are named like them. */
  readonly mapping?: ImportMapping | undefined;
  /** The column that names the station, when it is not `stationId`. */
  readonly stationColumn?: string | undefined;
  /** The one station of all records, for a file that names none. */
  readonly stationId?: string | undefined;
  readonly bounds?: FileBounds;
}

export interface ImportFileDependencies extends IngestDependencies {
  /** Takes the rejects report, piece by piece. */
  readonly writeRejects: (text: string) => Promise<void>;
  readonly onProgress?: (progress: ImportProgress) => void | Promise<void>;
  /** The station to register under an id nobody has registered; without, its records are rejected. */
  readonly newStation?: (stationId: string) => Promise<Station | undefined>;
}

export interface ImportProgress {
  /** Records read so far; those not yet counted below are waiting to be written. */
  readonly records: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly rejected: number;
}

export interface ImportResult extends ImportProgress {
  readonly rejectedByCode: Readonly<Partial<Record<IngestRejectionCode, number>>>;
  /** Why the file could not be read to its end; what stood before is in. */
  readonly stopped: {
    readonly code: ImportStopCode;
    readonly line: number;
    readonly message: string;
  } | null;
}

/** Waiting records of all stations: enough that a day is written once or twice, some 20 MB. */
const WAITING_MAX = 12_000;
const WAITING_CHARACTERS_MAX = 6_000_000;
const WAITING_OF_STATION_MAX = 6_000;
const STATIONS_AT_ONCE_MAX = 4;
const SEND_ATTEMPTS_MAX = 8;
const STATIONS_KNOWN_MAX = 10_000;

/**
 * Take a file of transactions into the histories of its stations, in constant memory. Every record is accepted,
 * a duplicate or rejected, as by the HTTP API; rejected ones go to the report. Nothing is remembered of a file:
 * one that broke off, or was mended, is simply sent again, and what is already held is a duplicate.
 */
export async function importFile(
  input: ImportFileInput,
  dependencies: ImportFileDependencies,
): Promise<ImportResult> {
  const bounds = input.bounds ?? defaultFileBounds;
  const mapper = mapperOf(input);
  let stopped: ImportResult['stopped'] = null;
  let intake: FileIntake | undefined;
  try {
    const file = await recordsOfText(textOfFile(input.bytes, bounds), bounds);
    await dependencies.writeRejects(rejectsHeader(file.format, file.columns));
    intake = new FileIntake(input.tenantId, mapper, file, dependencies);
    for await (const record of file.records) await intake.take(record);
  } catch (error) {
    if (!(error instanceof ImportStopped)) throw error;
    stopped = { code: error.code, line: error.line, message: error.message };
  }
  const counts = intake === undefined ? nothing : await intake.finish();
  return { ...counts, stopped };
}

const nothing = { records: 0, accepted: 0, duplicates: 0, rejected: 0, rejectedByCode: {} };

function mapperOf({ mapping, stationColumn, stationId }: ImportFileInput): RecordMapper {
  if (mapping !== undefined) {
    return mappedBy(
      stationColumn === undefined
        ? mapping
        : { ...mapping, stationId: { column: stationColumn, prefix: 'stn_' } },
    );
  }
  const mapper = fieldMapper(stationColumn);
  if (stationId === undefined) return mapper;
  return { ...mapper, map: (record) => ({ ...mapper.map(record), stationId }) };
}

function charactersOf({ source }: FileRecord): number {
  return typeof source === 'string' ? source.length : source.reduce((sum, cell) => sum + cell.length, 0);
}

interface Waiting {
  readonly transactions: unknown[];
  readonly records: FileRecord[];
}

class FileIntake {
  readonly #tenantId: string;
  readonly #mapper: RecordMapper;
  readonly #file: { readonly format: 'csv' | 'ndjson'; readonly columns: readonly string[] };
  readonly #dependencies: ImportFileDependencies;
  readonly #stations = new Map<string, Promise<Station | undefined>>();
  readonly #waiting = new Map<string, Waiting>();
  /** What is being written, by station: two writers of one station would only meet on its days. */
  readonly #writing = new Map<string, Promise<void>>();
  #waitingCount = 0;
  #waitingCharacters = 0;
  #failure: { readonly error: unknown } | undefined;
  readonly #counts = { records: 0, accepted: 0, duplicates: 0, rejected: 0 };
  readonly #byCode: Partial<Record<IngestRejectionCode, number>> = {};

  constructor(
    tenantId: string,
    mapper: RecordMapper,
    file: { readonly format: 'csv' | 'ndjson'; readonly columns: readonly string[] },
    dependencies: ImportFileDependencies,
  ) {
    this.#tenantId = tenantId;
    this.#mapper = mapper;
    this.#file = file;
    this.#dependencies = dependencies;
  }

  async take(record: FileRecord): Promise<void> {
    this.#counts.records += 1;
    if (record.fault !== null) return this.#reject(record, rejectionOf(record.fault));
    const { stationId, transaction } = this.#mapper.map(record);
    const id = stationIdSchema.safeParse(stationId);
    if (!id.success || (await this.#station(id.data)) === undefined) {
      return this.#reject(record, rejectionOf('unknown_station'));
    }
    let waiting = this.#waiting.get(id.data);
    if (waiting === undefined) {
      waiting = { transactions: [], records: [] };
      this.#waiting.set(id.data, waiting);
    }
    waiting.transactions.push(transaction);
    waiting.records.push(record);
    this.#waitingCount += 1;
    this.#waitingCharacters += charactersOf(record);
    if (waiting.records.length >= WAITING_OF_STATION_MAX) await this.#send(id.data);
    if (this.#isFull(1)) await this.#sendLongest();
  }

  async finish(): Promise<Omit<ImportResult, 'stopped'>> {
    for (const stationId of [...this.#waiting.keys()]) await this.#send(stationId);
    await Promise.all(this.#writing.values());
    this.#raiseFailure();
    await this.#dependencies.onProgress?.({ ...this.#counts });
    return { ...this.#counts, rejectedByCode: this.#byCode };
  }

  #isFull(share: number): boolean {
    return (
      this.#waitingCount >= WAITING_MAX * share || this.#waitingCharacters >= WAITING_CHARACTERS_MAX * share
    );
  }

  #raiseFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Those that wait longest for company are left: a day is cheapest written whole. */
  async #sendLongest(): Promise<void> {
    const byLength = [...this.#waiting].sort(([, a], [, b]) => b.records.length - a.records.length);
    for (const [stationId] of byLength) {
      if (!this.#isFull(1 / 2)) return;
      await this.#send(stationId);
    }
  }

  /** Start writing what waits for a station; returns when there is room for more. */
  async #send(stationId: string): Promise<void> {
    const waiting = this.#waiting.get(stationId);
    if (waiting === undefined) return;
    this.#waiting.delete(stationId);
    await this.#writing.get(stationId);
    while (this.#writing.size >= STATIONS_AT_ONCE_MAX) await Promise.race(this.#writing.values());
    this.#raiseFailure();
    const written = this.#write(stationId, waiting)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => {
        this.#waitingCount -= waiting.records.length;
        for (const record of waiting.records) this.#waitingCharacters -= charactersOf(record);
        this.#writing.delete(stationId);
      });
    this.#writing.set(stationId, written);
    // What is being written counts as waiting, so memory stays bounded when the table is slow.
    if (this.#isFull(1)) await Promise.race(this.#writing.values());
  }

  async #write(stationId: string, { transactions, records }: Waiting): Promise<void> {
    const outcomes = await this.#ingest(stationId, transactions);
    for (const [index, outcome] of outcomes.entries()) {
      const record = records[index];
      if (outcome.status === 'accepted') this.#counts.accepted += 1;
      else if (outcome.status === 'duplicate') this.#counts.duplicates += 1;
      else if (record !== undefined) await this.#reject(record, outcome);
    }
    await this.#dependencies.onProgress?.({ ...this.#counts });
  }

  async #ingest(stationId: string, transactions: readonly unknown[]) {
    const { sleep } = this.#dependencies;
    const stations = { get: (_: string, id: string) => this.#station(id) };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ingestTransactions(
          { tenantId: this.#tenantId, stationId, transactions },
          { ...this.#dependencies, stations },
        );
      } catch (error) {
        const isBusy = error instanceof DomainError && error.code === 'too_many_requests';
        if (!isBusy || attempt === SEND_ATTEMPTS_MAX) throw error;
        await sleep((error.retryAfterSeconds ?? 1) * 1_000 * attempt);
      }
    }
  }

  async #reject(record: FileRecord, rejection: IngestRejection): Promise<void> {
    const { code, field, message } = rejection;
    this.#counts.rejected += 1;
    this.#byCode[code] = (this.#byCode[code] ?? 0) + 1;
    const column = field === '' ? '' : this.#mapper.columnOf(field.split('.')[0] ?? field);
    const reject = { line: record.line, column, code, field, message, source: record.source };
    await this.#dependencies.writeRejects(rejectLine(this.#file.format, this.#file.columns, reject));
  }

  #station(stationId: string): Promise<Station | undefined> {
    let known = this.#stations.get(stationId);
    if (known === undefined) {
      const { stations, newStation } = this.#dependencies;
      known = stations.get(this.#tenantId, stationId).then((station) => station ?? newStation?.(stationId));
      if (this.#stations.size >= STATIONS_KNOWN_MAX) this.#stations.clear();
      this.#stations.set(stationId, known);
    }
    return known;
  }
}
