import type { z } from 'zod';
import type { DomainErrorCode } from '../domain/errors.ts';
import type { Principal } from './principal.ts';
import type { Scope } from './scopes.ts';

/** What goes in and comes out of a route. A part that is absent must be absent from the request. */
export interface RouteContract {
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Lower-case names. Headers that are not listed are ignored. */
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Given, the body may come as `text/csv` too: the schema reads the text, to the same output as `body`. */
  readonly csvBody?: z.ZodType;
  readonly response: z.ZodType;
  /** `ndjson`: `response` is an array, sent one item a line. Default: one JSON value. */
  readonly responseFormat?: 'ndjson';
  /** Headers of a good answer that are its own, lower-case. */
  readonly responseHeaders?: z.ZodObject;
}

/** One line of the route table: all that the gateway, the CDK app, OpenAPI and the authorization tests need. */
export interface RouteDefinition {
  /** Unique; the operationId of the API document and the name in logs. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: `/v1/${string}`;
  readonly scope: Scope;
  /** Folder under functions/ whose Lambda serves it. */
  readonly function: string;
  readonly tag: string;
  readonly summary: string;
  readonly contract: RouteContract;
  readonly successStatus: 200 | 201 | 202;
  /** Refusals beyond those every route shares (`errorsOf`). */
  readonly errors: readonly DomainErrorCode[];
  /**
   * An applicant's own token (its claim `entrepreneur` says whose) may call it, for objects of that entrepreneur
   * only. Every other route refuses such a token.
   */
  readonly applicants?: 'own';
  /** Answers carry an ETag, and `If-None-Match` is answered 304 when nothing has changed. */
  readonly conditional?: true;
}

type Output<Contract, Part extends keyof RouteContract> =
  Contract extends Record<Part, infer Schema extends z.ZodType> ? z.output<Schema> : undefined;

/** A request after every check: parsed, and from whom. */
export interface HttpRequest<Contract extends RouteContract> {
  readonly params: Output<Contract, 'params'>;
  readonly query: Output<Contract, 'query'>;
  readonly headers: Output<Contract, 'headers'>;
  readonly body: Output<Contract, 'body'>;
  readonly principal: Principal;
  readonly requestId: string;
}

export interface HttpResponse<Contract extends RouteContract> {
  /** Parsed by the contract's `response` before it leaves. */
  readonly body: z.input<Contract['response']>;
  readonly headers?: Readonly<Record<string, string>>;
}

export type HttpHandler<Contract extends RouteContract> = (
  request: HttpRequest<Contract>,
) => Promise<HttpResponse<Contract>>;

/** One handler for each operation of some routes: no more, no fewer. */
export type HandlersOf<Route extends RouteDefinition> = {
  readonly [R in Route as R['operation']]: HttpHandler<R['contract']>;
};

/** As API Gateway names a route: `PUT /v1/stations/{stationId}`. */
export const routeKeyOf = (route: Pick<RouteDefinition, 'method' | 'path'>) =>
  `${route.method} ${route.path}`;

/** What a good answer is sent as. */
export const contentTypeOf = ({ responseFormat }: RouteContract) =>
  responseFormat === 'ndjson' ? 'application/x-ndjson' : 'application/json';

/** Every refusal a route may answer with, in order of precedence. */
export function errorsOf(route: RouteDefinition): readonly DomainErrorCode[] {
  const withBody: DomainErrorCode[] =
    route.contract.body === undefined ? [] : ['unsupported_media_type', 'payload_too_large'];
  const withParams: DomainErrorCode[] = route.contract.params === undefined ? [] : ['not_found'];
  const withKey: DomainErrorCode[] =
    route.contract.headers?.shape['idempotency-key'] === undefined
      ? []
      : ['idempotency_key_missing', 'idempotency_key_reused', 'idempotency_in_progress'];
  return [
    ...new Set<DomainErrorCode>([
      'unauthenticated',
      'forbidden',
      'rate_limited',
      ...withBody,
      'invalid_request',
      ...withParams,
      ...withKey,
      'too_many_requests',
      ...route.errors,
    ]),
  ];
}
