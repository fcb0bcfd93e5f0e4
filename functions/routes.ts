import type { HandlersOf, RouteDefinition } from '../shared/http/route.ts';
import { getApplicationContract, submitApplicationContract } from './applications/contract.ts';
import { getDecisionContract, listDecisionsContract } from './decisions/contract.ts';
import { reportTransactionsContract } from './ingest/contract.ts';
import {
  getCountyContract,
  getEntrepreneurContract,
  getProgramContract,
  getStationContract,
  listConsentsContract,
  putCountyContract,
  putEntrepreneurContract,
  putProgramContract,
  putStationContract,
  recordConsentContract,
} from './registry/contract.ts';

/**
 * The route table. The CDK app, the local gateway, the functions, the API document and the authorization tests
 * are all made from it, so a route exists everywhere or nowhere. It imports contracts only: reading it loads no
 * handler, no store and no model.
 */
export const routes = [
  {
    operation: 'putCounty',
    method: 'PUT',
    path: '/v1/counties/{countyId}',
    scope: 'counties:write',
    function: 'registry',
    tag: 'Counties',
    summary: 'Create a county or change it',
    contract: putCountyContract,
    successStatus: 200,
    errors: [],
  },
  {
    operation: 'getCounty',
    method: 'GET',
    path: '/v1/counties/{countyId}',
    scope: 'counties:read',
    function: 'registry',
    tag: 'Counties',
    summary: 'Read a county',
    contract: getCountyContract,
    successStatus: 200,
    errors: [],
  },
  {
    operation: 'putStation',
    method: 'PUT',
    path: '/v1/stations/{stationId}',
    scope: 'stations:write',
    function: 'registry',
    tag: 'Stations',
    summary: 'Create a station or change it',
    contract: putStationContract,
    successStatus: 200,
    errors: ['version_conflict'],
  },
  {
    operation: 'getStation',
    method: 'GET',
    path: '/v1/stations/{stationId}',
    scope: 'stations:read',
    function: 'registry',
    tag: 'Stations',
    summary: 'Read a station',
    contract: getStationContract,
    successStatus: 200,
    errors: [],
  },
  {
    operation: 'reportTransactions',
    method: 'POST',
    path: '/v1/stations/{stationId}/transactions',
    scope: 'transactions:write',
    function: 'ingest',
    tag: 'Stations',
    summary: "Report transactions of a station's history; each is accepted, a duplicate or rejected",
    contract: reportTransactionsContract,
    successStatus: 200,
    errors: [],
  },
  {
    operation: 'putEntrepreneur',
    method: 'PUT',
    path: '/v1/entrepreneurs/{entrepreneurId}',
    scope: 'entrepreneurs:write',
    function: 'registry',
    tag: 'Entrepreneurs',
    summary: 'Register an entrepreneur or change what is known of them',
    contract: putEntrepreneurContract,
    successStatus: 200,
    errors: [],
  },
  {
    operation: 'getEntrepreneur',
    method: 'GET',
    path: '/v1/entrepreneurs/{entrepreneurId}',
    scope: 'entrepreneurs:read',
    function: 'registry',
    tag: 'Entrepreneurs',
    summary: 'Read an entrepreneur',
    contract: getEntrepreneurContract,
    successStatus: 200,
    errors: [],
  },
  {
    operation: 'recordConsent',
    method: 'POST',
    path: '/v1/entrepreneurs/{entrepreneurId}/consents',
    scope: 'consents:write',
    function: 'registry',
    tag: 'Consents',
    summary: 'Record a consent an entrepreneur gave',
    contract: recordConsentContract,
    successStatus: 201,
    errors: [],
  },
  {
    operation: 'listConsents',
    method: 'GET',
    path: '/v1/entrepreneurs/{entrepreneurId}/consents',
    scope: 'consents:read',
    function: 'registry',
    tag: 'Consents',
    summary: "List an entrepreneur's consents",
    contract: listConsentsContract,
    successStatus: 200,
    errors: [],
  },
  {
    operation: 'putProgram',
    method: 'PUT',
    path: '/v1/programs/{programId}',
    scope: 'programs:write',
    function: 'registry',
    tag: 'Programs',
    summary: 'Create a program or change its terms',
    contract: putProgramContract,
    successStatus: 200,
    errors: ['version_conflict'],
  },
  {
    operation: 'getProgram',
    method: 'GET',
    path: '/v1/programs/{programId}',
    scope: 'programs:read',
    function: 'registry',
    tag: 'Programs',
    summary: 'Read a program you are a party of',
    contract: getProgramContract,
    successStatus: 200,
    errors: [],
  },
  {
    operation: 'submitApplication',
    method: 'POST',
    path: '/v1/programs/{programId}/applications',
    scope: 'applications:write',
    function: 'applications',
    tag: 'Applications',
    summary: 'Submit an application and read its decision',
    contract: submitApplicationContract,
    successStatus: 201,
    errors: ['version_conflict'],
  },
  {
    operation: 'getApplication',
    method: 'GET',
    path: '/v1/programs/{programId}/applications/{applicationId}',
    scope: 'applications:read',
    function: 'applications',
    tag: 'Applications',
    summary: 'Read an application as it was submitted',
    contract: getApplicationContract,
    successStatus: 200,
    errors: [],
  },
  {
    operation: 'listDecisions',
    method: 'GET',
    path: '/v1/programs/{programId}/decisions',
    scope: 'decisions:read',
    function: 'decisions',
    tag: 'Decisions',
    summary: "List a program's decisions, newest first",
    contract: listDecisionsContract,
    successStatus: 200,
    errors: [],
  },
  {
    operation: 'getDecision',
    method: 'GET',
    path: '/v1/programs/{programId}/decisions/{decisionId}',
    scope: 'decisions:read',
    function: 'decisions',
    tag: 'Decisions',
    summary: 'Read a decision whole: reasons, points by term, rules, offers',
    contract: getDecisionContract,
    successStatus: 200,
    errors: [],
  },
] as const satisfies readonly RouteDefinition[];

export type Route = (typeof routes)[number];
export type FunctionName = Route['function'];
export const functionNames: readonly FunctionName[] = [...new Set(routes.map((route) => route.function))];

type RouteOf<Name extends FunctionName> = Extract<Route, { readonly function: Name }>;

/** The handlers a function must give: exactly its operations, each typed by its contract. */
export type HandlersFor<Name extends FunctionName> = HandlersOf<RouteOf<Name>>;

/** The routes one function serves. */
export function routesFor<Name extends FunctionName>(name: Name): readonly RouteOf<Name>[] {
  return routes.filter((route): route is RouteOf<Name> => route.function === name);
}
