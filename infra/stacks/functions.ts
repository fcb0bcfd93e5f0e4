import { type FunctionName, functionNames } from '../../functions/routes.ts';
import {
  ACCESS_MARK,
  AUDIT_MARK,
  EVENTS_MARK,
  IDEMPOTENCY_MARK,
  MACHINE_CLIENT_PREFIX,
  RATE_MARK,
  WEBHOOKS_MARK,
} from '../../shared/store/table.ts';
import type { TableGrant } from '../constructs/table-access.ts';
import { backgroundFunctions } from './background-functions.ts';
import type { FunctionSettings } from './function-settings.ts';

/** The functions behind the HTTP API: one for each that the route table names, no more and no fewer. */
export const httpFunctions: Readonly<Record<FunctionName, FunctionSettings>> = {
  ingest: {
    description: 'Transactions of a station into its history and back; imports of files',
    memoryMiB: 1_769,
    timeoutSeconds: 25,
    table: { access: 'readWrite' },
    onnx: false,
    monitoring: {
      errorImpact: 'Stations cannot report transactions: histories fall behind and decisions refuse them.',
      durationP99MsMax: 8_000,
    },
  },
  registry: {
    description: 'Counties, stations, entrepreneurs, consents and programs',
    memoryMiB: 512,
    timeoutSeconds: 10,
    table: { access: 'readWrite' },
    onnx: false,
    monitoring: {
      errorImpact: 'Platforms cannot register stations, people, consents or programs, or read them.',
      durationP99MsMax: 1_500,
    },
  },
  applications: {
    description: 'Submit an application and have it decided; read an application',
    memoryMiB: 1_769,
    timeoutSeconds: 15,
    table: { access: 'readWrite' },
    onnx: true,
    monitoring: {
      errorImpact: 'Village partners cannot apply for a loan and get no decision.',
      durationP99MsMax: 3_000,
    },
  },
  people: {
    description: 'Who people are, encrypted under a key of their own; export and erasure',
    memoryMiB: 512,
    timeoutSeconds: 15,
    table: { access: 'readWrite' },
    onnx: false,
    personKeys: true,
    monitoring: {
      errorImpact: 'Platforms cannot record who people are, and people cannot export or erase their data.',
      durationP99MsMax: 3_000,
    },
  },
  reviews: {
    description: 'Cases that a person decides: referred or contested',
    memoryMiB: 512,
    timeoutSeconds: 15,
    table: { access: 'readWrite' },
    onnx: false,
    personKeys: true,
    monitoring: {
      errorImpact: 'Credit officers cannot work on cases, and applicants cannot contest a decline.',
      durationP99MsMax: 3_000,
    },
  },
  decisions: {
    description: 'Decisions of a program, one or page by page',
    memoryMiB: 512,
    timeoutSeconds: 10,
    table: { access: 'read' },
    onnx: false,
    monitoring: {
      errorImpact: 'Lenders, incubators and partners cannot read decisions that were made.',
      durationP99MsMax: 1_500,
    },
  },
  lending: {
    description: 'Offers accepted, loans paid out, repaid and changed; portfolio, collections, lending terms',
    memoryMiB: 1_769,
    timeoutSeconds: 25,
    table: { access: 'readWrite' },
    onnx: false,
    monitoring: {
      errorImpact:
        'Partners cannot accept offers, and lenders cannot pay out, record repayments or read loans.',
      durationP99MsMax: 5_000,
    },
  },
  audit: {
    description: 'The audit log of a tenant: what changed, who read what, and whether it is whole',
    memoryMiB: 1_769,
    timeoutSeconds: 25,
    table: { access: 'read', keyPatterns: [`ten_*${AUDIT_MARK}*`] },
    onnx: false,
    monitoring: {
      errorImpact: 'Compliance officers cannot read or verify their audit log; nothing is lost of it.',
      durationP99MsMax: 10_000,
    },
  },
  subscriptions: {
    description: 'Webhook endpoints of a tenant, what they did not take, and its events',
    memoryMiB: 512,
    timeoutSeconds: 10,
    table: { access: 'readWrite', keyPatterns: [`ten_*${WEBHOOKS_MARK}`, `ten_*${IDEMPOTENCY_MARK}`] },
    alsoTable: { access: 'read', keyPatterns: [`ten_*${EVENTS_MARK}`] },
    onnx: false,
    monitoring: {
      errorImpact: 'Lenders cannot manage webhooks or replay events; what is sent to webhooks goes on.',
      durationP99MsMax: 1_500,
    },
  },
};

/**
 * What every request may write, besides what its function does: what is left of its caller's rate, and that
 * somebody read what is kept of people.
 */
export const requestGrant: TableGrant = {
  access: 'write',
  keyPatterns: [`ten_*${RATE_MARK}*`, `ten_*${ACCESS_MARK}*`],
};

/** Called by Cognito, which waits five seconds for it and no longer. */
export const tokenFunction: FunctionSettings = {
  description: 'Adds tenant and roles to access tokens, and takes away the scopes a person’s roles lack',
  memoryMiB: 512,
  timeoutSeconds: 5,
  table: { access: 'read', keyPatterns: [`${MACHINE_CLIENT_PREFIX}*`] },
  onnx: false,
  monitoring: {
    errorImpact:
      'Nobody can sign in and no system can get an access token, so within an hour none can call the API.',
    durationP99MsMax: 2_000,
  },
};

export const TOKEN_FUNCTION = 'identity';

/** Every function that is deployed, by its folder under functions/. */
export const deployedFunctions: Readonly<Record<string, FunctionSettings>> = {
  ...Object.fromEntries(functionNames.map((name) => [name, httpFunctions[name]])),
  [TOKEN_FUNCTION]: tokenFunction,
  ...backgroundFunctions,
};

export const entryOf = (name: string) => deployedFunctions[name]?.entry ?? `functions/${name}/lambda.ts`;
