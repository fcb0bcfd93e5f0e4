import { z } from 'zod';
import { type AuditEntry, type AuditHead, auditedAccess } from '../../shared/domain/audit.ts';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { parse } from '../../shared/domain/parse.ts';
import type { AuditLog, AuditLogOptions } from '../../shared/store/audit-log.ts';
import type { ItemChange } from '../../shared/store/item-changes.ts';
import {
  ACCESS_MARK,
  AUDIT_MARK,
  DEAD_LETTER_PREFIX,
  EVENTS_MARK,
  IDEMPOTENCY_MARK,
  RATE_MARK,
} from '../../shared/store/table.ts';
import { tenantOf } from '../../shared/store/tenancy.ts';

export interface SealedLog {
  readonly tenantId: string;
  readonly day: string;
  readonly head: AuditHead;
}

export interface SealChangesDependencies extends AuditLogOptions {
  readonly audit: Pick<AuditLog, 'append'>;
  /** Told of every new head: kept apart from the table, it shows a log that was rewritten to its end. */
  readonly log: (sealed: SealedLog) => void;
}

/**
 * Seal changes into the audit logs of the tenants they concern, in the order of the stream: one append for each
 * tenant and day. A repeated delivery is sealed again; the verifier knows repeats.
 */
export async function sealChanges(
  changes: readonly ItemChange[],
  { audit, log, ...options }: SealChangesDependencies,
): Promise<void> {
  const logs = new Map<string, { tenantId: string; day: string; entries: AuditEntry[] }>();
  for (const change of changes) {
    const entry = entryOf(change);
    if (entry === undefined) continue;
    const day = entry.recordedAt.slice(0, 10);
    for (const tenant of tenantsOf(entry, change)) {
      const name = `${tenant}#${day}`;
      const found = logs.get(name) ?? { tenantId: tenant, day, entries: [] };
      found.entries.push(entry);
      logs.set(name, found);
    }
  }
  for (const { tenantId: tenant, day, entries } of logs.values()) {
    log({ tenantId: tenant, day, head: await audit.append(tenant, day, entries, options) });
  }
}

const { actor, objects, ownerTenantIds } = auditedAccess.shape;
const storedAccess = z.object({ access: z.object({ actor, objects, ownerTenantIds }) });

/** The entry of a change; undefined for bookkeeping that follows from what is audited, or would feed on itself. */
function entryOf(change: ItemChange): AuditEntry | undefined {
  const { pk, sk } = change.key;
  const isBookkeeping =
    pk.includes(AUDIT_MARK) ||
    pk.endsWith(EVENTS_MARK) ||
    pk.endsWith(IDEMPOTENCY_MARK) ||
    pk.includes(RATE_MARK) ||
    sk.startsWith(DEAD_LETTER_PREFIX);
  if (isBookkeeping) return undefined;
  const { sequenceNumber, recordedAt } = change;
  if (pk.includes(ACCESS_MARK)) {
    if (change.item === undefined || change.change !== 'insert') return undefined;
    const { access } = parse(storedAccess, change.item, { code: 'corrupt_record' });
    return { kind: 'access', sequenceNumber, recordedAt, ...access };
  }
  return {
    kind: 'change',
    sequenceNumber,
    recordedAt,
    actor: change.actor,
    change: change.change,
    item: { pk, sk },
    contentHash: change.contentHash,
    previousContentHash: change.previousContentHash,
  };
}

/** Whose log an entry belongs in: the item's tenant; for an access the reader and all whose items were read. */
function tenantsOf(entry: AuditEntry, change: ItemChange): string[] {
  if (entry.kind === 'access') return [...new Set([entry.actor.tenantId, ...entry.ownerTenantIds])];
  // A machine client's item has no tenant in its key: the tenant it acts for is its content.
  const named = (change.item ?? change.previousItem)?.tenantId;
  const owner = [tenantOf(entry.item.pk), named].find((tenant) => tenantId.safeParse(tenant).success);
  return typeof owner === 'string' ? [owner] : [];
}
