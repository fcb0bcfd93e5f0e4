import type { RouteDefinition } from '../../shared/http/route.ts';
import {
  explainDecisionContract,
  exportDecisionsContract,
  getDecisionContract,
  listDecisionsContract,
  listLenderDecisionsContract,
} from './contract.ts';

const common = { function: 'decisions', successStatus: 200, errors: [] } as const;

/** Decisions, read, listed, exported and explained. Part of the route table. */
export const decisionRoutes = [
  {
    ...common,
    operation: 'listDecisions',
    method: 'GET',
    path: '/v1/programs/{programId}/decisions',
    scope: 'decisions:read',
    tag: 'Decisions',
    summary: "List a program's decisions, newest first",
    contract: listDecisionsContract,
    conditional: true,
  },
  {
    ...common,
    operation: 'listLenderDecisions',
    method: 'GET',
    path: '/v1/decisions',
    scope: 'decisions:read',
    tag: 'Decisions',
    summary: 'List what you decided as a lender, in all your programs or those of a county, newest first',
    contract: listLenderDecisionsContract,
    conditional: true,
  },
  {
    ...common,
    operation: 'exportDecisions',
    method: 'GET',
    path: '/v1/decisions/days/{date}',
    scope: 'decisions:read',
    tag: 'Decisions',
    summary:
      'Export the decisions you made on a day as a lender, whole, one JSON object a line, page by page',
    contract: exportDecisionsContract,
  },
  {
    ...common,
    operation: 'getDecision',
    method: 'GET',
    path: '/v1/programs/{programId}/decisions/{decisionId}',
    scope: 'decisions:read',
    tag: 'Decisions',
    summary: 'Read a decision whole: reasons, points by term, rules, offers',
    contract: getDecisionContract,
    conditional: true,
    applicants: 'own',
  },
  {
    ...common,
    operation: 'explainDecision',
    method: 'GET',
    path: '/v1/programs/{programId}/decisions/{decisionId}/explanation',
    scope: 'decisions:read',
    tag: 'Decisions',
    summary: 'Explain a decision in words: reasons, factors, data, model and policy, how to contest',
    contract: explainDecisionContract,
    conditional: true,
    applicants: 'own',
  },
] as const satisfies readonly RouteDefinition[];
