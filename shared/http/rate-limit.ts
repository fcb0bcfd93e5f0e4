import { z } from 'zod';
import { tenantId } from '../domain/identifiers.ts';

/**
 * What a client may send: `ratePerSecond` for good and, over any time, `burst` more than that. Half of the burst
 * may come at once; why not all of it, see rate-limiter.ts.
 */
export const rateLimit = z.strictObject({
  ratePerSecond: z.number().min(0.001).max(100_000),
  burst: z.int().min(1).max(1_000_000),
});
export type RateLimit = z.output<typeof rateLimit>;

/** Reads and writes have budgets of their own: a client that polls too much can still report and repay. */
export const rateClasses = ['read', 'write'] as const;
export type RateClass = (typeof rateClasses)[number];

export const rateClassOf = ({ method }: { readonly method: string }): RateClass =>
  method === 'GET' ? 'read' : 'write';

const limits = z.strictObject({ read: rateLimit, write: rateLimit });

/** Limits of every client, and of the clients of single tenants: `rateLimits` of cdk.json, `RATE_LIMITS` elsewhere. */
export const rateLimitSettings = z.strictObject({
  default: limits,
  tenants: z.record(tenantId, limits.partial()).default({}),
});
export type RateLimitSettings = z.output<typeof rateLimitSettings>;

export const limitOf = (settings: RateLimitSettings, tenant: string, rateClass: RateClass): RateLimit =>
  settings.tenants[tenant]?.[rateClass] ?? settings.default[rateClass];
