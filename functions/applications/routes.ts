import type { RouteDefinition } from '../../shared/http/route.ts';
import { correctDecisionContract, getApplicationContract, submitApplicationContract } from './contract.ts';

const common = { function: 'applications', successStatus: 200, errors: [] } as const;

/** Applications, and corrected ones. Part of the route table. */
export const applicationRoutes = [
  {
    ...common,
    operation: 'submitApplication',
    method: 'POST',
    path: '/v1/programs/{programId}/applications',
    scope: 'applications:write',
    tag: 'Applications',
    summary: 'Submit an application and read its decision',
    contract: submitApplicationContract,
    successStatus: 201,
    errors: ['version_conflict'],
  },
  {
    ...common,
    operation: 'correctDecision',
    method: 'POST',
    path: '/v1/programs/{programId}/decisions/{decisionId}/corrections',
    scope: 'applications:write',
    tag: 'Applications',
    summary:
      'Have a declined application decided again on corrected facts; the new decision names the old one',
    contract: correctDecisionContract,
    successStatus: 201,
    errors: ['version_conflict', 'wrong_state'],
    applicants: 'own',
  },
  {
    ...common,
    operation: 'getApplication',
    method: 'GET',
    path: '/v1/programs/{programId}/applications/{applicationId}',
    scope: 'applications:read',
    tag: 'Applications',
    summary: 'Read an application as it was submitted',
    contract: getApplicationContract,
  },
] as const satisfies readonly RouteDefinition[];
