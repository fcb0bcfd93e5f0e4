import { createHash } from 'node:crypto';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { z } from 'zod';
import { contentTypeOf, type RouteContract, type RouteDefinition } from './route.ts';

/**
 * A good answer as a response. Where the route is conditional it carries a strong ETag, and is 304 without a body
 * when `ifNoneMatch` names it: the request was authorized and answered in full before anybody is told so.
 */
export function successResponse(
  { successStatus, contract, conditional }: RouteDefinition,
  data: unknown,
  headers: Readonly<Record<string, string>>,
  ifNoneMatch: string | undefined,
): APIGatewayProxyStructuredResultV2 {
  const body = textOf(contract, data);
  const content = { 'content-type': contentTypeOf(contract) };
  if (conditional !== true) {
    return {
      statusCode: successStatus,
      headers: { ...content, 'cache-control': 'no-store', ...headers },
      body,
    };
  }
  const etag = entityTag(body);
  // Kept by the caller alone, and asked about each time.
  const validators = { ...headers, etag, 'cache-control': 'private, no-cache' };
  return matches(ifNoneMatch, etag)
    ? { statusCode: 304, headers: validators }
    : { statusCode: successStatus, headers: { ...content, ...validators }, body };
}

function textOf({ responseFormat }: RouteContract, data: unknown): string {
  if (responseFormat === undefined) return JSON.stringify(data);
  const lines = z.array(z.unknown()).parse(data);
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Equal bytes and nothing less: 160 bits of SHA-256. */
function entityTag(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
}

/** RFC 9110, 13.1.2: any of a list, compared weakly, or `*`. */
function matches(given: string | undefined, current: string): boolean {
  const tags = (given ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes('*') || tags.includes(current);
}
