import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileImport, importFileKey, importRejectsKey } from '../../../shared/domain/file-import.ts';
import { parse } from '../../../shared/domain/parse.ts';
import type { ImportStore } from '../../../shared/store/imports.ts';
import { type ImportFileDependencies, type ImportProgress, importFile } from './import-file.ts';
import type { ImportFiles } from './import-files.ts';
import { importReading } from './import-reading.ts';

export interface RunImportDependencies extends Omit<ImportFileDependencies, 'writeRejects' | 'onProgress'> {
  readonly imports: Pick<ImportStore, 'get' | 'put'>;
  readonly files: Pick<ImportFiles, 'open' | 'save'>;
}

/** How often progress is written down: it costs a write unit each time. */
const PROGRESS_INTERVAL_MS = 2_000;

/**
 * Import a file that has arrived: from waiting to done, its progress and its rejects report on the way. Told
 * twice of the same file, it finds duplicates. An import nobody asked for (a stray object) is passed over.
 */
export async function runImport(
  { tenantId, importId }: { readonly tenantId: string; readonly importId: string },
  dependencies: RunImportDependencies,
): Promise<FileImport | undefined> {
  const { imports, files, nowMs } = dependencies;
  const found = await imports.get(tenantId, importId);
  if (found === undefined) return undefined;
  let state = found.state;
  const move = async (change: Partial<FileImport>) => {
    state = { ...state, ...change, updatedAt: new Date(nowMs()).toISOString() };
    await imports.put(tenantId, { state, reading: found.reading });
  };
  const reading = parse(importReading, found.reading, { code: 'corrupt_record' });
  const directory = await mkdtemp(join(tmpdir(), 'import-'));
  const report = join(directory, 'rejects');
  const rejects = await open(report, 'w');
  try {
    await move({ status: 'running' });
    let writtenAtMs = nowMs();
    const onProgress = async (progress: ImportProgress) => {
      if (nowMs() - writtenAtMs < PROGRESS_INTERVAL_MS) return;
      writtenAtMs = nowMs();
      await move(progress);
    };
    const { stopped, ...counts } = await importFile(
      { tenantId, bytes: await files.open(importFileKey(tenantId, importId)), ...reading },
      {
        ...dependencies,
        onProgress,
        writeRejects: (text) => rejects.appendFile(text),
      },
    );
    await rejects.close();
    if (counts.rejected > 0) await files.save(importRejectsKey(tenantId, importId), report);
    await move({ ...counts, stopped, status: stopped === null ? 'done' : 'stopped' });
    return state;
  } catch (error) {
    await move({ status: 'failed' });
    throw error;
  } finally {
    await rejects.close().catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  }
}
