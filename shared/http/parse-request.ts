import { z } from 'zod';
import { DomainError, type FieldIssue, fieldError } from '../domain/errors.ts';
import { fieldIssues } from '../domain/parse.ts';
import type { HttpEvent } from './principal.ts';
import type { RouteContract } from './route.ts';

/** 1,000 transactions with every field at its longest are about 0.5 MiB. */
export const BODY_BYTES_MAX = 1_048_576;
/** Enough to mend a request by; a body of a megabyte can be wrong in more places than anybody reads. */
const ISSUES_MAX = 100;

const nothing = z.strictObject({});
/** A \ud800–\udfff escape: only such a text can hold half a character, which no store or JSON reader keeps. */
const surrogateEscape = /\\u[dD][89a-fA-F]/;

export interface ParsedRequest {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;
}

/**
 * Every part of a request, parsed by its contract. Refusals in order: media type, size, then `invalid_request`
 * with the issues of all parts at once (`path.`, `query.` and `header.` before a field that is not the
 * body's), then a missing idempotency key.
 */
export function parseRequest(contract: RouteContract, event: HttpEvent): ParsedRequest {
  const raw = rawBody(contract, event);
  const issues: FieldIssue[] = [];
  const part = (schema: z.ZodType | undefined, value: unknown, root: string): unknown => {
    const result = (schema ?? nothing).safeParse(value);
    if (result.success) return schema === undefined ? undefined : result.data;
    issues.push(...fieldIssues(result.error, root));
    return undefined;
  };

  const keyIsMissing =
    contract.headers?.shape['idempotency-key'] !== undefined &&
    event.headers['idempotency-key'] === undefined;
  const params = part(contract.params, event.pathParameters ?? {}, 'path');
  const query = part(contract.query, event.queryStringParameters ?? {}, 'query');
  const headers = keyIsMissing ? undefined : part(contract.headers, listedHeaders(contract, event), 'header');
  const bodySchema = isCsvFor(contract, event) ? contract.csvBody : contract.body;
  const body = bodySchema === undefined ? undefined : part(bodySchema, raw, '');

  const first = issues[0];
  if (first !== undefined) {
    const where = first.field === '' ? '' : `${first.field}: `;
    throw new DomainError('invalid_request', `${where}${first.message}`, {
      issues: issues.slice(0, ISSUES_MAX),
    });
  }
  if (keyIsMissing) {
    throw fieldError(
      'idempotency_key_missing',
      'header.idempotency-key',
      'missing',
      'an Idempotency-Key header is required',
    );
  }
  return { params, query, headers, body };
}

function listedHeaders(contract: RouteContract, event: HttpEvent): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.keys(contract.headers?.shape ?? {}).map((name) => [name, event.headers[name]]),
  );
}

function rawBody(contract: RouteContract, event: HttpEvent): unknown {
  const given = event.body ?? '';
  if (contract.body === undefined) {
    if (given === '') return undefined;
    throw fieldError('invalid_request', '', 'unexpected_body', 'this operation takes no body');
  }
  const isCsv = isCsvFor(contract, event);
  if (!isCsv && !isJson(event.headers['content-type'])) {
    const types = contract.csvBody === undefined ? 'application/json' : 'application/json or text/csv';
    throw new DomainError('unsupported_media_type', `content-type must be ${types}`);
  }
  const bytes = Buffer.byteLength(given, event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes > BODY_BYTES_MAX) {
    throw new DomainError('payload_too_large', `the body may hold at most ${BODY_BYTES_MAX} bytes`);
  }
  if (bytes === 0) throw fieldError('invalid_request', '', 'missing_body', 'a body is required');
  const source = event.isBase64Encoded ? Buffer.from(given, 'base64') : given;
  return isCsv ? csvTextOf(source) : jsonOf(source);
}

function isCsvFor({ csvBody }: RouteContract, { headers }: HttpEvent): boolean {
  return csvBody !== undefined && mediaTypeIs('text/csv', headers['content-type']);
}

function csvTextOf(source: Buffer | string): string {
  try {
    const text =
      typeof source === 'string' ? source : new TextDecoder('utf-8', { fatal: true }).decode(source);
    // What was read as UTF-8 and is not has these in the place of its bytes.
    if (text.isWellFormed() && !text.includes('\ufffd')) return text;
  } catch {
    // Told below.
  }
  throw fieldError('invalid_request', '', 'malformed_text', 'the body is not text in UTF-8');
}

/** RFC 8259: JSON is UTF-8; a charset parameter that says otherwise is refused. */
function isJson(contentType: string | undefined): boolean {
  return mediaTypeIs('application/json', contentType);
}

function mediaTypeIs(wanted: string, contentType = ''): boolean {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  return type === wanted && parameters.every((each) => /^charset\s*=\s*"?utf-8"?$/.test(each));
}

function jsonOf(source: Buffer | string): unknown {
  let text: string;
  let value: unknown;
  try {
    text = typeof source === 'string' ? source : new TextDecoder('utf-8', { fatal: true }).decode(source);
    value = JSON.parse(text);
  } catch {
    // Not the parser's own message: it quotes the body, and refusals are logged by others.
    throw fieldError('invalid_request', '', 'malformed_json', 'the body is not JSON in UTF-8');
  }
  if (surrogateEscape.test(text) && !isWellFormedJson(text)) {
    throw fieldError('invalid_request', '', 'malformed_text', 'the body holds half a surrogate pair');
  }
  return value;
}

function isWellFormedJson(text: string): boolean {
  let wellFormed = true;
  JSON.parse(text, (key, value: unknown) => {
    wellFormed &&= key.isWellFormed() && (typeof value !== 'string' || value.isWellFormed());
    return value;
  });
  return wellFormed;
}
