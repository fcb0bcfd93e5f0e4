import { z } from 'zod';
import { application, applicationRequest } from '../../shared/domain/application.ts';
import { decision } from '../../shared/domain/decision.ts';
import { idempotencyKey } from '../../shared/domain/idempotency.ts';

export const submitApplicationContract = {
  params: application.pick({ programId: true }),
  /** Header names are lower-case, as API Gateway delivers them. */
  headers: z.object({ 'idempotency-key': idempotencyKey }),
  body: applicationRequest,
  response: decision,
} as const;

export const correctedFacts = ['station', 'entrepreneur', 'history', 'consent'] as const;

export const correctDecisionContract = {
  params: application.pick({ programId: true, decisionId: true }),
  headers: z.object({ 'idempotency-key': idempotencyKey }),
  body: z.strictObject({
    corrected: z.array(z.enum(correctedFacts)).min(1).max(4).describe('What was corrected where it is kept'),
  }),
  response: decision,
} as const;

export const getApplicationContract = {
  params: application.pick({ programId: true, applicationId: true }),
  response: application,
} as const;
