import { z } from 'zod';
import { decision, decisionListEntry } from '../../shared/domain/decision.ts';
import { decisionId, programId } from '../../shared/domain/identifiers.ts';
import { nextCursor, pageQuery } from '../../shared/http/paging.ts';

export const listDecisionsContract = {
  params: z.object({ programId }),
  query: pageQuery,
  response: z.strictObject({
    decisions: z.array(decisionListEntry),
    nextCursor,
  }),
} as const;

export const getDecisionContract = {
  params: z.object({ programId, decisionId }),
  response: decision,
} as const;
