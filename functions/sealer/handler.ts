import { type AuditLogOptions, auditLog } from '../../shared/store/audit-log.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { itemChangesOf } from '../../shared/store/item-changes.ts';
import { type SealedLog, sealChanges } from './seal-changes.ts';

export interface SealerDependencies extends AuditLogOptions {
  readonly table: StoreTable;
  readonly log: (sealed: SealedLog) => void;
}

/** The consumer of the table's stream that keeps the audit log. A failed batch is delivered again, whole. */
export function createHandler(dependencies: SealerDependencies) {
  const audit = auditLog(dependencies.table);
  return (event: unknown): Promise<void> => sealChanges(itemChangesOf(event), { ...dependencies, audit });
}
