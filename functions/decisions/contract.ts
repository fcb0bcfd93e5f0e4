import { z } from 'zod';
import { decision, decisionListEntry } from '../../shared/domain/decision.ts';
import { decisionId, programId } from '../../shared/domain/identifiers.ts';

export const listDecisionsContract = {
  params: z.object({ programId }),
  query: z.strictObject({
    limit: z.coerce.number().pipe(z.int().min(1).max(100)).default(25),
    /** Opaque; from the page before. */
    cursor: z.string().min(1).max(256).optional(),
  }),
  response: z.strictObject({
    decisions: z.array(decisionListEntry),
    nextCursor: z.string().optional(),
  }),
} as const;

export const getDecisionContract = {
  params: z.object({ programId, decisionId }),
  response: decision,
} as const;
