import { z } from 'zod';
import { instant } from './calendar.ts';
import { tenantId } from './identifiers.ts';

/** Who did something: the tenant and subject of the token, the operation, and the request it was done in. */
export const auditActor = z.strictObject({
  tenantId,
  subject: z.string(),
  operation: z.string(),
  requestId: z.string(),
});

const sealed = z.strictObject({
  /** Position in the table's stream: rises for each item. */
  sequenceNumber: z.string(),
  recordedAt: instant,
  /** Null when the write named nobody: not made through the service, or by the database's own expiry. */
  actor: auditActor.nullable(),
});

/** An item that was created, changed or removed. Contents stay in the table; their hashes are here. */
export const auditedChange = sealed.extend({
  kind: z.literal('change'),
  change: z.enum(['insert', 'modify', 'remove']),
  /** Partition and sort key of the item. */
  item: z.strictObject({ pk: z.string(), sk: z.string() }),
  /** SHA-256 of the canonical JSON of the item after and before, hex; null when there was none. */
  contentHash: z.string().nullable(),
  previousContentHash: z.string().nullable(),
});

/** An answer that held data of persons. In the log of the reader and of every tenant whose items answered. */
export const auditedAccess = sealed.extend({
  kind: z.literal('access'),
  actor: auditActor,
  objects: z.array(z.string()),
  ownerTenantIds: z.array(tenantId),
});

export const auditEntry = z.discriminatedUnion('kind', [auditedChange, auditedAccess]);
export type AuditEntry = z.output<typeof auditEntry>;

/** How a day's log stands: what a tenant keeps to hold the log to later. */
export const auditHead = z.strictObject({
  segments: z.int().min(0),
  entries: z.int().min(0),
  /** Hash of the last link, hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
});
export type AuditHead = z.output<typeof auditHead>;

export const auditProblemCodes = [
  'segment_missing',
  'segment_unreadable',
  'link_broken',
  'head_missing',
  'head_mismatch',
  'kept_head_missing',
  'out_of_order',
  'rewritten_repeat',
] as const;

/** One way in which a log is not what was written. */
export const auditProblem = z.strictObject({
  code: z.enum(auditProblemCodes),
  /** Number of the segment, from 0. */
  segment: z.int().nullable(),
  detail: z.string(),
});
export type AuditProblem = z.output<typeof auditProblem>;

export const auditVerification = z.strictObject({
  tenantId,
  day: z.string(),
  verified: z.boolean(),
  /** Null when nothing was written that day. */
  head: auditHead.nullable(),
  /** Entries the stream delivered more than once; they are in the log each time, alike. */
  repeats: z.int().min(0),
  problems: z.array(auditProblem),
});
export type AuditVerification = z.output<typeof auditVerification>;
