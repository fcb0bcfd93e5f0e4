import { z } from 'zod';
import type { StoreTable } from '../store/dynamo.ts';
import { rateBudgetStore } from '../store/rate-budgets.ts';
import type { HttpRuntime } from './http-function.ts';
import { rateLimitSettings } from './rate-limit.ts';
import { rateLimiter } from './rate-limiter.ts';
import { cloudWatchLine, METRIC_NAMESPACE } from './request-log.ts';

const environment = z.object({
  RATE_LIMITS: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(rateLimitSettings),
});

/** The metric an alarm watches: budgets that could not be asked, so that requests passed unlimited. */
export const LIMITER_FAILURES_METRIC = 'rateLimiterFailures';

/**
 * The runtime of a deployed function: the machine's clock, one line per request on standard output, and the rates
 * of `RATE_LIMITS`.
 */
export function lambdaRuntime(table: StoreTable): HttpRuntime {
  const { RATE_LIMITS: settings } = environment.parse(process.env);
  return {
    nowMs: Date.now,
    log: (record) => console.log(cloudWatchLine(record, Date.now())),
    limiter: rateLimiter({
      budgets: rateBudgetStore(table),
      settings,
      onFailure: (error) => console.log(limiterFailureLine(error, Date.now())),
    }),
  };
}

/** One failure as one line in CloudWatch's embedded metric format, summed over all functions. */
export function limiterFailureLine(error: unknown, timestampMs: number): string {
  return JSON.stringify({
    level: 'error',
    message: 'rate budgets did not answer: requests pass unlimited',
    error: error instanceof Error ? error.name : typeof error,
    [LIMITER_FAILURES_METRIC]: 1,
    _aws: {
      Timestamp: timestampMs,
      CloudWatchMetrics: [
        {
          Namespace: METRIC_NAMESPACE,
          Dimensions: [[]],
          Metrics: [{ Name: LIMITER_FAILURES_METRIC, Unit: 'Count' }],
        },
      ],
    },
  });
}
