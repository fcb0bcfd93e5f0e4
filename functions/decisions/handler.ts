import { type HttpFunction, type HttpRuntime, httpFunction } from '../../shared/http/http-function.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { programStore } from '../../shared/store/programs.ts';
import { type HandlersFor, routesFor } from '../routes.ts';
import { getDecision, listDecisions } from './read-decisions.ts';

export interface DecisionsDependencies extends HttpRuntime {
  readonly table: StoreTable;
}

/** Decisions as the parties of a program read them. */
export function createHandler({ table, nowMs, log }: DecisionsDependencies): HttpFunction {
  const stores = { programs: programStore(table), decisions: decisionStore(table) };
  const handlers: HandlersFor<'decisions'> = {
    getDecision: async ({ principal: { tenantId }, params }) => ({
      body: await getDecision({ tenantId, ...params }, stores),
    }),
    listDecisions: async ({ principal: { tenantId }, params, query: { limit, cursor } }) => {
      const page = await listDecisions({ tenantId, ...params, limit, cursor }, stores);
      return {
        body: {
          decisions: [...page.entries],
          ...(page.cursor === undefined ? {} : { nextCursor: page.cursor }),
        },
      };
    },
  };
  return httpFunction({ functionName: 'decisions', routes: routesFor('decisions'), handlers, nowMs, log });
}
