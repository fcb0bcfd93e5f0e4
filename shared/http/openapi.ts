import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from 'zod-openapi';
import { application } from '../domain/application.ts';
import { auditEntry, auditVerification } from '../domain/audit.ts';
import { businessDate, instant } from '../domain/calendar.ts';
import { consent } from '../domain/consent.ts';
import { county } from '../domain/county.ts';
import {
  affordability,
  decision,
  offer,
  pathToApproval,
  pricing,
  reason,
  ruleResult,
  scoreCard,
  selectedDecision,
  sentences,
  termPoints,
} from '../domain/decision.ts';
import { entrepreneur, trainingRecord } from '../domain/entrepreneur.ts';
import { event } from '../domain/event.ts';
import { program, programPolicy } from '../domain/program.ts';
import { station } from '../domain/station.ts';
import { webhookDeadLetter, webhookEndpoint } from '../domain/webhook.ts';
import { notModifiedHeaders, refusalHeaders, successHeaders } from './answer-headers.ts';
import { errorStatus } from './error-status.ts';
import { describeInstant } from './instant-schema.ts';
import { webhookOperations } from './openapi-webhooks.ts';
import { INTERNAL_ERROR, problem } from './problem.ts';
import { REFERENCE_INTRODUCTION, tagDescriptions } from './reference-text.ts';
import { roleNames, roles, scopesOf } from './roles.ts';
import { contentTypeOf, errorsOf, type RouteDefinition } from './route.ts';
import { qualifiedScope, type Scope, scopeNames, scopes } from './scopes.ts';

/** API Gateway answers 401, 403, 404 and 429 itself when a request never reaches a function. */
const gatewayRefusal = z
  .object({ message: z.string() })
  .meta({ id: 'GatewayRefusal', description: "The gateway's own refusal, before any function ran" });
const gatewayStatuses = new Set([401, 403, 404, 429]);

export type OpenApiDocument = ReturnType<typeof createDocument>;

export interface OpenApiOptions {
  readonly routes: readonly RouteDefinition[];
  /** Where the API is served; omitted, the document is relative to where it was read. */
  readonly serverUrl?: string;
  /** Where tokens are given, without a slash at its end; omitted, where the document was read. */
  readonly loginUrl?: string;
  readonly version: string;
  /** Bodies that are shown, by operation. */
  readonly requestExamples?: Readonly<Record<string, unknown>>;
}

/** The OpenAPI 3.1 document of the route table. */
export function openApiDocument({
  routes,
  serverUrl,
  loginUrl = '',
  version,
  requestExamples = {},
}: OpenApiOptions): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = {};
  for (const route of routes) {
    const operation = operationOf(route, requestExamples[route.operation]);
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  const document = createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'Cunxin',
        version,
        summary: 'Credit for village entrepreneurs, scored from what their service station really does.',
        description: REFERENCE_INTRODUCTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      ...(serverUrl === undefined ? {} : { servers: [{ url: serverUrl }] }),
      tags: [...new Set(routes.map((route) => route.tag))].map((name) => {
        const description = tagDescriptions[name];
        return { name, ...(description === undefined ? {} : { description }) };
      }),
      security: [{ oauth: [] }, { token: [] }],
      paths,
      webhooks: webhookOperations,
      components: {
        schemas: namedSchemas,
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'An access token, however it was come by: see `oauth`.',
          },
          oauth: {
            type: 'oauth2',
            description: scopeTable(),
            flows: {
              clientCredentials: { tokenUrl: `${loginUrl}/oauth2/token`, scopes: oauthScopes(scopeNames) },
              authorizationCode: {
                authorizationUrl: `${loginUrl}/oauth2/authorize`,
                tokenUrl: `${loginUrl}/oauth2/token`,
                scopes: oauthScopes(scopesOf(roleNames)),
              },
            },
          },
        },
      },
    },
    { override: describeInstant },
  );
  return withoutUnusedInputs(document);
}

/**
 * A named schema whose defaults make its input differ from its output is given two names, `Station` and
 * `StationOutput`, even where no request holds it: the one that is used gets the plain name.
 */
function withoutUnusedInputs(document: OpenApiDocument): OpenApiDocument {
  let text = JSON.stringify(document);
  for (const name of Object.keys(namedSchemas)) {
    const output = `${name}Output`;
    const isUsed = (schema: string) => text.includes(`"#/components/schemas/${schema}"`);
    if (document.components?.schemas?.[output] === undefined || isUsed(name)) continue;
    const renamed = JSON.parse(text) as OpenApiDocument;
    const { [output]: kept, ...others } = renamed.components?.schemas ?? {};
    if (kept === undefined) continue;
    renamed.components = { ...renamed.components, schemas: { ...others, [name]: kept } };
    text = JSON.stringify(renamed).replaceAll(
      `"#/components/schemas/${output}"`,
      `"#/components/schemas/${name}"`,
    );
  }
  return JSON.parse(text) as OpenApiDocument;
}

