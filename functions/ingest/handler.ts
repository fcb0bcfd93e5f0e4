import { type HttpFunction, type HttpRuntime, httpFunction } from '../../shared/http/http-function.ts';
import { accessLog } from '../../shared/store/access-log.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { importStore } from '../../shared/store/imports.ts';
import { ingestCountsStore } from '../../shared/store/ingest-counts.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { type HandlersFor, routesFor } from '../routes.ts';
import { createImport, getImport, type ImportsDependencies } from './file/create-import.ts';
import { type IngestDependencies, ingestTransactions } from './ingest-transactions.ts';
import { dataQuality, listTransactions } from './read-history.ts';

export interface IngestHandlerDependencies
  extends HttpRuntime,
    Pick<IngestDependencies, 'random' | 'sleep' | 'meter'>,
    Pick<ImportsDependencies, 'files' | 'newId'> {
  readonly table: StoreTable;
}

/** What stations report, into their history, and that history back. */
export function createHandler(given: IngestHandlerDependencies): HttpFunction {
  const { table, log, limiter, ...runtime } = given;
  const dependencies = {
    ...runtime,
    stations: stationStore(table),
    bundles: dayBundleStore(table),
    counts: ingestCountsStore(table),
    imports: importStore(table),
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
    listTransactions: async ({ principal: { tenantId }, params, query }) => {
      const { transactions, cursor } = await listTransactions(
        { tenantId, ...params, ...query },
        dependencies,
      );
      return {
        body: {
          day: query.day,
          transactions: [...transactions],
          ...(cursor === undefined ? {} : { nextCursor: cursor }),
        },
      };
    },
    getDataQuality: async ({ principal: { tenantId }, params, query }) => ({
      body: await dataQuality({ tenantId, ...params, ...query }, dependencies),
    }),
    createImport: async ({ principal: { tenantId }, body: reading }) => ({
      body: await createImport({ tenantId, reading }, dependencies),
    }),
    getImport: async ({ principal: { tenantId }, params }) => ({
      body: await getImport({ tenantId, ...params }, dependencies),
    }),
  };
  return httpFunction({
    functionName: 'ingest',
    routes: routesFor('ingest'),
    handlers,
    nowMs: given.nowMs,
    log,
    limiter,
    recordAccess: accessLog(table),
  });
}
