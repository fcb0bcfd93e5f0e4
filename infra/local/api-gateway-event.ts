import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import type { Context } from 'aws-lambda';
import type { JWTPayload } from 'jose';
import type { HttpEvent } from '../../shared/http/principal.ts';

export interface ReceivedRequest {
  readonly method: string;
  /** Path as it was sent, still encoded. */
  readonly rawPath: string;
  /** Without the question mark. */
  readonly rawQuery: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly requestId: string;
  readonly receivedAtMs: number;
}

/** An HTTP request as API Gateway's HTTP API hands it to a Lambda: payload format 2.0 with a JWT authorizer. */
export function apiGatewayEvent(
  request: ReceivedRequest,
  routeKey: string,
  pathParameters: Readonly<Record<string, string>>,
  claims: JWTPayload,
): HttpEvent {
  const headers = lowerCaseHeaders(request.headers);
  const query = joinedQuery(request.rawQuery);
  return {
    version: '2.0',
    routeKey,
    rawPath: request.rawPath,
    rawQueryString: request.rawQuery,
    headers,
    ...(query === undefined ? {} : { queryStringParameters: query }),
    ...(Object.keys(pathParameters).length === 0 ? {} : { pathParameters: { ...pathParameters } }),
    requestContext: {
      accountId: 'local',
      apiId: 'local',
      authorizer: { jwt: { claims: claimTexts(claims), scopes: null } },
      domainName: headers.host ?? 'localhost',
      domainPrefix: 'local',
      http: {
        method: request.method,
        path: request.rawPath,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: request.requestId,
      routeKey,
      stage: '$default',
      time: new Date(request.receivedAtMs).toISOString(),
      timeEpoch: request.receivedAtMs,
    },
    ...bodyOf(request),
  };
}

function lowerCaseHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) texts[name.toLowerCase()] = Array.isArray(value) ? value.join(',') : value;
  }
  return texts;
}

/** A parameter given twice arrives as one value, joined by commas. */
function joinedQuery(rawQuery: string): Record<string, string> | undefined {
  if (rawQuery === '') return undefined;
  const values = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(rawQuery)) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(values);
}

/** Claims arrive as texts, whatever type the token gave them. */
function claimTexts(claims: JWTPayload): Record<string, string> {
  return Object.fromEntries(
    Object.entries(claims)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, Array.isArray(value) ? `[${value.join(' ')}]` : String(value)]),
  );
}

/** Text is handed on as text, anything else as base64. */
function bodyOf({ headers, body }: ReceivedRequest): { body?: string; isBase64Encoded: boolean } {
  if (body.length === 0) return { isBase64Encoded: false };
  const isText = /^(text\/|application\/(json|xml|javascript))/i.test(headers['content-type'] ?? '');
  return isText && isUtf8(body)
    ? { body: body.toString('utf8'), isBase64Encoded: false }
    : { body: body.toString('base64'), isBase64Encoded: true };
}

/** The context of an in-process call. There is no time limit to run into. */
export function lambdaContext(functionName: string, requestId: string): Context {
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
    memoryLimitInMB: '0',
    awsRequestId: requestId,
    logGroupName: 'local',
    logStreamName: 'local',
    getRemainingTimeInMillis: () => LAMBDA_TIMEOUT_MS,
    done: () => {},
    fail: () => {},
    succeed: () => {},
  };
}

/** API Gateway gives a function thirty seconds. */
const LAMBDA_TIMEOUT_MS = 30_000;
