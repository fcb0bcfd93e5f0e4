import type { RouteDefinition } from '../../shared/http/route.ts';
import { listAuditEntriesContract, verifyAuditContract } from './contract.ts';

const common = { function: 'audit', successStatus: 200, errors: [] } as const;

/** The audit log. Part of the route table. */
export const auditRoutes = [
  {
    ...common,
    operation: 'verifyAudit',
    method: 'GET',
    path: '/v1/audit/days/{date}',
    scope: 'audit:read',
    tag: 'Audit',
    summary: 'Hold your audit log of a day to its chain',
    contract: verifyAuditContract,
  },
  {
    ...common,
    operation: 'listAuditEntries',
    method: 'GET',
    path: '/v1/audit/days/{date}/entries',
    scope: 'audit:read',
    tag: 'Audit',
    summary: 'List what changed on a day, and who read what',
    contract: listAuditEntriesContract,
  },
] as const satisfies readonly RouteDefinition[];
