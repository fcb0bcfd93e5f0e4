import type middy from '@middy/core';
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { DomainError } from '../domain/errors.ts';
import { refusalOf } from './error-status.ts';
import { type HttpEvent, principalOf } from './principal.ts';
import { INTERNAL_ERROR } from './problem.ts';
import { ResponseMismatch } from './response-mismatch.ts';

/** What the log keeps of a request: ids, codes and a duration. Never a body, a name or an amount. */
export interface RequestRecord {
  readonly level: 'info' | 'warn' | 'error';
  readonly function: string;
  readonly operation: string;
  readonly requestId: string;
  readonly tenantId: string | null;
  readonly status: number;
  readonly durationMs: number;
  readonly errorCode: string | null;
  readonly fault: FaultRecord | null;
}

/** Enough of a fault to find it by. Only messages that cannot quote a request are kept. */
export interface FaultRecord {
  readonly name: string;
  readonly message: string | null;
  readonly frames: readonly string[];
  readonly cause: FaultRecord | null;
}

export type LogRequest = (record: RequestRecord) => void;

type Timing = { startedMs?: number };

/** One record per request, whatever becomes of it. Must be the first middleware: it then sees the answer last. */
export function requestLog(options: {
  readonly functionName: string;
  readonly operationOf: (routeKey: string) => string | undefined;
  readonly nowMs: () => number;
  readonly log: LogRequest;
}): middy.MiddlewareObj<HttpEvent, APIGatewayProxyStructuredResultV2, Error, Context, Timing> {
  const { functionName, operationOf, nowMs, log } = options;
  const record = (
    request: middy.Request<HttpEvent, APIGatewayProxyStructuredResultV2, Error, Context, Timing>,
  ) => {
    const { event, error, response, internal } = request;
    log(
      recordOf({
        functionName,
        operation: operationOf(event.routeKey) ?? 'unknown',
        requestId: event.requestContext.requestId,
        tenantId: tenantOf(event),
        status: response?.statusCode ?? 500,
        durationMs: nowMs() - (internal.startedMs ?? nowMs()),
        error,
      }),
    );
  };
  return {
    before: (request) => {
      request.internal.startedMs = nowMs();
    },
    after: (request) => record(request),
    onError: (request) => record(request),
  };
}

/** A request as its record; `error` is what was thrown, when something was. */
export function recordOf(request: {
  readonly functionName: string;
  readonly operation: string;
  readonly requestId: string;
  readonly tenantId: string | null;
  readonly status: number;
  readonly durationMs: number;
  readonly error?: unknown;
}): RequestRecord {
  const { functionName, error, ...rest } = request;
  const isFault = error !== undefined && error !== null && refusalOf(error) === undefined;
  return {
    level: rest.status >= 500 ? 'error' : rest.status >= 400 ? 'warn' : 'info',
    function: functionName,
    ...rest,
    errorCode: errorCodeOf(error),
    fault: isFault ? faultRecord(error) : null,
  };
}

function tenantOf(event: HttpEvent): string | null {
  try {
    return principalOf(event).tenantId;
  } catch {
    return null;
  }
}

function errorCodeOf(error: unknown): string | null {
  if (error === undefined || error === null) return null;
  return error instanceof DomainError ? error.code : INTERNAL_ERROR;
}

function faultRecord(error: unknown, depth = 0): FaultRecord {
  if (!(error instanceof Error)) return { name: typeof error, message: null, frames: [], cause: null };
  // A library's message may quote what it was given; these are ours, or the language's own.
  const isSafe =
    error instanceof DomainError ||
    error instanceof ResponseMismatch ||
    error instanceof TypeError ||
    error instanceof ReferenceError;
  return {
    name: error.name,
    message: isSafe ? error.message : null,
    frames: (error.stack ?? '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /^at .*:\d+:\d+\)?$/.test(line))
      .slice(0, 12),
    cause: error.cause === undefined || depth >= 3 ? null : faultRecord(error.cause, depth + 1),
  };
}

/**
 * A record as one line of JSON in CloudWatch's embedded metric format: the log line is the metric. Alarms
 * watch `faults` and `responseMismatches`.
 */
export function cloudWatchLine(record: RequestRecord, timestampMs: number): string {
  return JSON.stringify({
    ...record,
    faults: record.status >= 500 ? 1 : 0,
    responseMismatches: record.fault?.name === ResponseMismatch.name ? 1 : 0,
    _aws: {
      Timestamp: timestampMs,
      CloudWatchMetrics: [
        {
          Namespace: METRIC_NAMESPACE,
          Dimensions: [['function'], ['function', 'operation']],
          Metrics: [
            { Name: 'durationMs', Unit: 'Milliseconds' },
            { Name: 'faults', Unit: 'Count' },
            { Name: 'responseMismatches', Unit: 'Count' },
          ],
        },
      ],
    },
  });
}

export const METRIC_NAMESPACE = 'Cunxin';
