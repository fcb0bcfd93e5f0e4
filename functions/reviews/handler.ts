import { randomUUID } from 'node:crypto';
import { type HttpFunction, type HttpRuntime, httpFunction } from '../../shared/http/http-function.ts';
import { type Principal, requireOwn } from '../../shared/http/principal.ts';
import type { PersonKeys } from '../../shared/persons/person-keys.ts';
import { accessLog } from '../../shared/store/access-log.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { lendingTermsStore } from '../../shared/store/lending-terms.ts';
import { programLoans } from '../../shared/store/program-loans.ts';
import { programStore } from '../../shared/store/programs.ts';
import { reviewStore } from '../../shared/store/reviews.ts';
import { type HandlersFor, routesFor } from '../routes.ts';
import { contestDecision } from './contest-decision.ts';
import { confirmReview, decideReview } from './decide-review.ts';
import { claim, getReview, listReviews, writeNote } from './work-queue.ts';

export interface ReviewsDependencies extends HttpRuntime {
  readonly table: StoreTable;
  readonly personKeys: PersonKeys;
}

/** Cases that a person decides: those the rules refer, and those an applicant contests. */
export function createHandler({ table, personKeys, nowMs, log, limiter }: ReviewsDependencies): HttpFunction {
  const dependencies = {
    programs: programStore(table),
    decisions: decisionStore(table),
    reviews: reviewStore(table),
    terms: lendingTermsStore(table),
    listed: programLoans(table),
    personKeys,
    newNoteId: randomUUID,
    nowMs,
  };
  const officer = ({ tenantId, subject }: Principal) => ({ tenantId, subject });
  const handlers: HandlersFor<'reviews'> = {
    contestDecision: async ({ principal, params, body }) => ({
      body: await contestDecision(
        {
          tenantId: principal.tenantId,
          ...params,
          ...body,
          requireOwn: (entrepreneurId) => requireOwn(principal, entrepreneurId),
        },
        dependencies,
      ),
    }),
    listReviews: async ({ principal: { tenantId }, params, query: { limit, cursor } }) => ({
      body: await listReviews({ tenantId, ...params, limit, cursor }, dependencies),
    }),
    getReview: async ({ principal, params }) => ({
      body: await getReview({ ...officer(principal), ...params }, dependencies),
    }),
    claimReview: async ({ principal, params }) => ({
      body: await claim({ ...officer(principal), ...params }, dependencies),
    }),
    writeNote: async ({ principal, params, body }) => ({
      body: await writeNote({ ...officer(principal), ...params, ...body }, dependencies),
    }),
    decideReview: async ({ principal, params, body }) => ({
      body: await decideReview({ ...officer(principal), ...params, proposal: body }, dependencies),
    }),
    confirmReview: async ({ principal, params, body }) => ({
      body: await confirmReview({ ...officer(principal), ...params, ...body }, dependencies),
    }),
  };
  return httpFunction({
    functionName: 'reviews',
    routes: routesFor('reviews'),
    handlers,
    nowMs,
    log,
    limiter,
    recordAccess: accessLog(table),
  });
}
