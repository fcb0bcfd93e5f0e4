import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ApplicationsDependencies,
  createHandler as createApplications,
} from '../../functions/applications/handler.ts';
import { createHandler as createAudit } from '../../functions/audit/handler.ts';
import { createHandler as createDecisions } from '../../functions/decisions/handler.ts';
import {
  createHandler as createIngest,
  type IngestHandlerDependencies,
} from '../../functions/ingest/handler.ts';
import { createHandler as createLending } from '../../functions/lending/handler.ts';
import { createHandler as createPeople, type PeopleDependencies } from '../../functions/people/handler.ts';
import { createHandler as createRegistry } from '../../functions/registry/handler.ts';
import { createHandler as createReviews } from '../../functions/reviews/handler.ts';
import type { FunctionName } from '../../functions/routes.ts';
import {
  createHandler as createSubscriptions,
  type SubscriptionsDependencies,
} from '../../functions/subscriptions/handler.ts';
import type { HttpFunction } from '../../shared/http/http-function.ts';
import { importFolder } from './import-folder.ts';

/** What the functions need, all together: the most demanding one's dependencies. */
export type LocalFunctionDependencies = ApplicationsDependencies &
  PeopleDependencies &
  SubscriptionsDependencies & {
    /** Default: a folder of the system's temporary ones, from which nothing is imported. */
    readonly importFiles?: IngestHandlerDependencies['files'];
    readonly ingestMeter?: IngestHandlerDependencies['meter'];
  };

/** Every function of the route table, in this process: the very handlers that are deployed. */
export function localFunctions(dependencies: LocalFunctionDependencies): Record<FunctionName, HttpFunction> {
  const { importFiles: files = importFolder(join(tmpdir(), 'cunxin-imports')), ingestMeter } = dependencies;
  return {
    registry: createRegistry(dependencies),
    ingest: createIngest({
      ...dependencies,
      files,
      ...(ingestMeter === undefined ? {} : { meter: ingestMeter }),
    }),
    applications: createApplications(dependencies),
    people: createPeople(dependencies),
    reviews: createReviews(dependencies),
    decisions: createDecisions(dependencies),
    audit: createAudit(dependencies),
    lending: createLending(dependencies),
    subscriptions: createSubscriptions(dependencies),
  };
}
