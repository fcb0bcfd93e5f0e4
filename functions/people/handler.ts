import { type HttpFunction, type HttpRuntime, httpFunction } from '../../shared/http/http-function.ts';
import type { PersonKeys } from '../../shared/persons/person-keys.ts';
import { accessLog } from '../../shared/store/access-log.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { entrepreneurStore } from '../../shared/store/entrepreneurs.ts';
import { personStore } from '../../shared/store/persons.ts';
import { programStore } from '../../shared/store/programs.ts';
import { type HandlersFor, routesFor } from '../routes.ts';
import { getPerson, putPerson } from './person-details.ts';
import { erasePerson, exportPerson } from './person-rights.ts';

export interface PeopleDependencies extends HttpRuntime {
  readonly table: StoreTable;
  readonly personKeys: PersonKeys;
}

/** Who people are, and their rights to it. With the reviewers' notes, the only function that holds person keys. */
export function createHandler({ table, personKeys, nowMs, log, limiter }: PeopleDependencies): HttpFunction {
  const dependencies = {
    entrepreneurs: entrepreneurStore(table),
    persons: personStore(table),
    decisions: decisionStore(table),
    programs: programStore(table),
    personKeys,
    nowMs,
  };
  const handlers: HandlersFor<'people'> = {
    putPerson: async ({ principal: { tenantId }, params, body }) => ({
      body: await putPerson({ tenantId, ...params, details: body }, dependencies),
    }),
    getPerson: async ({ principal: { tenantId }, params }) => ({
      body: await getPerson({ tenantId, ...params }, dependencies),
    }),
    exportPerson: async ({ principal: { tenantId }, params }) => {
      const { consents, decisions, ...rest } = await exportPerson({ tenantId, ...params }, dependencies);
      return { body: { ...rest, consents: [...consents], decisions: [...decisions] } };
    },
    erasePerson: async ({ principal: { tenantId }, params }) => ({
      body: await erasePerson({ tenantId, ...params }, dependencies),
    }),
  };
  return httpFunction({
    functionName: 'people',
    routes: routesFor('people'),
    handlers,
    nowMs,
    log,
    limiter,
    recordAccess: accessLog(table),
  });
}
