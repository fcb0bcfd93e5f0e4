/** How many requests a client may send: `ratePerSecond` for good, `burst` at once. */
export interface RateLimit {
  readonly ratePerSecond: number;
  readonly burst: number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

/** Buckets that are full again are forgotten when there are more than this many: memory has a bound. */
const CLIENTS_MAX = 10_000;

/**
 * A token bucket for each client. `take` spends one token, or says after how many milliseconds there will be one.
 * A clock that steps back refills nothing.
 */
export class TokenBuckets {
  readonly #limit: RateLimit;
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: RateLimit) {
    if (!(limit.ratePerSecond > 0) || !(limit.burst >= 1)) {
      throw new RangeError(`a rate above 0 and a burst of at least 1: ${JSON.stringify(limit)}`);
    }
    this.#limit = limit;
  }

  /** Clients that have tokens missing. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Milliseconds to wait; 0 when the request may pass. */
  take(client: string, nowMs: number): number {
    const { ratePerSecond, burst } = this.#limit;
    const bucket = this.#buckets.get(client) ?? { tokens: burst, filledAtMs: nowMs };
    const elapsedMs = Math.max(0, nowMs - bucket.filledAtMs);
    bucket.tokens = Math.min(burst, bucket.tokens + (elapsedMs * ratePerSecond) / 1_000);
    bucket.filledAtMs = Math.max(nowMs, bucket.filledAtMs);
    if (!this.#buckets.has(client) && this.#buckets.size >= CLIENTS_MAX) this.#forgetFull(nowMs);
    this.#buckets.set(client, bucket);
    // What floating point left short of a whole token is a whole token.
    if (bucket.tokens + 1e-9 < 1) return Math.ceil(((1 - bucket.tokens) * 1_000) / ratePerSecond);
    bucket.tokens -= 1;
    return 0;
  }

  #forgetFull(nowMs: number): void {
    const { ratePerSecond, burst } = this.#limit;
    for (const [client, { tokens, filledAtMs }] of this.#buckets) {
      if (tokens + ((nowMs - filledAtMs) * ratePerSecond) / 1_000 >= burst) this.#buckets.delete(client);
    }
  }
}
