import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope } from '../../../shared/http/scopes.ts';
import type { LocalKeys } from '../local-tokens.ts';

/** Calls the API as one tenant, with a token of its own. */
export type ApiClient = (
  method: 'GET' | 'PUT' | 'POST',
  path: string,
  body?: unknown,
  key?: string,
) => Promise<unknown>;

export interface ApiClientOptions {
  readonly url: string;
  readonly keys: LocalKeys;
  readonly tenantId: string;
  readonly scopes: readonly Scope[];
  readonly nowMs: number;
}

const ATTEMPTS_MAX = 5;

/** Raises an Error with the problem the API answered; `429` is waited out, as Retry-After says. */
export async function apiClient(options: ApiClientOptions): Promise<ApiClient> {
  const token = await options.keys.issue(options);
  return async (method, path, body, key) => {
    for (let attempt = 1; ; attempt += 1) {
      const response = await fetch(options.url + path, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.ok) return JSON.parse(text);
      if (response.status !== 429 || attempt === ATTEMPTS_MAX) {
        throw new Error(`${method} ${path}: ${response.status} ${text}`);
      }
      await sleep(Number(response.headers.get('retry-after') ?? 1) * 1_000);
    }
  };
}
