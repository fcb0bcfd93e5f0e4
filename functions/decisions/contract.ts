import { z } from 'zod';
import { businessDate, instant } from '../../shared/domain/calendar.ts';
import {
  decision,
  decisionListEntry,
  decisionOutcomes,
  selectedDecision,
} from '../../shared/domain/decision.ts';
import { explanation, languages } from '../../shared/domain/explanation.ts';
import { countyId, decisionId, programId } from '../../shared/domain/identifiers.ts';
import { scoreBands } from '../../shared/domain/score-band.ts';
import { nextCursor, pageQuery } from '../../shared/http/paging.ts';

const listed = Object.keys(decisionListEntry.shape) as (keyof typeof decisionListEntry.shape)[];
export type DecisionField = (typeof listed)[number];
const isField = (name: string): name is DecisionField => listed.some((field) => field === name);

const fields = z
  .string()
  .max(512)
  .transform((text, context): readonly DecisionField[] => {
    const names = text.split(',');
    const unknown = names.filter((name) => !isField(name));
    if (unknown.length > 0) {
      context.addIssue({ code: 'custom', message: `must be of ${listed.join(', ')}` });
    }
    return names.filter(isField);
  })
  .optional()
  .describe('Fields to list, separated by commas; `decisionId` is always listed. Default: all')
  .meta({
    override: ({ jsonSchema }) => {
      const name = `(${listed.join('|')})`;
      const pattern = `^${name}(,${name})*$`;
      const examples = ['outcome,creditScore,decidedAt'];
      Object.assign(jsonSchema, { type: 'string', maxLength: 512, pattern, examples });
    },
  });

const listQuery = pageQuery.extend({
  outcome: z.enum(decisionOutcomes).optional(),
  scoreBand: z
    .enum(scoreBands)
    .optional()
    .describe('A from 750 points, B from 700, C from 650, D from 600, E below; `unscored` needed no score'),
  from: instant.optional().describe('Decided at or after this instant'),
  to: instant.optional().describe('Decided before this instant'),
  fields,
});

const page = z.strictObject({
  decisions: z.array(selectedDecision),
  nextCursor,
});

export const listDecisionsContract = {
  params: z.object({ programId }),
  query: listQuery,
  response: page,
} as const;

export const listLenderDecisionsContract = {
  query: listQuery.extend({ countyId: countyId.optional() }),
  response: page,
} as const;

export const exportDecisionsContract = {
  params: z.object({ date: businessDate.describe('Business date in the Asia/Shanghai time zone') }),
  query: pageQuery,
  response: z.array(decision),
  responseFormat: 'ndjson',
  responseHeaders: z.object({
    'next-cursor': z.string().optional().describe('Absent on the last page of the day'),
  }),
} as const;

export const getDecisionContract = {
  params: z.object({ programId, decisionId }),
  response: decision,
} as const;

export const explainDecisionContract = {
  params: z.object({ programId, decisionId }),
  query: z.strictObject({ language: z.enum(languages).default('zh') }),
  response: explanation,
} as const;
