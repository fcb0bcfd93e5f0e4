import type { NewId } from '../../shared/domain/identifiers.ts';
import { type HttpFunction, type HttpRuntime, httpFunction } from '../../shared/http/http-function.ts';
import { requireOwn } from '../../shared/http/principal.ts';
import type { Scorer } from '../../shared/scoring/scorer.ts';
import { accessLog } from '../../shared/store/access-log.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { entrepreneurStore } from '../../shared/store/entrepreneurs.ts';
import { lendingTermsStore } from '../../shared/store/lending-terms.ts';
import { programLoans } from '../../shared/store/program-loans.ts';
import { programStore } from '../../shared/store/programs.ts';
import { reviewStore } from '../../shared/store/reviews.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { type HandlersFor, routesFor } from '../routes.ts';
import { correctDecision } from './correct-decision.ts';
import { getApplication } from './get-application.ts';
import { submitApplication } from './submit-application.ts';

export interface ApplicationsDependencies extends HttpRuntime {
  readonly table: StoreTable;
  /** The champion, verified and warm. */
  readonly scorer: Pick<Scorer, 'model' | 'scoreCard'>;
  readonly newId: NewId;
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Applications in, decisions out: the one function that carries the model. */
export function createHandler(dependencies: ApplicationsDependencies): HttpFunction {
  const { table, nowMs, log, limiter } = dependencies;
  const stores = {
    programs: programStore(table),
    stations: stationStore(table),
    entrepreneurs: entrepreneurStore(table),
    bundles: dayBundleStore(table),
    decisions: decisionStore(table),
    terms: lendingTermsStore(table),
    listed: programLoans(table),
    reviews: reviewStore(table),
  };
  const handlers: HandlersFor<'applications'> = {
    submitApplication: async ({ principal: { tenantId }, params, headers, body }) => {
      const { decision, replayed } = await submitApplication(
        { tenantId, ...params, idempotencyKey: headers['idempotency-key'], request: body },
        { ...dependencies, ...stores },
      );
      return { body: decision, headers: { 'idempotent-replayed': String(replayed) } };
    },
    correctDecision: async ({ principal, params, headers }) => {
      const { decision, replayed } = await correctDecision(
        {
          tenantId: principal.tenantId,
          ...params,
          idempotencyKey: headers['idempotency-key'],
          requireOwn: (entrepreneurId) => requireOwn(principal, entrepreneurId),
        },
        { ...dependencies, ...stores },
      );
      return { body: decision, headers: { 'idempotent-replayed': String(replayed) } };
    },
    getApplication: async ({ principal: { tenantId }, params }) => ({
      body: await getApplication({ tenantId, ...params }, stores),
    }),
  };
  return httpFunction({
    functionName: 'applications',
    routes: routesFor('applications'),
    handlers,
    nowMs,
    log,
    limiter,
    recordAccess: accessLog(table),
  });
}
