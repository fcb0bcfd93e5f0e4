import type { HandlersOf, RouteDefinition } from '../shared/http/route.ts';
import { applicationRoutes } from './applications/routes.ts';
import { auditRoutes } from './audit/routes.ts';
import { decisionRoutes } from './decisions/routes.ts';
import { ingestRoutes } from './ingest/routes.ts';
import { lendingRoutes } from './lending/routes.ts';
import { personRoutes } from './people/routes.ts';
import { registryRoutes } from './registry/routes.ts';
import { reviewRoutes } from './reviews/routes.ts';
import { subscriptionRoutes } from './subscriptions/routes.ts';

/**
 * The route table. The CDK app, the local gateway, the functions, the API document and the authorization tests
 * are all made from it, so a route exists everywhere or nowhere. It imports contracts only: reading it loads no
 * handler, no store and no model.
 */
export const routes = [
  ...registryRoutes,
  ...personRoutes,
  ...ingestRoutes,
  ...applicationRoutes,
  ...decisionRoutes,
  ...reviewRoutes,
  ...lendingRoutes,
  ...auditRoutes,
  ...subscriptionRoutes,
] as const satisfies readonly RouteDefinition[];

export type Route = (typeof routes)[number];
export type FunctionName = Route['function'];
export const functionNames: readonly FunctionName[] = [...new Set(routes.map((route) => route.function))];

type RouteOf<Name extends FunctionName> = Extract<Route, { readonly function: Name }>;

/** The handlers a function must give: exactly its operations, each typed by its contract. */
export type HandlersFor<Name extends FunctionName> = HandlersOf<RouteOf<Name>>;

/** The routes one function serves. */
export function routesFor<Name extends FunctionName>(name: Name): readonly RouteOf<Name>[] {
  return routes.filter((route): route is RouteOf<Name> => route.function === name);
}
