import { AUDIT_MARK, EVENTS_MARK, SHADOW_MARK, WEBHOOKS_MARK } from '../../shared/store/table.ts';
import type { FunctionSettings } from './function-settings.ts';

/**
 * What runs behind the table's stream and the delivery queue. Each may write its own kind of item alone: the
 * sealer the audit log, events the event logs, webhooks what it knows of endpoints, shadow what challengers say.
 */
export const backgroundFunctions = {
  'ingest-queue': {
    description: 'Transactions from the ingest queue into the history of their stations',
    entry: 'functions/ingest/queue-lambda.ts',
    memoryMiB: 1_769,
    timeoutSeconds: 60,
    table: { access: 'readWrite' },
    onnx: false,
    monitoring: {
      errorImpact: 'Transactions sent by queue wait in it: histories fall behind and decisions refuse them.',
      durationP99MsMax: 30_000,
    },
  },
  'ingest-files': {
    description: 'Files of transactions into the history of their stations',
    entry: 'functions/ingest/file-lambda.ts',
    memoryMiB: 1_769,
    timeoutSeconds: 900,
    table: { access: 'readWrite' },
    onnx: false,
    monitoring: {
      errorImpact:
        'Files that were uploaded are not imported, or not to their end, until they are sent again.',
      durationP99MsMax: 840_000,
    },
  },
  sealer: {
    description: 'Seals every change and access into the audit log of its tenant',
    memoryMiB: 1_024,
    timeoutSeconds: 60,
    table: { access: 'readWrite', keyPatterns: [`ten_*${AUDIT_MARK}*`] },
    onnx: false,
    monitoring: {
      errorImpact:
        'Changes and accesses wait to be sealed; after six hours of failing they miss from the audit log.',
      durationP99MsMax: 20_000,
    },
  },
  events: {
    description:
      'Tells the parties of a program what happened: their event logs, and the queue to their webhooks',
    memoryMiB: 1_024,
    timeoutSeconds: 60,
    table: { access: 'read' },
    alsoTable: { access: 'write', keyPatterns: [`ten_*${EVENTS_MARK}`] },
    onnx: false,
    monitoring: {
      errorImpact:
        'Lenders and incubators are not told of applications, decisions, cases and loans until it recovers.',
      durationP99MsMax: 20_000,
    },
  },
  shadow: {
    description: 'Lets challengers score the applicants of new decisions, which they cannot change',
    memoryMiB: 1_769,
    timeoutSeconds: 60,
    table: { access: 'write', keyPatterns: [`ten_*${SHADOW_MARK}`] },
    onnx: true,
    modelStage: 'challengers',
    monitoring: {
      errorImpact: 'Challengers fall behind in the shadow; decisions are not touched.',
      durationP99MsMax: 20_000,
    },
  },
  drift: {
    description: 'Measures nightly how far applicants are from those the champion was trained on',
    memoryMiB: 1_769,
    timeoutSeconds: 900,
    table: { access: 'read' },
    onnx: false,
    modelStage: 'champion',
    monitoring: {
      errorImpact: 'Nobody is told when applicants are no longer those the champion was trained on.',
      durationP99MsMax: 600_000,
    },
  },
  deadlines: {
    description: 'Closes the cases that nobody decided in time',
    memoryMiB: 512,
    timeoutSeconds: 300,
    table: { access: 'readWrite' },
    onnx: false,
    monitoring: {
      errorImpact: 'Cases past their deadline are not recorded as closed; none of them can be decided.',
      durationP99MsMax: 200_000,
    },
  },
  servicing: {
    description: 'Ages the loans of one county through the day that ended; names the counties to age',
    memoryMiB: 1_769,
    timeoutSeconds: 900,
    table: { access: 'readWrite' },
    onnx: false,
    monitoring: {
      errorImpact:
        'Loans do not age: interest, days past due and provisions stand still until the next run catches up.',
      durationP99MsMax: 600_000,
    },
  },
  webhooks: {
    description: 'Sends events to webhook endpoints, one attempt of one event at a time',
    memoryMiB: 512,
    timeoutSeconds: 30,
    table: { access: 'read', keyPatterns: [`ten_*${EVENTS_MARK}`, `ten_*${WEBHOOKS_MARK}`] },
    alsoTable: { access: 'write', keyPatterns: [`ten_*${WEBHOOKS_MARK}`] },
    onnx: false,
    monitoring: {
      errorImpact: 'Events do not reach webhook endpoints; they wait in the queue for four days.',
      durationP99MsMax: 20_000,
    },
  },
} as const satisfies Readonly<Record<string, FunctionSettings>>;

/** The items that events are read from; see functions/events/event-sources.ts. */
export const eventRecords = [
  { eventName: ['INSERT'], dynamodb: { Keys: { sk: { S: ['DECISION'] } } } },
  { eventName: ['INSERT', 'MODIFY'], dynamodb: { Keys: { sk: { S: ['REVIEW'] } } } },
  // A loan that merely aged has nothing to tell, and no notice.
  {
    eventName: ['INSERT', 'MODIFY'],
    dynamodb: {
      Keys: { sk: { S: ['LOAN'] } },
      NewImage: { notice: { M: { at: { S: [{ exists: true }] } } } },
    },
  },
];

/** New decisions: what challengers score. */
export const decisionRecords = [{ eventName: ['INSERT'], dynamodb: { Keys: { sk: { S: ['DECISION'] } } } }];
