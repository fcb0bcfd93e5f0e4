import { type HttpFunction, type HttpRuntime, httpFunction } from '../../shared/http/http-function.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { type HandlersFor, routesFor } from '../routes.ts';
import { type IngestDependencies, ingestTransactions } from './ingest-transactions.ts';

export interface IngestHandlerDependencies
  extends HttpRuntime,
    Pick<IngestDependencies, 'random' | 'sleep' | 'meter'> {
  readonly table: StoreTable;
}

/** What stations report, into their history. */
export function createHandler(given: IngestHandlerDependencies): HttpFunction {
  const { table, nowMs, log, random, sleep, meter } = given;
  const dependencies = {
    stations: stationStore(table),
    bundles: dayBundleStore(table),
    nowMs,
    random,
    sleep,
    ...(meter === undefined ? {} : { meter }),
  };
  const handlers: HandlersFor<'ingest'> = {
    reportTransactions: async ({ principal: { tenantId }, params, body }) => {
      const outcomes = await ingestTransactions({ tenantId, ...params, ...body }, dependencies);
      const count = (status: (typeof outcomes)[number]['status']) =>
        outcomes.filter((outcome) => outcome.status === status).length;
      return {
        body: {
          accepted: count('accepted'),
          duplicates: count('duplicate'),
          rejected: count('rejected'),
          outcomes: [...outcomes],
        },
      };
    },
  };
  return httpFunction({ functionName: 'ingest', routes: routesFor('ingest'), handlers, nowMs, log });
}
