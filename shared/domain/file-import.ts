import { z } from 'zod';
import { instant } from './calendar.ts';
import { importId, tenantId } from './identifiers.ts';
import { ingestRejectionCodes } from './ingest-rejections.ts';

const count = z.int().min(0);

/**
 * `awaiting_upload` until the file is there, `running`, then `done`; `stopped` when the file could not be read
 * to its end; `failed` when something broke on our side: it is tried again by itself, or by sending the file again.
 */
export const importStatuses = ['awaiting_upload', 'running', 'done', 'stopped', 'failed'] as const;

/** A file on its way into the history, and how far it has come. */
export const fileImport = z.strictObject({
  importId,
  status: z.enum(importStatuses),
  createdAt: instant,
  updatedAt: instant,
  records: count.describe('Records read so far'),
  accepted: count,
  duplicates: count,
  rejected: count,
  rejectedByCode: z.partialRecord(z.enum(ingestRejectionCodes), count),
  stopped: z
    .strictObject({ code: z.string(), line: z.int().min(1), message: z.string() })
    .nullable()
    .describe('Where and why the file could not be read further; what stood before is in'),
});
export type FileImport = z.output<typeof fileImport>;

/** The object of a file, and of its rejects report: the tenant and the import are in the key. */
export const importFileKey = (tenant: string, id: string) => `imports/${tenant}/${id}`;
export const importRejectsKey = (tenant: string, id: string) => `rejects/${tenant}/${id}`;

/** Tenant and import of a file's key; undefined for any other object. */
export function importOfFileKey(key: string): { tenantId: string; importId: string } | undefined {
  const [folder, tenant, id, ...more] = key.split('/');
  const parsed = z.object({ tenantId, importId }).safeParse({ tenantId: tenant, importId: id });
  return folder === 'imports' && more.length === 0 && parsed.success ? parsed.data : undefined;
}
