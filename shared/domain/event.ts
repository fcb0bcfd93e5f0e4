import { z } from 'zod';
import { application } from './application.ts';
import { instant } from './calendar.ts';
import { decision } from './decision.ts';
import { eventId, programId } from './identifiers.ts';
import { loanEvent } from './lending/loan-event.ts';
import { loanNotice, loanStanding } from './lending/loan-notice.ts';
import { review, reviewDecision } from './review.ts';

const { applicationId, decisionId, stationId, submittedAt } = application.shape;
const { decidedAt, outcome, automated, policyVersion } = decision.shape;
const { reviewId, cause } = review.shape;

/** Ids and codes only: an event leaves our hands, so whoever needs more reads it by its path, and that is audited. */
const eventData = {
  submitted: z.strictObject({ applicationId, decisionId, programId, stationId, submittedAt }),
  made: z.strictObject({
    decisionId,
    applicationId,
    programId,
    decidedAt,
    outcome,
    automated,
    policyVersion,
  }),
  case: z.strictObject({ reviewId, decisionId, applicationId, programId, cause }),
  caseClosed: z.strictObject({
    reviewId,
    decisionId,
    applicationId,
    programId,
    cause,
    ...reviewDecision.pick({ decidedAt: true, outcome: true, reasonCode: true }).shape,
  }),
  loan: z.strictObject({ ...loanStanding.shape, programId }),
  loanRecorded: z.strictObject({
    ...loanStanding.shape,
    programId,
    recorded: z
      .enum(loanEvent.options.map((option) => option.shape.type.value))
      .describe('The event of the loan, as its journal names it'),
    /** The day it counts from. */
    businessDate: loanStanding.shape.asOf,
  }),
  loanDelinquency: z.strictObject({
    ...loanStanding.shape,
    programId,
    bucketBefore: loanNotice.shape.bucketBefore,
  }),
} as const;

/** Who is told: every party of the program, or its lender alone, whose officers' work a case is. */
type Audience = 'parties' | 'lender';

const told = <Data extends keyof typeof eventData>(data: Data, audience: Audience, summary: string) =>
  ({ data, audience, summary }) as const;

/** What a tenant is told of. One constant for each type: who is told, and its sentence in the reference. */
export const eventTypes = {
  'application.submitted': told('submitted', 'parties', 'An application was submitted'),
  'decision.made': told('made', 'parties', 'An application was decided, or referred to a person'),
  'review.opened': told('case', 'lender', 'A case waits for a person: referred, or contested'),
  'review.claimed': told('case', 'lender', 'An officer took a case to work on'),
  'review.proposed': told(
    'case',
    'lender',
    'An officer proposed a decision that a second person must agree to',
  ),
  'review.returned': told('case', 'lender', 'The second person did not agree: the case is open again'),
  'review.decided': told('caseClosed', 'parties', 'A person decided; their decision stands from here on'),
  'review.expired': told('caseClosed', 'parties', 'Nobody decided a case in time: it ended by rule'),
  'loan.opened': told('loanRecorded', 'parties', 'An offer was accepted: the loan has its contract'),
  'loan.cancelled': told('loanRecorded', 'parties', 'The contract ended before anything was paid out'),
  'loan.disbursement_instructed': told('loanRecorded', 'parties', 'The bank was told to pay out'),
  'loan.disbursed': told('loanRecorded', 'parties', 'The money is paid out'),
  'loan.disbursement_voided': told('loanRecorded', 'parties', 'The bank did not pay out'),
  'loan.repayment_recorded': told(
    'loanRecorded',
    'parties',
    'A repayment, prepayment or payoff was recorded',
  ),
  'loan.repayment_reversed': told('loanRecorded', 'parties', 'A repayment bounced, or was never ours'),
  'loan.restructured': told('loanRecorded', 'parties', 'The loan has new dates and terms'),
  'loan.charged_off': told('loanRecorded', 'parties', 'The loan was written off'),
  'loan.recovered': told('loanRecorded', 'parties', 'Something was recovered of a loan written off'),
  'loan.changed': told(
    'loanRecorded',
    'parties',
    'Anything else was recorded on the loan, as `recorded` says',
  ),
  'loan.delinquency_changed': told(
    'loanDelinquency',
    'parties',
    'The loan fell into another bucket of days past due, or came out of one',
  ),
  'loan.closed': told('loan', 'parties', 'Nothing is owed any more'),
} as const;

export type EventType = keyof typeof eventTypes;
export const eventTypeNames = Object.keys(eventTypes) as [EventType, ...EventType[]];
export const eventType = z.enum(eventTypeNames);

type TypesWith<Data> = {
  [Type in EventType]: (typeof eventTypes)[Type]['data'] extends Data ? Type : never;
}[EventType];

/** Events whose data are alike, in one schema. */
function eventsWith<Data extends keyof typeof eventData>(data: Data) {
  const types = eventTypeNames.filter((name) => eventTypes[name].data === data) as TypesWith<Data>[];
  return z.strictObject({
    eventId,
    type: z.enum(types),
    /** When it happened. */
    timestamp: instant,
    subject: z
      .string()
      .describe('What it is about, an application or a loan; events of one subject come in order'),
    path: z
      .string()
      .regex(/^\/v1\//)
      .describe('Where to read more, with a token of yours'),
    data: eventData[data],
  });
}

/** An event as it is listed and as it is sent to webhooks. */
export const event = z.discriminatedUnion('type', [
  eventsWith('submitted'),
  eventsWith('made'),
  eventsWith('case'),
  eventsWith('caseClosed'),
  eventsWith('loanRecorded'),
  eventsWith('loanDelinquency'),
  eventsWith('loan'),
]);
export type Event = z.output<typeof event>;

/** The schema of the events of one type. */
export const eventOfType = (type: EventType): z.ZodType => {
  const schema = eventsWith(eventTypes[type].data);
  return schema.extend({ type: z.literal(type) });
};

/** An event in the log of one tenant: positions rise by one from 1, in the order events became known. */
export interface PositionedEvent {
  readonly position: number;
  readonly event: Event;
}

/** Events can be read again for this long. */
export const EVENT_RETENTION_DAYS = 90;
