import { z } from 'zod';
import { application } from './application.ts';
import { instant } from './calendar.ts';
import { decision } from './decision.ts';
import { eventId, programId } from './identifiers.ts';

/**
 * What a tenant is told of. One constant for each type: its sentence, shown in the reference, and the schema of
 * its data. Ids and codes only: an event leaves our hands, so whoever needs more reads it with a token, and the
 * read is audited.
 */
export const eventTypes = {
  'application.submitted': {
    summary: 'An application was submitted to a program you are a party of',
    data: z.strictObject({
      ...application.pick({ applicationId: true, decisionId: true, stationId: true, submittedAt: true })
        .shape,
      programId,
    }),
  },
  'decision.made': {
    summary: 'An application was decided, or referred to a person',
    data: z.strictObject({
      ...decision.pick({
        decisionId: true,
        decidedAt: true,
        outcome: true,
        automated: true,
        policyVersion: true,
      }).shape,
      ...application.pick({ applicationId: true }).shape,
      programId,
    }),
  },
} as const;

export type EventType = keyof typeof eventTypes;
export const eventTypeNames = Object.keys(eventTypes) as [EventType, ...EventType[]];
export const eventType = z.enum(eventTypeNames);

const fields = {
  eventId,
  /** When it happened. */
  timestamp: instant,
  subject: z.string().describe('What it is about; events of one subject come in order'),
};

/** An event as it is listed and as it is sent to webhooks. */
export const event = z.discriminatedUnion('type', [
  z.strictObject({
    ...fields,
    type: z.literal('application.submitted'),
    data: eventTypes['application.submitted'].data,
  }),
  z.strictObject({ ...fields, type: z.literal('decision.made'), data: eventTypes['decision.made'].data }),
]);
export type Event = z.output<typeof event>;

/** An event in the log of one tenant: positions rise by one from 1, in the order events became known. */
export interface PositionedEvent {
  readonly position: number;
  readonly event: Event;
}

/** Events can be read again for this long. */
export const EVENT_RETENTION_DAYS = 90;
