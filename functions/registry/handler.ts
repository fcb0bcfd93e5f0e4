import { type HttpFunction, type HttpRuntime, httpFunction } from '../../shared/http/http-function.ts';
import { accessLog } from '../../shared/store/access-log.ts';
import { countyStore } from '../../shared/store/counties.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { entrepreneurStore } from '../../shared/store/entrepreneurs.ts';
import { programStore } from '../../shared/store/programs.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { type HandlersFor, routesFor } from '../routes.ts';
import { listConsents, recordConsent, withdrawConsent } from './consents.ts';
import { getCounty, putCounty } from './counties.ts';
import { getEntrepreneur, putEntrepreneur } from './entrepreneurs.ts';
import { getProgram, putProgram } from './programs.ts';
import { getStation, putStation } from './stations.ts';

export interface RegistryDependencies extends HttpRuntime {
  readonly table: StoreTable;
}

/** Counties, stations, entrepreneurs, consents and programs: who is who, before any money moves. */
export function createHandler({ table, nowMs, log, limiter }: RegistryDependencies): HttpFunction {
  const stores = {
    counties: countyStore(table),
    stations: stationStore(table),
    entrepreneurs: entrepreneurStore(table),
    programs: programStore(table),
    nowMs,
  };
  const handlers: HandlersFor<'registry'> = {
    putCounty: async ({ principal: { tenantId }, params, body }) => ({
      body: await putCounty({ tenantId, county: { ...params, ...body } }, stores),
    }),
    getCounty: async ({ principal: { tenantId }, params }) => ({
      body: await getCounty({ tenantId, ...params }, stores),
    }),
    putStation: async ({ principal: { tenantId }, params, body }) => ({
      body: await putStation({ tenantId, station: { ...params, ...body } }, stores),
    }),
    getStation: async ({ principal: { tenantId }, params }) => ({
      body: await getStation({ tenantId, ...params }, stores),
    }),
    putEntrepreneur: async ({ principal: { tenantId }, params, body }) => ({
      body: await putEntrepreneur({ tenantId, entrepreneur: { ...params, ...body } }, stores),
    }),
    getEntrepreneur: async ({ principal: { tenantId }, params }) => ({
      body: await getEntrepreneur({ tenantId, ...params }, stores),
    }),
    recordConsent: async ({ principal: { tenantId }, params, headers, body }) => ({
      body: await recordConsent(
        { tenantId, ...params, idempotencyKey: headers['idempotency-key'], given: body },
        stores,
      ),
    }),
    listConsents: async ({ principal: { tenantId }, params, query: { limit, cursor } }) => ({
      body: await listConsents({ tenantId, ...params, limit, cursor }, stores),
    }),
    withdrawConsent: async ({ principal: { tenantId }, params }) => ({
      body: await withdrawConsent({ tenantId, ...params }, stores),
    }),
    putProgram: async ({ principal: { tenantId }, params, body }) => ({
      body: await putProgram({ tenantId, program: { ...params, ...body } }, stores),
    }),
    getProgram: async ({ principal: { tenantId }, params }) => ({
      body: await getProgram({ tenantId, ...params }, stores),
    }),
  };
  return httpFunction({
    functionName: 'registry',
    routes: routesFor('registry'),
    handlers,
    nowMs,
    log,
    limiter,
    recordAccess: accessLog(table),
  });
}
