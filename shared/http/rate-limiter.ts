import type { RateBudgetStore } from '../store/rate-budgets.ts';
import { limitOf, type RateClass, type RateLimit, type RateLimitSettings } from './rate-limit.ts';

/** Who sends: a tenant's system, or one of its people. */
export interface RateClient {
  readonly tenantId: string;
  readonly subject: string;
}

export interface Admission {
  readonly admitted: boolean;
  /** The budget when full, and the time it takes to fill. */
  readonly quota: number;
  readonly quotaSeconds: number;
  /** Requests left as far as this process knows; null when the budgets could not be asked. */
  readonly remaining: number | null;
  /** Until the budget is full again. */
  readonly fullAfterSeconds: number;
  /** Of a refused request: until one may pass. 0 otherwise. */
  readonly retryAfterSeconds: number;
}

export interface RateLimiter {
  take(client: RateClient, rateClass: RateClass, nowMs: number): Promise<Admission>;
}

export interface RateLimiterDependencies {
  readonly budgets: Pick<RateBudgetStore, 'lease'>;
  readonly settings: RateLimitSettings;
  /** Told of budgets that could not be asked: requests then pass. */
  readonly onFailure: (error: unknown) => void;
}

/** A refused client is not looked up again for this long: a flood costs ten write units a second and process. */
const REFUSAL_US_MIN = 100_000;
/** While the table does not answer, one request a second and client waits for it; the others pass at once. */
const OPEN_US = 1_000_000;
/** Leases are dropped beyond this many, which loses tokens and lets no more through: memory has a bound. */
const CLIENTS_MAX = 10_000;

/** What this process holds of one client's budget. Times in microseconds since 1970. */
interface Held {
  size: number;
  left: number;
  endsUs: number;
  refusedUntilUs: number;
  openUntilUs: number;
  spentUntilUs: number;
  renewal: Promise<void> | undefined;
}

/**
 * One budget for each client and class, shared by all processes. A process leases tokens from the table, several
 * with one write, and spends them by itself, so a busy client costs a small fraction of a write unit a request.
 * The lease doubles while it is used up, from a hundredth of the burst to a tenth, and shrinks to what was used.
 *
 * **Never more than the limit**: over any window of t seconds, all processes together admit at most
 * `burst + t × ratePerSecond` requests (by arrival, on clocks that agree). Half of the burst is the bucket's depth;
 * the other half is time: a lease ends after as long as it takes to make that many tokens, and what is left of it
 * is lost. So what is admitted in a window was leased in it or shortly before, which the other half pays for.
 *
 * **Available before exact**: when the table does not answer, requests pass and `onFailure` is told. A limit
 * guards against a flood; refusing every caller for want of it would be one.
 */
export function rateLimiter({ budgets, settings, onFailure }: RateLimiterDependencies): RateLimiter {
  const heldByClient = new Map<string, Held>();

  function heldOf(name: string, nowUs: number): Held {
    const found = heldByClient.get(name);
    if (found !== undefined) return found;
    if (heldByClient.size >= CLIENTS_MAX) dropSome(nowUs);
    const held: Held = {
      size: 0,
      left: 0,
      endsUs: 0,
      refusedUntilUs: 0,
      openUntilUs: 0,
      spentUntilUs: 0,
      renewal: undefined,
    };
    heldByClient.set(name, held);
    return held;
  }

  /** Those that hold nothing any more, else the oldest. */
  function dropSome(nowUs: number): void {
    for (const [name, { endsUs, refusedUntilUs, renewal }] of heldByClient) {
      if (renewal === undefined && endsUs < nowUs && refusedUntilUs < nowUs) heldByClient.delete(name);
    }
    const [oldest] = heldByClient.keys();
    if (heldByClient.size >= CLIENTS_MAX && oldest !== undefined) heldByClient.delete(oldest);
  }

  async function renew(
    held: Held,
    client: RateClient,
    rateClass: RateClass,
    plan: LeasePlan,
    nowUs: number,
  ): Promise<void> {
    const wanted = nextLease(held, plan);
    try {
      const lease = await budgets.lease({ ...client, rateClass }, plan, wanted, nowUs, held.spentUntilUs);
      held.size = lease.granted;
      held.left = lease.granted;
      held.endsUs = nowUs + plan.lifetimeUs;
      held.spentUntilUs = lease.spentUntilUs;
      if (lease.granted > 0) return;
      const nextTokenUs = lease.spentUntilUs - (plan.depth - 1) * plan.periodUs;
      held.refusedUntilUs = Math.max(nextTokenUs, nowUs + REFUSAL_US_MIN);
    } catch (error) {
      held.openUntilUs = nowUs + OPEN_US;
      onFailure(error);
    }
  }

  return {
    async take(client, rateClass, nowMs) {
      const plan = leasePlan(limitOf(settings, client.tenantId, rateClass));
      const nowUs = Math.floor(nowMs * 1_000);
      const held = heldOf(`${client.tenantId} ${rateClass} ${client.subject}`, nowUs);
      // Whoever starts a renewal is the first to go on from it, and finds a token, a refusal or the failure.
      for (;;) {
        if (held.left > 0 && nowUs <= held.endsUs) {
          held.left -= 1;
          return admission(true, plan, held, nowUs);
        }
        if (nowUs < held.openUntilUs) return { ...admission(true, plan, held, nowUs), remaining: null };
        if (nowUs < held.refusedUntilUs) return admission(false, plan, held, nowUs);
        held.renewal ??= renew(held, client, rateClass, plan, nowUs).finally(() => {
          held.renewal = undefined;
        });
        await held.renewal;
      }
    },
  };
}

interface LeasePlan {
  readonly periodUs: number;
  readonly depth: number;
  readonly lifetimeUs: number;
  readonly leaseMin: number;
  readonly leaseMax: number;
}

/** In whole microseconds, rounded so that the rate is never exceeded. */
function leasePlan({ ratePerSecond, burst }: RateLimit): LeasePlan {
  const periodUs = Math.ceil(1_000_000 / ratePerSecond);
  const depth = Math.ceil(burst / 2);
  return {
    periodUs,
    depth,
    lifetimeUs: (burst - depth) * periodUs,
    leaseMin: Math.max(1, Math.floor(burst / 100)),
    leaseMax: Math.max(1, Math.floor(burst / 10)),
  };
}

function nextLease({ size, left }: Held, { leaseMin, leaseMax }: LeasePlan): number {
  return Math.min(leaseMax, Math.max(leaseMin, 2 * (size - left)));
}

function admission(
  admitted: boolean,
  { periodUs, depth }: LeasePlan,
  { left, spentUntilUs, refusedUntilUs }: Held,
  nowUs: number,
): Admission {
  const spentUs = Math.max(0, spentUntilUs - nowUs);
  const inTable = Math.max(0, Math.floor((depth * periodUs - spentUs) / periodUs));
  return {
    admitted,
    quota: depth,
    quotaSeconds: Math.ceil((depth * periodUs) / 1_000_000),
    // A lease outlives the moment it was taken from the bucket, which may be full again by then.
    remaining: admitted ? Math.min(depth, left + inTable) : 0,
    fullAfterSeconds: Math.ceil(spentUs / 1_000_000),
    retryAfterSeconds: admitted ? 0 : (refusedUntilUs - nowUs) / 1_000_000,
  };
}
