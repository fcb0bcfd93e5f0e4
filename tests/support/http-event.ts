import type { HttpEvent } from '../../shared/http/principal.ts';
import { qualifiedScope, type Scope } from '../../shared/http/scopes.ts';

export interface TestRequest {
  readonly routeKey: string;
  readonly tenant?: string | undefined;
  readonly scopes?: readonly Scope[];
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly base64?: boolean;
  readonly requestId?: string;
  readonly subject?: string;
  /** Of an applicant's own token. */
  readonly entrepreneur?: string;
}

/** An event as API Gateway would send it after it verified a token. */
export function httpEvent(request: TestRequest): HttpEvent {
  const { routeKey, tenant = 'ten_a', scopes = [], body, requestId = 'req-1', subject = 'tester' } = request;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const [method = '', path = ''] = routeKey.split(' ');
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: '',
    headers: {
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(request.params === undefined ? {} : { pathParameters: { ...request.params } }),
    ...(request.query === undefined ? {} : { queryStringParameters: { ...request.query } }),
    requestContext: {
      accountId: 'test',
      apiId: 'test',
      authorizer: {
        jwt: {
          claims: {
            tenant,
            sub: subject,
            scope: scopes.map(qualifiedScope).join(' '),
            ...(request.entrepreneur === undefined
              ? {}
              : { roles: 'applicant', entrepreneur: request.entrepreneur }),
          },
          scopes: null,
        },
      },
      domainName: 'test',
      domainPrefix: 'test',
      http: { method, path, protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: 'test' },
      requestId,
      routeKey,
      stage: '$default',
      time: '',
      timeEpoch: 0,
    },
    ...(text === undefined
      ? {}
      : { body: request.base64 === true ? Buffer.from(text).toString('base64') : text }),
    isBase64Encoded: request.base64 === true,
  };
}
