import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { JWTPayload } from 'jose';
import { DomainError, fieldError } from '../../shared/domain/errors.ts';
import type { HttpFunction } from '../../shared/http/http-function.ts';
import { problemResponse } from '../../shared/http/problem.ts';
import { type LogRequest, recordOf } from '../../shared/http/request-log.ts';
import { type RouteDefinition, routeKeyOf } from '../../shared/http/route.ts';
import { qualifiedScope } from '../../shared/http/scopes.ts';
import { apiGatewayEvent, lambdaContext, type ReceivedRequest } from './api-gateway-event.ts';
import type { AuthorizationServer } from './authorization-server.ts';
import type { GatewayPage } from './gateway-page.ts';
import type { LocalKeys } from './local-tokens.ts';

/** What API Gateway lets through; functions hold bodies to a tighter bound of their own. */
const BODY_BYTES_MAX = 10 * 1024 * 1024;
/** Requests in flight get this long to finish when the gateway closes. */
const CLOSE_GRACE_MS = 5_000;

export interface GatewayOptions<Route extends RouteDefinition> {
  readonly routes: readonly Route[];
  readonly functions: Readonly<Record<Route['function'], HttpFunction>>;
  readonly keys: Pick<LocalKeys, 'verify'>;
  /** Documents anybody may GET, by path, as JSON. */
  readonly documents: ReadonlyMap<string, () => Promise<unknown>>;
  /** What anybody may GET that is not a JSON document, by path. */
  readonly pages?: ReadonlyMap<string, () => Promise<GatewayPage>>;
  /** Where people sign in. Default: nowhere. */
  readonly authorization?: AuthorizationServer;
  readonly nowMs: () => number;
  readonly newRequestId: () => string;
  readonly log: LogRequest;
}

export interface RunningGateway {
  readonly url: string;
  /** Accept nothing new, let what is in flight finish, close. */
  close(): Promise<void>;
}

/**
 * API Gateway's HTTP API on one machine: match the route, verify the token, check its scope, and call the
 * route's Lambda handler in process with the event AWS would give it.
 */
