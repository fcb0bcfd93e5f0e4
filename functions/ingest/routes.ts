import type { RouteDefinition } from '../../shared/http/route.ts';
import {
  createImportContract,
  getDataQualityContract,
  getImportContract,
  listTransactionsContract,
  reportTransactionsContract,
} from './contract.ts';

const common = { function: 'ingest', successStatus: 200, errors: [] } as const;

/** What a station did, as it was reported. Part of the route table. */
export const ingestRoutes = [
  {
    ...common,
    operation: 'reportTransactions',
    method: 'POST',
    path: '/v1/stations/{stationId}/transactions',
    scope: 'transactions:write',
    tag: 'Stations',
    summary: "Report transactions of a station's history; each is accepted, a duplicate or rejected",
    contract: reportTransactionsContract,
  },
  {
    ...common,
    operation: 'listTransactions',
    method: 'GET',
    path: '/v1/stations/{stationId}/transactions',
    scope: 'transactions:read',
    tag: 'Stations',
    summary: "Read a day of a station's history, as it is or as it was known at an instant",
    contract: listTransactionsContract,
  },
  {
    ...common,
    operation: 'getDataQuality',
    method: 'GET',
    path: '/v1/stations/{stationId}/data-quality',
    scope: 'transactions:read',
    tag: 'Stations',
    summary: "How fresh, whole and timely a station's history is",
    contract: getDataQualityContract,
  },
  {
    ...common,
    operation: 'createImport',
    method: 'POST',
    path: '/v1/imports',
    scope: 'transactions:write',
    tag: 'Imports',
    summary: 'Open an import of a file of transactions, of any stations and any size',
    contract: createImportContract,
    successStatus: 201,
  },
  {
    ...common,
    operation: 'getImport',
    method: 'GET',
    path: '/v1/imports/{importId}',
    scope: 'transactions:read',
    tag: 'Imports',
    summary: 'How far an import has come, and its rejects report',
    contract: getImportContract,
  },
] as const satisfies readonly RouteDefinition[];
