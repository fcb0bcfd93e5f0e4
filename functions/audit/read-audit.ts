import type { AuditEntry, AuditVerification } from '../../shared/domain/audit.ts';
import { fieldError } from '../../shared/domain/errors.ts';
import { verifyAuditDay } from '../../shared/store/audit-chain.ts';
import type { AuditLog } from '../../shared/store/audit-log.ts';

interface OfDay {
  readonly tenantId: string;
  readonly day: string;
}

/** Read a tenant's log of a day whole and hold it to its chain. */
export async function verifyAudit(
  input: OfDay & { readonly keptHash?: string | undefined },
  { audit }: { readonly audit: Pick<AuditLog, 'readHead' | 'segments'> },
): Promise<AuditVerification> {
  const { tenantId, day } = input;
  // The head first: what is appended meanwhile comes after it.
  const head = await audit.readHead(tenantId, day);
  const segments = audit.segments(tenantId, day, 0, head?.segments === 0 ? 0 : (head?.segments ?? 1));
  return verifyAuditDay({ ...input, head, segments });
}

export interface ListAuditEntriesInput extends OfDay {
  readonly limit: number;
  readonly cursor: string | undefined;
  readonly kind: AuditEntry['kind'] | undefined;
  /** Only entries that name this id. */
  readonly object: string | undefined;
}

/** Entries a page looks at before it ends: a rare object's page may be short, or empty, and still have a next one. */
const ENTRIES_LOOKED_AT_MAX = 5_000;

/** A tenant's entries of a day in the order they were sealed. */
export async function listAuditEntries(
  { tenantId, day, limit, cursor, kind, object }: ListAuditEntriesInput,
  { audit }: { readonly audit: Pick<AuditLog, 'segments'> },
): Promise<{ entries: AuditEntry[]; nextCursor?: string }> {
  const from = positionOf(cursor);
  const entries: AuditEntry[] = [];
  let lookedAt = 0;
  for await (const { number, segment } of audit.segments(tenantId, day, from.segment)) {
    for (const [index, entry] of (segment?.entries ?? []).entries()) {
      if (number === from.segment && index < from.entry) continue;
      if (entries.length === limit) return { entries, nextCursor: cursorOf(number, index) };
      if ((kind === undefined || entry.kind === kind) && names(entry, object)) entries.push(entry);
    }
    lookedAt += segment?.entries.length ?? 0;
    if (lookedAt >= ENTRIES_LOOKED_AT_MAX) return { entries, nextCursor: cursorOf(number + 1, 0) };
  }
  return { entries };
}

function names(entry: AuditEntry, object: string | undefined): boolean {
  if (object === undefined) return true;
  return entry.kind === 'access'
    ? entry.objects.includes(object)
    : [...entry.item.pk.split('#'), ...entry.item.sk.split('#')].includes(object);
}

const cursorOf = (segment: number, entry: number) => Buffer.from(`${segment}.${entry}`).toString('base64url');

function positionOf(cursor: string | undefined): { segment: number; entry: number } {
  if (cursor === undefined) return { segment: 0, entry: 0 };
  const match = /^(\d{1,9})\.(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (match === null)
    throw fieldError(
      'invalid_request',
      'query.cursor',
      'invalid_cursor',
      'cursor: not a cursor of this list',
    );
  return { segment: Number(match[1]), entry: Number(match[2]) };
}