/** Schemas that get a name of their own in the document, and so in every client generated from it. */
const namedSchemas = {
  Instant: instant,
  BusinessDate: businessDate,
  County: county,
  Station: station,
  Entrepreneur: entrepreneur,
  TrainingRecord: trainingRecord,
  Consent: consent,
  Program: program,
  ProgramPolicy: programPolicy,
  Application: application,
  Decision: decision,
  DecisionListEntry: selectedDecision,
  ScoreCard: scoreCard,
  TermPoints: termPoints,
  RuleResult: ruleResult,
  Reason: reason,
  Sentences: sentences,
  PathToApproval: pathToApproval,
  Affordability: affordability,
  Pricing: pricing,
  Offer: offer,
  Event: event,
  WebhookEndpoint: webhookEndpoint,
  WebhookDeadLetter: webhookDeadLetter,
  AuditEntry: auditEntry,
  AuditVerification: auditVerification,
};

function scopeTable(): string {
  const rows = scopeNames.map((scope) => `| \`${qualifiedScope(scope)}\` | ${scopes[scope]} |`);
  const held = roleNames.map(
    (name) => `| \`${name}\` | ${roles[name].does} | ${roles[name].scopes.join(', ')} |`,
  );
  return [
    'Systems take a token by client credentials. People sign in, by authorization code with PKCE (S256); their token',
    'carries no scope beyond those of their roles.',
    '',
    '| Scope | Allows |',
    '| --- | --- |',
    ...rows,
    '',
    '| Role | Who | Scopes |',
    '| --- | --- | --- |',
    ...held,
  ].join('\n');
}

const oauthScopes = (names: readonly Scope[]) =>
  Object.fromEntries(names.map((name) => [qualifiedScope(name), scopes[name]]));

function operationOf(route: RouteDefinition, example: unknown): ZodOpenApiOperationObject {
  const { params, query, headers, body, csvBody, response } = route.contract;
  const requestHeaders = route.conditional === true ? (headers ?? z.object({})).extend(ifNoneMatch) : headers;
  return {
    operationId: route.operation,
    summary: route.summary,
    tags: [route.tag],
    description: descriptionOf(route),
    security: [{ oauth: [qualifiedScope(route.scope)] }, { token: [qualifiedScope(route.scope)] }],
    requestParams: {
      ...(params === undefined ? {} : { path: params }),
      ...(query === undefined ? {} : { query }),
      ...(requestHeaders === undefined ? {} : { header: requestHeaders }),
    },
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: {
              'application/json': { schema: body, ...(example === undefined ? {} : { example }) },
              ...(csvBody === undefined ? {} : { 'text/csv': { schema: csvBody } }),
            },
          },
        }),
    responses: {
      [`${route.successStatus}`]: {
        description: route.summary,
        headers: successHeaders(route),
        content: { [contentTypeOf(route.contract)]: { schema: lineOf(response, route) } },
      },
      ...(route.conditional === true
        ? { 304: { description: 'Nothing has changed since the ETag given', headers: notModifiedHeaders } }
        : {}),
      ...refusalsOf(route),
    },
  };
}

const ifNoneMatch = {
  'if-none-match': z.string().optional().describe('The ETag of the answer the caller still has'),
};

function descriptionOf(route: RouteDefinition): string {
  const open = route.applicants === undefined ? '' : ' Open to applicants, for what is their own.';
  return `Scope: \`${route.scope}\`.${open}`;
}

/** NDJSON is described by its line: no schema language knows the whole. */
function lineOf(response: z.ZodType, { contract }: RouteDefinition): z.ZodType {
  return contract.responseFormat === 'ndjson' && response instanceof z.ZodArray
    ? (response.element as z.ZodType)
    : response;
}

/** One response per status; the codes that lead to it are listed in its description. */
function refusalsOf(route: RouteDefinition): ZodOpenApiResponsesObject {
  const codesByStatus = new Map<number, string[]>();
  for (const code of errorsOf(route)) {
    const status = errorStatus[code];
    codesByStatus.set(status, [...(codesByStatus.get(status) ?? []), code]);
  }
  codesByStatus.set(500, [INTERNAL_ERROR]);
  return Object.fromEntries(
    [...codesByStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${code}\``).join(', '),
        headers: refusalHeaders(status),
        content: {
          'application/problem+json': { schema: problemWith(codes) },
          ...(gatewayStatuses.has(status) ? { 'application/json': { schema: gatewayRefusal } } : {}),
        },
      },
    ]),
  );
}

/** A problem of one of these codes alone: a client may switch over them, and a fuzzer holds an answer to them. */
const problemWith = (codes: readonly string[]) => problem.and(z.looseObject({ code: z.enum(codes) }));
