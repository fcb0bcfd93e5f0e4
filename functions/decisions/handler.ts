import type { DecisionListEntry } from '../../shared/domain/decision.ts';
import { type HttpFunction, type HttpRuntime, httpFunction } from '../../shared/http/http-function.ts';
import { requireOwn } from '../../shared/http/principal.ts';
import { accessLog } from '../../shared/store/access-log.ts';
import type { DecisionPage } from '../../shared/store/decision-lists.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { programStore } from '../../shared/store/programs.ts';
import { reviewStore } from '../../shared/store/reviews.ts';
import { type HandlersFor, routesFor } from '../routes.ts';
import type { DecisionField } from './contract.ts';
import {
  explain,
  exportDecisions,
  getDecision,
  listDecisions,
  listLenderDecisions,
} from './read-decisions.ts';

export interface DecisionsDependencies extends HttpRuntime {
  readonly table: StoreTable;
}

/** Decisions as the parties of a program read them. */
export function createHandler({ table, nowMs, log, limiter }: DecisionsDependencies): HttpFunction {
  const stores = {
    programs: programStore(table),
    decisions: decisionStore(table),
    reviews: reviewStore(table),
  };
  const handlers: HandlersFor<'decisions'> = {
    getDecision: async ({ principal, params }) => {
      const found = await getDecision({ tenantId: principal.tenantId, ...params }, stores);
      requireOwn(principal, found.input.application.entrepreneurId);
      return { body: found };
    },
    explainDecision: async ({ principal, params, query }) => {
      const found = await explain({ tenantId: principal.tenantId, ...params, ...query }, stores);
      requireOwn(principal, found.entrepreneurId);
      return { body: found.explanation };
    },
    listDecisions: async ({ principal: { tenantId }, params, query }) => {
      const { limit, cursor, fields, ...filter } = query;
      return {
        body: bodyOf(await listDecisions({ tenantId, ...params, filter, limit, cursor }, stores), fields),
      };
    },
    listLenderDecisions: async ({ principal: { tenantId }, query }) => {
      const { limit, cursor, fields, countyId, ...filter } = query;
      const page = await listLenderDecisions({ tenantId, countyId, filter, limit, cursor }, stores);
      return { body: bodyOf(page, fields) };
    },
    exportDecisions: async ({ principal: { tenantId }, params, query: { limit, cursor } }) => {
      const page = await exportDecisions({ tenantId, ...params, limit, cursor }, stores);
      return {
        body: [...page.decisions],
        headers: page.cursor === undefined ? {} : { 'next-cursor': page.cursor },
      };
    },
  };
  return httpFunction({
    functionName: 'decisions',
    routes: routesFor('decisions'),
    handlers,
    nowMs,
    log,
    limiter,
    recordAccess: accessLog(table),
  });
}

function bodyOf({ entries, cursor }: DecisionPage, fields: readonly DecisionField[] | undefined) {
  return {
    decisions: entries.map((entry) => selected(entry, fields)),
    ...(cursor === undefined ? {} : { nextCursor: cursor }),
  };
}

function selected(entry: DecisionListEntry, fields: readonly DecisionField[] | undefined) {
  if (fields === undefined) return entry;
  const chosen: Partial<DecisionListEntry> = Object.fromEntries(fields.map((field) => [field, entry[field]]));
  return { ...chosen, decisionId: entry.decisionId };
}
