import createClient, { type Client, type Middleware } from 'openapi-fetch';
import { Webhook } from 'standardwebhooks';
import type { components, paths } from './schema.ts';

export type { components, operations, paths } from './schema.ts';

/** RFC 9457 problem details: what every refusal is answered with. `code` is stable. */
export type Problem = components['schemas']['Problem'];
/** What webhooks get and `GET /v1/events` lists. */
export type Event = components['schemas']['Event'];

export interface CunxinClientOptions {
  /** Where the API is served, without `/v1`: `https://….execute-api.….amazonaws.com`. */
  readonly baseUrl: string;
  /** An access token, or where to get one; asked before every request, so it may come from a cache that renews it. */
  readonly token: string | (() => string | Promise<string>);
  /** Default: the platform's own. */
  readonly fetch?: (request: Request) => Promise<Response>;
}

/**
 * A client of the Cunxin API. Every path, parameter, body and answer is typed by the API's own document:
 *
 *     const { data, error } = await cunxin.GET('/v1/programs/{programId}/decisions', {
 *       params: { path: { programId: 'prg_1' }, query: { limit: 50 } },
 *     });
 *
 * A refusal is returned as `error`, never thrown; only a network that fails throws.
 */
export function createCunxinClient(options: CunxinClientOptions): Client<paths> {
  const { baseUrl, token } = options;
  const client = createClient<paths>({
    baseUrl,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
  const authorize: Middleware = {
    async onRequest({ request }) {
      request.headers.set('authorization', `Bearer ${typeof token === 'string' ? token : await token()}`);
      return request;
    },
  };
  client.use(authorize);
  return client;
}

/**
 * The problem details of an error, whose `code` is one of those its operation answers; undefined when the gateway
 * refused the request before any function ran, which it does with a message alone.
 */
export function problemOf<Refusal extends Problem | { readonly message: string }>(
  error: Refusal | undefined,
): Extract<Refusal, Problem> | undefined {
  return error !== undefined && 'code' in error ? (error as Extract<Refusal, Problem>) : undefined;
}

/**
 * The event of a webhook request, once its signature and its age (five minutes at the most) are verified. Throws
 * for anything that was not signed with `secret`. `body` is the request's text as it came, not parsed.
 */
export function verifyWebhook(body: string, headers: Record<string, string>, secret: string): Event {
  return new Webhook(secret).verify(body, headers) as Event;
}

interface Page {
  readonly nextCursor?: string;
}

/** All pages of a list, one after another: `for await (const page of pages((cursor) => cunxin.GET(…)))`. */
export async function* pages<Data extends Page>(
  read: (cursor: string | undefined) => Promise<{ data?: Data; error?: unknown }>,
): AsyncGenerator<Data> {
  let cursor: string | undefined;
  do {
    const { data, error } = await read(cursor);
    if (data === undefined) throw new Error('a page could not be read', { cause: error });
    yield data;
    cursor = data.nextCursor;
  } while (cursor !== undefined);
}
