import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import { PrivateAddress, publicAddressesOf, type Resolve } from '../../shared/webhooks/public-address.ts';

export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A status, or why there is none: a code of the network, `private_address`, `timeout`. */
export type WebhookAnswer =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'failure'; readonly reason: string };

export type SendWebhook = (request: WebhookRequest) => Promise<WebhookAnswer>;

export interface SendWebhookOptions {
  readonly resolve: Resolve;
  /** Only for one machine and its tests: plain http, and addresses of that machine. */
  readonly allowPrivateAddresses: boolean;
  /** From the first byte sent to the last header received. Default 15 s, as Standard Webhooks recommends. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 15_000;

/**
 * One POST to an address that was checked, and to no other: the name is resolved once, every address must be
 * public, and the connection is made to those addresses (a name that answers otherwise the next moment gains
 * nothing). Redirects are answers like any other, never followed. The answer's body is not read.
 */
export function webhookSender(options: SendWebhookOptions): SendWebhook {
  const { resolve, allowPrivateAddresses, timeoutMs = TIMEOUT_MS } = options;
  return async ({ url, headers, body }) => {
    const target = new URL(url);
    if (target.protocol !== 'https:' && !allowPrivateAddresses) {
      return { kind: 'failure', reason: 'not_https' };
    }
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const addresses = allowPrivateAddresses
        ? await resolve(target.hostname.replace(/^\[(.*)\]$/, '$1'))
        : await publicAddressesOf(target.hostname, resolve);
      const status = await post(target, pinned(addresses), headers, body, signal);
      return { kind: 'status', status };
    } catch (error) {
      return { kind: 'failure', reason: reasonOf(error) };
    }
  };
}

/** Gives a socket the addresses that were checked, whatever name it asks for. */
const pinned =
  (addresses: readonly { readonly address: string; readonly family: number }[]): LookupFunction =>
  (_hostname, lookupOptions, done) => {
    const [first] = addresses;
    if (first === undefined) return done(new Error('no address'), '');
    if (lookupOptions.all === true) return done(null, [...addresses]);
    done(null, first.address, first.family);
  };

function post(
  target: URL,
  lookup: LookupFunction,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): Promise<number> {
  const send = target.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const outgoing = send(
      target,
      {
        method: 'POST',
        lookup,
        // A pooled connection may lead to an address of another check.
        agent: false,
        signal,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      },
      (incoming) => {
        resolve(incoming.statusCode ?? 0);
        incoming.destroy();
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Codes only: a message may hold an address, and reasons are shown to the endpoint's owner. */
function reasonOf(error: unknown): string {
  if (error instanceof PrivateAddress) return 'private_address';
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'timeout';
  return 'code' in error && typeof error.code === 'string' ? error.code.toLowerCase() : 'failed';
}
