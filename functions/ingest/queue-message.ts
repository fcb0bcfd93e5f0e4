import { z } from 'zod';
import { stationId, tenantId } from '../../shared/domain/identifiers.ts';
import { TRANSACTIONS_PER_REQUEST_MAX } from './contract.ts';

/**
 * A message of the ingest queue: what the HTTP API takes in a body, with what it takes from path and token. Who
 * may send is a matter of IAM, so the tenant is as good as the sender; only the operator's own adapters are let
 * at the queue.
 */
export const queueMessage = z.strictObject({
  tenantId,
  stationId,
  transactions: z.array(z.unknown()).min(1).max(TRANSACTIONS_PER_REQUEST_MAX),
});
export type QueueMessage = z.output<typeof queueMessage>;
