import { z } from 'zod';
import type { ZodOpenApiPathsObject } from 'zod-openapi';
import { eventOfType, eventTypeNames, eventTypes } from '../domain/event.ts';

const headers = z.object({
  'webhook-id': z.string().describe('Id of the event: the same however often it is sent'),
  'webhook-timestamp': z.string().regex(/^\d+$/).describe('Seconds since 1970 at which it was signed'),
  'webhook-signature': z
    .string()
    .describe('One `v1,…` for each secret in force, apart by blanks: HMAC-SHA-256 of id.timestamp.body'),
});

const responses = {
  '2XX': {
    description: 'Taken. Anything else, and no answer in 15 seconds, is tried again for thirty hours',
  },
  '410': { description: 'Gone: nothing is sent to this endpoint any more' },
};

const audiences = {
  parties: 'Told to every party of the program.',
  lender: 'Told to the lender of the program alone.',
};

/**
 * What is sent to webhook endpoints, one entry for each type of event: signed as standardwebhooks.com says, at least
 * once, in order for each subject.
 */
export const webhookOperations: ZodOpenApiPathsObject = Object.fromEntries(
  eventTypeNames.map((type) => {
    const { summary, audience } = eventTypes[type];
    return [
      type,
      {
        post: {
          operationId: `on ${type}`.replaceAll(/[ ._](\w)/g, (_, letter: string) => letter.toUpperCase()),
          summary,
          description: audiences[audience],
          tags: ['Webhooks'],
          security: [],
          requestParams: { header: headers },
          requestBody: { required: true, content: { 'application/json': { schema: eventOfType(type) } } },
          responses,
        },
      },
    ];
  }),
);
