import { z } from 'zod';

/** Chosen by the client, one per intention: the same key and input always give the first answer. */
export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, 'must be 1 to 128 printable ASCII characters without blanks')
  .describe('Chosen by you, one for each thing you mean to happen; a UUID does');

/** Kept longer than any client retries. */
export const IDEMPOTENCY_RETENTION_HOURS = 72;

/** Whose key, for which operation, and the hash of the input it stands for. Keys never meet across tenants or operations. */
export interface IdempotentRequest {
  readonly tenantId: string;
  readonly operation: string;
  readonly key: string;
  /** SHA-256 of the canonical input, hex. */
  readonly inputHash: string;
}
