import { z } from 'zod';
import type { RouteDefinition } from './route.ts';

const text = z.string();

/** API Gateway's own refusals carry none of these; a function's answers always carry the first. */
const requestId = { 'x-request-id': text.describe('Quote it when you report a problem') };
const entityTag = { etag: text.describe('Of these bytes; send it back as If-None-Match') };
const replayed = {
  'idempotent-replayed': z
    .enum(['true', 'false'])
    .optional()
    .describe('`true` for the first answer again: the key has been used for this very request'),
};
const limits = {
  'ratelimit-policy': text.optional().describe('What you may send, by draft-ietf-httpapi-ratelimit-headers'),
  ratelimit: text.optional().describe('What is left of it, and in how many seconds all of it is back'),
};

/** Headers of a good answer, as the API document describes them. */
export function successHeaders({ contract, conditional }: RouteDefinition): z.ZodObject {
  const isKeyed = contract.headers?.shape['idempotency-key'] !== undefined;
  return z.object({
    ...requestId,
    ...contract.responseHeaders?.shape,
    ...(conditional === true ? entityTag : {}),
    ...(isKeyed ? replayed : {}),
    ...limits,
  });
}

/** Headers of a 304. */
export const notModifiedHeaders = z.object({ ...requestId, ...entityTag, ...limits });

/** Headers of a refusal or a fault. */
export function refusalHeaders(status: number): z.ZodObject {
  const { 'x-request-id': id } = requestId;
  return z.object({
    'x-request-id': id.optional(),
    ...(status === 401 ? { 'www-authenticate': text.optional().describe('How to authenticate') } : {}),
    ...(status === 429 ? { 'retry-after': text.optional().describe('Seconds to wait'), ...limits } : {}),
  });
}
