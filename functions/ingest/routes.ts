import type { RouteDefinition } from '../../shared/http/route.ts';
import {
  createImportContract,
  getDataQualityContract,
  getImportContract,
  listTransactionsContract,
} from './contract.ts';

/** The routes of ingest beside `reportTransactions`. */
export const ingestRoutes = [
  {
    operation: 'listTransactions',
    method: 'GET',
    path: '/v1/stations/{stationId}/transactions',
    scope: 'transactions:read',
    function: 'ingest',
    tag: 'Stations',
    summary: "Read a day of a station's history, as it is or as it was known at an instant",
    contract: listTransactionsContract,
    successStatus: 200,
    errors: [],
  },
  {
    operation: 'getDataQuality',
    method: 'GET',
    path: '/v1/stations/{stationId}/data-quality',
    scope: 'transactions:read',
    function: 'ingest',
    tag: 'Stations',
    summary: "How fresh, whole and timely a station's history is",
    contract: getDataQualityContract,
    successStatus: 200,
    errors: [],
  },
  {
    operation: 'createImport',
    method: 'POST',
    path: '/v1/imports',
    scope: 'transactions:write',
    function: 'ingest',
    tag: 'Imports',
    summary: 'Open an import of a file of transactions, of any stations and any size',
    contract: createImportContract,
    successStatus: 201,
    errors: [],
  },
  {
    operation: 'getImport',
    method: 'GET',
    path: '/v1/imports/{importId}',
    scope: 'transactions:read',
    function: 'ingest',
    tag: 'Imports',
    summary: 'How far an import has come, and its rejects report',
    contract: getImportContract,
    successStatus: 200,
    errors: [],
  },
] as const satisfies readonly RouteDefinition[];
