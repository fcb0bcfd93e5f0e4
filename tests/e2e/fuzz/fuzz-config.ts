import { INCUBATOR, LENDER, OPERATOR, PLATFORM } from '../../../infra/local/demo/demo-county.ts';
import type { RouteDefinition } from '../../../shared/http/route.ts';
import { routeSamples } from '../../support/route-samples.ts';
import type { FuzzWorld } from './fuzz-world.ts';

/** Which party of the demo county calls what the samples' party calls. */
export const callers: Readonly<Record<string, string>> = {
  ten_operator: OPERATOR,
  ten_platform: PLATFORM,
  ten_incubator: INCUBATOR,
  ten_lender: LENDER,
};

/** Where an id of the world goes: four times in five it is one that is there, else the fuzzer's own. */
const SHARE_OF_KNOWN_IDS = 0.8;
const CHAINS = 25;
const everywhere: Readonly<Record<string, string>> = {
  'path.countyId': 'county',
  'path.stationId': 'station',
  'path.entrepreneurId': 'entrepreneur',
  'path.programId': 'program',
  'path.applicationId': 'application',
  'path.decisionId': 'decision',
  'path.offerId': 'offer',
  'path.loanId': 'loan',
  'path.eventId': 'payment',
  'path.reviewId': 'review',
  'path.importId': 'import',
  'path.endpointId': 'endpoint',
  'path.date': 'day',
  'query.programId': 'program',
  'query.countyId': 'county',
  'query.day': 'day',
  'query.productCode': 'product',
  'body.stationId': 'station',
  'body.entrepreneurId': 'entrepreneur',
  'body.recipientTenantId': 'lender',
  'body.productCode': 'product',
};

/** Where an operation would undo what the others need, or needs what only some objects are. */
const byOperation: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  putProgram: { 'path.programId': 'program to change' },
  putTermsDraft: { 'path.programId': 'program to change' },
  commitTerms: { 'path.programId': 'program to change' },
  getOfferCalendar: { 'path.decisionId': 'decision with offers' },
  acceptOffer: { 'path.decisionId': 'decision with offers' },
  contestDecision: { 'path.decisionId': 'decision to contest' },
  correctDecision: { 'path.decisionId': 'decision to contest' },
  putEntrepreneur: { 'path.entrepreneurId': 'person to erase' },
  putPerson: { 'path.entrepreneurId': 'person to erase' },
  getPerson: { 'path.entrepreneurId': 'person to erase' },
  erasePerson: { 'path.entrepreneurId': 'person to erase' },
  withdrawConsent: { 'path.entrepreneurId': 'person who consented', 'path.consentId': 'consent' },
};

/** A line that is wrong is rejected in the answer, by itself; the request is accepted. */
const judgesEachLine = new Set(['reportTransactions', 'recordRepaymentFile']);

export interface FuzzConfig {
  readonly routes: readonly RouteDefinition[];
  readonly world: FuzzWorld;
  /** By the tenant that calls. */
  readonly tokens: Readonly<Record<string, string>>;
  /** For each operation. */
  readonly cases: number;
  readonly seed: number;
  readonly reportFile: string;
}

/** What schemathesis is told, as its TOML. JSON's strings, numbers and arrays of strings are TOML's too. */
export function fuzzConfig({ routes, world, tokens, cases, seed, reportFile }: FuzzConfig): string {
  const value = (given: unknown) => JSON.stringify(given);
  const bindings = (bound: Readonly<Record<string, string>>) =>
    Object.entries(bound).map(
      ([place, kind]) =>
        `${value(place)} = { dictionary = ${value(kind)}, probability = ${SHARE_OF_KNOWN_IDS} }`,
    );
  const samples: Readonly<Record<string, { readonly owner: string }>> = routeSamples;
  return [
    `seed = ${seed}`,
    'continue-on-failure = true',
    // Of a body of many nested patterns; the cases that are sent are counted.
    'suppress-health-check = ["filter_too_much", "too_slow", "data_too_large"]',
    '[parameters]',
    ...bindings(everywhere),
    '[generation]',
    `max-examples = ${cases}`,
    'database = "none"',
    // The token is the caller's, in every request; the check of ignored tokens sends its own without.
    'with-security-parameters = false',
    // What no schema says: an order of dates, a product on offer, a cursor that was given, a key used before.
    '[checks.positive_data_acceptance]',
    'enabled = false',
    // API Gateway's HTTP APIs answer 404, not 405, where a path has no such method; the local gateway does as they do.
    '[checks.unsupported_method]',
    'enabled = false',
    // Chains of requests, each of many: a sample beside the cases of single ones.
    '[phases.stateful.generation]',
    `max-examples = ${CHAINS}`,
    // In a chain a body is replaced by what an earlier answer held, and is still called the invalid one.
    '[phases.stateful.checks.negative_data_rejection]',
    'enabled = false',
    '[reports.json]',
    `path = ${value(reportFile)}`,
    ...Object.entries(world).flatMap(([kind, ids]) => [
      `[dictionaries.${value(kind)}]`,
      `values = ${value(ids)}`,
    ]),
    ...routes.flatMap(({ operation }) => [
      '[[operations]]',
      `include-operation-id = ${value(operation)}`,
      '[operations.headers]',
      `Authorization = ${value(`Bearer ${tokens[callers[samples[operation]?.owner ?? ''] ?? '']}`)}`,
      ...(byOperation[operation] === undefined
        ? []
        : ['[operations.parameters]', ...bindings(byOperation[operation])]),
      ...(judgesEachLine.has(operation)
        ? ['[operations.checks.negative_data_rejection]', 'enabled = false']
        : []),
    ]),
    '',
  ].join('\n');
}
