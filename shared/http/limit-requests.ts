import type middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { DomainError } from '../domain/errors.ts';
import { actAs } from '../store/acting.ts';
import { actorOf } from './acting-request.ts';
import { type HttpEvent, principalOf } from './principal.ts';
import { type RateClass, rateClassOf } from './rate-limit.ts';
import type { Admission, RateLimiter } from './rate-limiter.ts';
import type { RouteDefinition } from './route.ts';

type Limited = { rateLimitHeaders?: Readonly<Record<string, string>> };
type LimitedRequest = middy.Request<HttpEvent, APIGatewayProxyStructuredResultV2, Error, Context, Limited>;

/**
 * Hold each client to its rate, and say in every answer what is left of it. Raises `rate_limited` with the time
 * to wait. Must stand before the middleware that turns errors into answers, whose answer it adds its headers to.
 */
export function limitRequests(options: {
  readonly limiter: RateLimiter | undefined;
  readonly routeOf: (routeKey: string) => Pick<RouteDefinition, 'method'> | undefined;
  readonly nowMs: () => number;
}): middy.MiddlewareObj<HttpEvent, APIGatewayProxyStructuredResultV2, Error, Context, Limited> {
  const { limiter, routeOf, nowMs } = options;
  const addHeaders = ({ response, internal }: LimitedRequest) => {
    if (response === null || response === undefined || internal.rateLimitHeaders === undefined) return;
    response.headers = { ...response.headers, ...internal.rateLimitHeaders };
  };
  return {
    before: async ({ event, internal }) => {
      const route = routeOf(event.routeKey);
      if (limiter === undefined || route === undefined) return;
      const principal = principalOf(event);
      const rateClass = rateClassOf(route);
      // As the caller, so that the budget is held to their tenant like everything else.
      const actor = actorOf(principal, 'limitRequests', event.requestContext.requestId);
      const admission = await actAs(actor, () => limiter.take(principal, rateClass, nowMs()));
      internal.rateLimitHeaders = headersOf(rateClass, admission);
      if (admission.admitted) return;
      throw new DomainError('rate_limited', `this client sends more ${rateClass} requests than it may`, {
        retryAfterSeconds: admission.retryAfterSeconds,
      });
    },
    after: (request) => addHeaders(request),
    onError: (request) => addHeaders(request),
  };
}

/** draft-ietf-httpapi-ratelimit-headers-10: `q` requests in `w` seconds; `r` left, all of them back in `t`. */
function headersOf(rateClass: RateClass, admission: Admission): Record<string, string> {
  const { quota, quotaSeconds, remaining, fullAfterSeconds, retryAfterSeconds } = admission;
  const policy = { 'ratelimit-policy': `"${rateClass}";q=${quota};w=${quotaSeconds}` };
  if (remaining === null) return policy;
  const resetSeconds = admission.admitted ? fullAfterSeconds : Math.ceil(retryAfterSeconds);
  return { ...policy, ratelimit: `"${rateClass}";r=${remaining};t=${resetSeconds}` };
}
