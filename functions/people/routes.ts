import type { RouteDefinition } from '../../shared/http/route.ts';
import {
  erasePersonContract,
  exportPersonContract,
  getPersonContract,
  putPersonContract,
} from './contract.ts';

const common = { function: 'people', successStatus: 200, errors: [] } as const;

/** Who an entrepreneur is, and their rights to it. Part of the route table. */
export const personRoutes = [
  {
    ...common,
    operation: 'putPerson',
    method: 'PUT',
    path: '/v1/entrepreneurs/{entrepreneurId}/person',
    scope: 'persons:write',
    tag: 'Persons',
    summary: 'Record or correct who an entrepreneur is; kept encrypted under a key of their own',
    contract: putPersonContract,
    applicants: 'own',
  },
  {
    ...common,
    operation: 'getPerson',
    method: 'GET',
    path: '/v1/entrepreneurs/{entrepreneurId}/person',
    scope: 'persons:read',
    tag: 'Persons',
    summary: 'Read who an entrepreneur is',
    contract: getPersonContract,
    applicants: 'own',
  },
  {
    ...common,
    operation: 'exportPerson',
    method: 'GET',
    path: '/v1/entrepreneurs/{entrepreneurId}/export',
    scope: 'persons:read',
    tag: 'Persons',
    summary: 'Export all that is kept about a person',
    contract: exportPersonContract,
    applicants: 'own',
  },
  {
    ...common,
    operation: 'erasePerson',
    method: 'POST',
    path: '/v1/entrepreneurs/{entrepreneurId}/erasure',
    scope: 'persons:write',
    tag: 'Persons',
    summary: 'Erase a person: their key is destroyed, their consents end; decisions and ledgers stay whole',
    contract: erasePersonContract,
    errors: ['wrong_state'],
    applicants: 'own',
  },
] as const satisfies readonly RouteDefinition[];
