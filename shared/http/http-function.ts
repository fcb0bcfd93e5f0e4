import middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { z } from 'zod';
import { DomainError } from '../domain/errors.ts';
import { actAs } from '../store/acting.ts';
import {
  accessRecordOf,
  actorOf,
  isAccessRecorded,
  partiesNamed,
  type RecordAccess,
} from './acting-request.ts';
import { limitRequests } from './limit-requests.ts';
import { parseRequest } from './parse-request.ts';
import { type HttpEvent, principalOf, requireOwn, requireScope } from './principal.ts';
import { problemResponse } from './problem.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { type LogRequest, requestLog } from './request-log.ts';
import { ResponseMismatch } from './response-mismatch.ts';
import {
  type HandlersOf,
  type HttpHandler,
  type RouteContract,
  type RouteDefinition,
  routeKeyOf,
} from './route.ts';
import { successResponse } from './success-response.ts';

/** A Lambda behind the HTTP API, and what the local gateway calls in its place. */
export type HttpFunction = (event: HttpEvent, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;

/** What every HTTP function is given besides its own dependencies. */
export interface HttpRuntime {
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly log: LogRequest;
  /** Holds each client to its rate. Default: none. */
  readonly limiter?: RateLimiter | undefined;
}

export interface HttpFunctionOptions<Route extends RouteDefinition> extends HttpRuntime {
  readonly functionName: string;
  readonly routes: readonly Route[];
  readonly handlers: HandlersOf<Route>;
  /** Needed as soon as one of the routes reads data of persons. */
  readonly recordAccess?: RecordAccess;
}

/**
 * The routes of one function as one Lambda handler: match the route, hold the caller to its rate, check the scope, parse the request, call
 * the operation's handler, parse the response. Every error leaves as problem details, every request leaves one
 * record in the log.
 */
export function httpFunction<Route extends RouteDefinition>(
  options: HttpFunctionOptions<Route>,
): HttpFunction {
  const { functionName, routes, nowMs, log, limiter, recordAccess } = options;
  const unrecorded = recordAccess === undefined ? routes.find(isAccessRecorded) : undefined;
  if (unrecorded !== undefined) {
    throw new Error(`${functionName}: ${unrecorded.operation} reads data of persons and needs recordAccess`);
  }
  // Requests are checked against the contract that typed the handler, so the types may be forgotten here.
  const handlers = options.handlers as unknown as Readonly<Record<string, HttpHandler<RouteContract>>>;
  const routesByKey = new Map<string, Route>(routes.map((route) => [routeKeyOf(route), route]));

  const serve = async (event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> => {
    const route = routesByKey.get(event.routeKey);
    const handler = route === undefined ? undefined : handlers[route.operation];
    if (route === undefined || handler === undefined) {
      throw new DomainError('not_found', 'no such operation');
    }
    const principal = principalOf(event);
    requireScope(principal, route.scope);
    if (principal.applicantId !== undefined && route.applicants === undefined) {
      throw new DomainError('forbidden', 'this operation is not open to applicants themselves');
    }
    const request = parseRequest(route.contract, event);
    const { entrepreneurId } = ofPerson.safeParse(request.params).data ?? {};
    if (entrepreneurId !== undefined) requireOwn(principal, entrepreneurId);
    const { requestId } = event.requestContext;
    const { body, headers } = await actAs(
      actorOf(principal, route.operation, requestId),
      async (acting) => {
        const answered = await handler({ ...request, principal, requestId } as Parameters<typeof handler>[0]);
        if (isAccessRecorded(route)) {
          const at = new Date(nowMs()).toISOString();
          await recordAccess?.(accessRecordOf(acting, at, request.params, answered.body));
        }
        return answered;
      },
      partiesNamed(route, request.body),
    );
    const response = route.contract.response.safeParse(body);
    if (!response.success) throw new ResponseMismatch(route.operation, response.error);
    return successResponse(
      route,
      response.data,
      { 'x-request-id': requestId, ...headers },
      event.headers['if-none-match'],
    );
  };

  return middy<HttpEvent, APIGatewayProxyStructuredResultV2>()
    .use([
      requestLog({
        functionName,
        operationOf: (routeKey) => routesByKey.get(routeKey)?.operation,
        nowMs,
        log,
      }),
      limitRequests({ limiter, nowMs, routeOf: (routeKey) => routesByKey.get(routeKey) }),
      problemDetails,
    ])
    .handler(serve);
}

const ofPerson = z.object({ entrepreneurId: z.string() });

const problemDetails: middy.MiddlewareObj<HttpEvent, APIGatewayProxyStructuredResultV2> = {
  onError: (request) => {
    request.response = problemResponse(request.error, request.event.requestContext.requestId);
  },
};