export function createGateway<Route extends RouteDefinition>(options: GatewayOptions<Route>) {
  const { keys, documents, nowMs, newRequestId, log } = options;
  const functions: Readonly<Record<string, HttpFunction>> = options.functions;
  const matchers = options.routes.map(matcherOf);

  async function answer(
    incoming: IncomingMessage,
    requestId: string,
    seen: { operation: string },
  ): Promise<APIGatewayProxyStructuredResultV2> {
    const [rawPath = '', rawQuery = ''] = splitOnce(incoming.url ?? '', '?');
    const method = incoming.method ?? '';
    if (options.authorization?.serves(rawPath) === true) {
      const { authorization } = incoming.headers;
      const form = method === 'POST' ? (await readBody(incoming)).toString('utf8') : '';
      return pageResponse(
        await options.authorization.answer({ method, path: rawPath, query: rawQuery, form, authorization }),
      );
    }
    const document = method === 'GET' ? documents.get(rawPath) : undefined;
    if (document !== undefined) {
      return { statusCode: 200, headers: jsonHeaders, body: JSON.stringify(await document()) };
    }
    const page = method === 'GET' ? options.pages?.get(rawPath) : undefined;
    if (page !== undefined) return pageResponse(await page());
    const match = matchers.map((matches) => matches(method, rawPath)).find((found) => found !== undefined);
    if (match === undefined) throw new DomainError('not_found', 'no such operation');
    const { route, pathParameters } = match;
    seen.operation = route.operation;
    const claims = await authorize(incoming, route);
    const request: ReceivedRequest = {
      method,
      rawPath,
      rawQuery,
      headers: incoming.headers,
      body: await readBody(incoming),
      sourceIp: incoming.socket.remoteAddress ?? '',
      requestId,
      receivedAtMs: nowMs(),
    };
    const event = apiGatewayEvent(request, routeKeyOf(route), pathParameters, claims);
    const invoke = functions[route.function];
    if (invoke === undefined) throw new Error(`no function ${route.function}`);
    return invoke(event, lambdaContext(route.function, requestId));
  }

  /** 401 without a valid token, 403 when it lacks the route's scope: what the JWT authorizer answers. */
  async function authorize(incoming: IncomingMessage, route: RouteDefinition): Promise<JWTPayload> {
    const token = /^Bearer +(\S+)$/i.exec(incoming.headers.authorization ?? '')?.[1];
    if (token === undefined) throw new DomainError('unauthenticated', 'a bearer token is required');
    const claims = await keys.verify(token, nowMs()).catch((error: unknown) => {
      throw new DomainError('unauthenticated', 'the token is not valid', { cause: error });
    });
    const scope = qualifiedScope(route.scope);
    if (
      !String(claims.scope ?? '')
        .split(' ')
        .includes(scope)
    ) {
      throw new DomainError('forbidden', `the token does not carry the scope ${scope}`);
    }
    return claims;
  }

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse, server: Server): Promise<void> {
    const requestId = newRequestId();
    const startedMs = nowMs();
    const seen = { operation: 'unknown' };
    let response: APIGatewayProxyStructuredResultV2;
    try {
      response = await answer(incoming, requestId, seen);
    } catch (error) {
      response = problemResponse(error, requestId);
      log(
        recordOf({
          functionName: 'gateway',
          operation: seen.operation,
          requestId,
          tenantId: null,
          status: response.statusCode ?? 500,
          durationMs: nowMs() - startedMs,
          error,
        }),
      );
    }
    outgoing.statusCode = response.statusCode ?? 500;
    for (const [name, value] of Object.entries(response.headers ?? {}))
      outgoing.setHeader(name, String(value));
    // Closing: a connection kept alive would hold the server open until it times out.
    if (!server.listening) outgoing.setHeader('connection', 'close');
    outgoing.end(response.body);
  }

  return {
    async listen(port: number, host = '127.0.0.1'): Promise<RunningGateway> {
      const server = createServer((incoming, outgoing) => {
        serve(incoming, outgoing, server).catch(() => outgoing.destroy());
      });
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
      const address = server.address();
      const boundPort = address !== null && typeof address === 'object' ? address.port : port;
      return {
        url: `http://${host}:${boundPort}`,
        async close() {
          const closed = new Promise<void>((resolve) => server.close(() => resolve()));
          server.closeIdleConnections();
          const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
          await closed;
          clearTimeout(cut);
        },
      };
    },
  };
}

const pageResponse = ({ status, headers, body }: GatewayPage) => ({
  statusCode: status,
  headers: { ...headers },
  body,
});

const jsonHeaders = { 'content-type': 'application/json', 'cache-control': 'no-store' };

/** Segments are compared decoded; a `{name}` takes any segment that is not empty. */
function matcherOf<Route extends RouteDefinition>(route: Route) {
  const template = route.path.split('/');
  return (method: string, rawPath: string) => {
    const segments = rawPath.split('/');
    if (method !== route.method || segments.length !== template.length) return undefined;
    const pathParameters: Record<string, string> = {};
    for (const [index, part] of template.entries()) {
      const segment = segments[index] ?? '';
      const name = /^\{(.+)\}$/.exec(part)?.[1];
      if (name === undefined ? segment !== part : segment === '') return undefined;
      if (name !== undefined) pathParameters[name] = decoded(segment);
    }
    return { route, pathParameters };
  };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw fieldError(
      'invalid_request',
      'path',
      'malformed_encoding',
      'the path is not percent-encoded UTF-8',
    );
  }
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const received: AsyncIterable<Buffer> = incoming.iterator({ destroyOnReturn: false });
  for await (const chunk of received) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) {
      // The rest is read and dropped: a client still sending would otherwise never see the answer.
      incoming.resume();
      throw new DomainError('payload_too_large', `the body may hold at most ${BODY_BYTES_MAX} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
