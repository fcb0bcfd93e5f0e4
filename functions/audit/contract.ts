import { z } from 'zod';
import { auditEntry, auditVerification } from '../../shared/domain/audit.ts';
import { businessDate } from '../../shared/domain/calendar.ts';
import { nextCursor, pageQuery } from '../../shared/http/paging.ts';

const params = z.strictObject({ date: businessDate.describe('Day in UTC') });

export const verifyAuditContract = {
  params,
  query: z.strictObject({
    keptHash: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .describe('A head of this day you kept earlier: the chain must have passed through it'),
  }),
  response: auditVerification,
} as const;

export const listAuditEntriesContract = {
  params,
  query: pageQuery.extend({
    kind: z.enum(['change', 'access']).optional(),
    object: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('An id: entries of that object alone, as who read a decision'),
  }),
  response: z.strictObject({ entries: z.array(auditEntry), nextCursor }),
} as const;
