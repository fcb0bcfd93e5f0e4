import { createReadStream } from 'node:fs';
import { copyFile, mkdir, readdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ImportFiles } from '../../functions/ingest/file/import-files.ts';
import { type RunImportDependencies, runImport } from '../../functions/ingest/file/run-import.ts';
import { importOfFileKey } from '../../shared/domain/file-import.ts';

const UPLOAD_MS = 3_600_000;
/** A file that was not written to for this long is there whole. */
const SETTLED_MS = 1_000;

/**
 * A folder in the place of the bucket: the same keys, as paths. An upload URL is a file URL: copy the file
 * there.
 */
export function importFolder(directory: string): ImportFiles {
  const pathOf = (key: string) => join(directory, ...key.split('/'));
  const urlOf = (key: string) => pathToFileURL(pathOf(key)).href;
  return {
    async uploadUrl(key, nowMs) {
      await mkdir(dirname(pathOf(key)), { recursive: true });
      return { url: urlOf(key), expiresAtMs: nowMs + UPLOAD_MS };
    },
    downloadUrl: async (key) => urlOf(key),
    open: async (key) => createReadStream(pathOf(key)),
    async save(key, path) {
      await mkdir(dirname(pathOf(key)), { recursive: true });
      await copyFile(path, pathOf(key));
    },
  };
}

/**
 * Import every file that has arrived in the folder, and set each aside. Returns how many. One that failed stays
 * and is tried again the next time.
 */
export async function importArrivals(
  directory: string,
  dependencies: RunImportDependencies,
): Promise<number> {
  let imported = 0;
  const inbox = join(directory, 'imports');
  for (const tenant of await readdir(inbox).catch(() => [])) {
    for (const name of await readdir(join(inbox, tenant))) {
      const arrived = importOfFileKey(`imports/${tenant}/${name}`);
      if (arrived === undefined) continue;
      const path = join(inbox, tenant, name);
      const { mtimeMs } = await stat(path);
      if (dependencies.nowMs() - mtimeMs < SETTLED_MS) continue;
      if ((await runImport(arrived, dependencies)) !== undefined) imported += 1;
      const done = join(directory, 'imported', tenant);
      await mkdir(done, { recursive: true });
      await rename(path, join(done, name));
    }
  }
  return imported;
}

const LOOK_INTERVAL_MS = 1_000;

/** Look for arrivals every second. A failure is the import's own, which says so; it is tried again. */
export function watchImports(
  directory: string,
  dependencies: RunImportDependencies,
): { stop: () => Promise<void> } {
  let looking: Promise<unknown> | undefined;
  const timer = setInterval(() => {
    looking ??= importArrivals(directory, dependencies)
      .catch((error: unknown) => console.error(error))
      .finally(() => {
        looking = undefined;
      });
  }, LOOK_INTERVAL_MS);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}
