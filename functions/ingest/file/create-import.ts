import { DomainError } from '../../../shared/domain/errors.ts';
import { importFileKey, importRejectsKey } from '../../../shared/domain/file-import.ts';
import type { NewId } from '../../../shared/domain/identifiers.ts';
import type { ImportStore } from '../../../shared/store/imports.ts';
import type { ImportFiles } from './import-files.ts';
import type { ImportReading } from './import-reading.ts';

export interface ImportsDependencies {
  readonly imports: Pick<ImportStore, 'get' | 'put'>;
  readonly files: Pick<ImportFiles, 'uploadUrl' | 'downloadUrl'>;
  readonly newId: NewId;
  readonly nowMs: () => number;
}

/** Open an import: where to put its file. The import begins when the file is there. */
export async function createImport(
  { tenantId, reading }: { readonly tenantId: string; readonly reading: ImportReading },
  { imports, files, newId, nowMs }: ImportsDependencies,
) {
  const now = nowMs();
  const importId = newId('imp');
  const at = new Date(now).toISOString();
  const state = {
    importId,
    status: 'awaiting_upload' as const,
    createdAt: at,
    updatedAt: at,
    records: 0,
    accepted: 0,
    duplicates: 0,
    rejected: 0,
    rejectedByCode: {},
    stopped: null,
  };
  const { url, expiresAtMs } = await files.uploadUrl(importFileKey(tenantId, importId), now);
  await imports.put(tenantId, { state, reading });
  return {
    ...state,
    upload: { method: 'PUT' as const, url, expiresAt: new Date(expiresAtMs).toISOString() },
  };
}

/** How far an import has come and, when records were rejected, where their report is. */
export async function getImport(
  { tenantId, importId }: { readonly tenantId: string; readonly importId: string },
  { imports, files }: Pick<ImportsDependencies, 'imports' | 'files'>,
) {
  const found = await imports.get(tenantId, importId);
  if (found === undefined) throw new DomainError('not_found', 'no such import');
  const { state } = found;
  const hasReport = state.rejected > 0 && state.status !== 'running' && state.status !== 'failed';
  const url = hasReport ? await files.downloadUrl(importRejectsKey(tenantId, importId)) : undefined;
  return { ...state, ...(url === undefined ? {} : { rejectsUrl: url }) };
}
