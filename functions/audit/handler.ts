import { type HttpFunction, type HttpRuntime, httpFunction } from '../../shared/http/http-function.ts';
import { auditLog } from '../../shared/store/audit-log.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { type HandlersFor, routesFor } from '../routes.ts';
import { listAuditEntries, verifyAudit } from './read-audit.ts';

export interface AuditDependencies extends HttpRuntime {
  readonly table: StoreTable;
}

/** A tenant's own audit log: what changed, who read what, and whether the log is whole. */
export function createHandler({ table, nowMs, log, limiter }: AuditDependencies): HttpFunction {
  const stores = { audit: auditLog(table) };
  const handlers: HandlersFor<'audit'> = {
    verifyAudit: async ({ principal: { tenantId }, params, query }) => ({
      body: await verifyAudit({ tenantId, day: params.date, keptHash: query.keptHash }, stores),
    }),
    listAuditEntries: async ({ principal: { tenantId }, params, query }) => {
      const { limit, cursor, kind, object } = query;
      return {
        body: await listAuditEntries({ tenantId, day: params.date, limit, cursor, kind, object }, stores),
      };
    },
  };
  return httpFunction({ functionName: 'audit', routes: routesFor('audit'), handlers, nowMs, log, limiter });
}
