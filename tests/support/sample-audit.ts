import type { AuditEntry } from '../../shared/domain/audit.ts';

export const AUDIT_DAY = '2026-03-01';

/** The entry of one change; the number makes it like no other. */
export function sampleEntry(number: number): AuditEntry {
  return {
    kind: 'change',
    sequenceNumber: String(number),
    recordedAt: `${AUDIT_DAY}T08:00:00.000Z`,
    actor: { tenantId: 'ten_a', subject: 'clerk', operation: 'putStation', requestId: `req-${number}` },
    change: 'modify',
    item: { pk: 'ten_a#stn_1', sk: 'STATION' },
    contentHash: String(number).padStart(64, 'a'),
    previousContentHash: String(number - 1).padStart(64, 'a'),
  };
}

export const sampleEntries = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => sampleEntry(from + index));
