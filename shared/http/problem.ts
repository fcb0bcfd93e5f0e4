import { STATUS_CODES } from 'node:http';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { z } from 'zod';
import type { DomainErrorCode } from '../domain/errors.ts';
import { errorStatus, refusalOf } from './error-status.ts';

/** What a fault is called outside; what it was is in the log, under the request id. */
export const INTERNAL_ERROR = 'internal_error';

const publicErrorCodes = (Object.keys(errorStatus) as DomainErrorCode[]).filter(
  (code) => errorStatus[code] < 500,
);

/** RFC 9457 problem details. `type` is about:blank: the title is the status's own, and `code` tells more. */
export const problem = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string().describe('The name of the HTTP status'),
    status: z.int().min(400).max(599),
    detail: z.string().describe('For a person: what is wrong with this request'),
    code: z.enum([...publicErrorCodes, INTERNAL_ERROR]).describe('Stable; for programs'),
    issues: z
      .array(
        z.strictObject({
          field: z.string().describe('Dotted path of the offending field; empty for the whole body'),
          code: z.string(),
          message: z.string(),
        }),
      )
      .describe('The offending fields, when the problem is in the request')
      .optional(),
    requestId: z.string().describe('Quote it when you report a problem'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.output<typeof problem>;

/** Any error as a response. Whatever is not a refusal becomes a 500 that says nothing of its cause. */
export function problemResponse(error: unknown, requestId: string): APIGatewayProxyStructuredResultV2 {
  const refusal = refusalOf(error);
  const status = refusal === undefined ? 500 : errorStatus[refusal.code];
  const body: Problem = {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: refusal?.message ?? 'Something failed on our side. The request may be repeated.',
    code: refusal === undefined ? INTERNAL_ERROR : (refusal.code as Problem['code']),
    ...(refusal === undefined || refusal.issues.length === 0 ? {} : { issues: [...refusal.issues] }),
    requestId,
  };
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-request-id': requestId,
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
      ...(refusal?.retryAfterSeconds === undefined
        ? {}
        : { 'retry-after': String(Math.ceil(refusal.retryAfterSeconds)) }),
    },
    body: JSON.stringify(body),
  };
}
