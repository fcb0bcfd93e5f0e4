import { createHash } from 'node:crypto';
import { z } from 'zod';
import { rolesAllow, scopesOf } from '../../shared/http/roles.ts';
import { qualifiedScope, type Scope, scopeNames } from '../../shared/http/scopes.ts';
import type { GatewayPage } from './gateway-page.ts';
import { type LocalKeys, TOKEN_TTL_SECONDS_DEFAULT, type TokenRequest } from './local-tokens.ts';
import { loginPage, refusalPage } from './login-page.ts';
import type { LocalMachines } from './machines.ts';
import type { LocalPeople, LocalPerson } from './people.ts';

/** The one application of this machine that people sign in to. */
export const PEOPLE_CLIENT_ID = 'people';

const CODE_TTL_MS = 60_000;
const CODES_MAX = 1_000;
/** After so many wrong passwords in a row a name waits, whoever guesses. */
const GUESSES_MAX = 5;
const GUESS_WAIT_MS = 60_000;

/** RFC 8252: an application on this machine returns to loopback, at any port. */
const returnUri = z
  .url()
  .regex(/^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(\/[^#]*)?$/, 'an address of this machine');

const client = z.object({ client_id: z.literal(PEOPLE_CLIENT_ID), redirect_uri: returnUri });
const authorization = client.extend({
  response_type: z.literal('code'),
  /** Left out, it is everything the person may do. */
  scope: z.string().max(4_096).optional(),
  state: z.string().max(1_024).optional(),
  // SHA-256 in base64url, the only method: RFC 9700 wants no other.
  code_challenge: z.string().regex(/^[\w-]{43}$/),
  code_challenge_method: z.literal('S256'),
});
type Authorization = z.output<typeof authorization>;

const exchange = client.extend({
  grant_type: z.literal('authorization_code'),
  code: z.string().min(1),
  code_verifier: z.string().regex(/^[\w.~-]{43,128}$/),
});

const signOut = z.object({ client_id: z.literal(PEOPLE_CLIENT_ID), logout_uri: returnUri });

export interface AuthorizationRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  /** The form that was sent; empty for a GET. */
  readonly form: string;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
}

export interface AuthorizationServer {
  /** Whether a path is one of its own. */
  serves(path: string): boolean;
  answer(request: AuthorizationRequest): Promise<GatewayPage>;
}

export interface AuthorizationServerDependencies {
  readonly people: Pick<LocalPeople, 'signIn'>;
  readonly machines: Pick<LocalMachines, 'authenticate'>;
  readonly keys: Pick<LocalKeys, 'issue'>;
  readonly nowMs: () => number;
  /** A code nobody can guess. */
  readonly newCode: () => string;
}

/**
 * What Cognito's login is to people in AWS, on one machine: `/oauth2/authorize` with a login page, `/oauth2/token`,
 * `/logout`; authorization code with PKCE for people and client credentials for systems (RFC 6749, 7636), and the
 * same claims. Every sign-in asks for the password: nothing is remembered, so nothing can be ridden on, and there
 * is no refresh token.
 */
export function authorizationServer(dependencies: AuthorizationServerDependencies): AuthorizationServer {
  const { people, machines, keys, nowMs, newCode } = dependencies;
  const codes = new Map<string, { asked: Authorization; person: LocalPerson; expiresAtMs: number }>();
  const guesses = new Map<string, { wrong: number; waitsUntilMs: number }>();

  function authorize(parameters: Readonly<Record<string, string>>, username: string): GatewayPage {
    return withAuthorization(parameters, (asked) =>
      loginPage({ request: requestOf(asked), returnsTo: asked.redirect_uri, username, refusal: null }),
    );
  }

  async function signIn(form: Readonly<Record<string, string>>): Promise<GatewayPage> {
    const { username = '', password = '', ...parameters } = form;
    return withAuthorization(parameters, async (asked) => {
      const page = (refusal: string) =>
        loginPage({ request: requestOf(asked), returnsTo: asked.redirect_uri, username, refusal });
      const guessed = guesses.get(username);
      if (guessed !== undefined && guessed.waitsUntilMs > nowMs()) {
        return page('尝试过多，请一分钟后再试。 Too many attempts: try again in a minute.');
      }
      const person = await people.signIn(username, password);
      if (person === undefined) {
        countGuess(username);
        return page('用户名或密码不正确。 The user name or the password is wrong.');
      }
      guesses.delete(username);
      for (const [code, { expiresAtMs }] of codes) {
        if (expiresAtMs <= nowMs() || codes.size >= CODES_MAX) codes.delete(code);
      }
      const code = newCode();
      codes.set(code, { asked, person, expiresAtMs: nowMs() + CODE_TTL_MS });
      return sentBack(asked, { code });
    });
  }

  function countGuess(username: string): void {
    const wrong = (guesses.get(username)?.wrong ?? 0) + 1;
    if (guesses.size >= CODES_MAX) guesses.clear();
    guesses.set(username, { wrong, waitsUntilMs: wrong % GUESSES_MAX === 0 ? nowMs() + GUESS_WAIT_MS : 0 });
  }

  async function token(
    form: Readonly<Record<string, string>>,
    authorizationHeader: string | undefined,
  ): Promise<GatewayPage> {
    if (form.grant_type === 'authorization_code') return personToken(form);
    if (form.grant_type === 'client_credentials') return machineToken(form, authorizationHeader);
    return tokenError('unsupported_grant_type');
  }

  async function machineToken(
    form: Readonly<Record<string, string>>,
    authorizationHeader: string | undefined,
  ): Promise<GatewayPage> {
    const [clientId, secret] = basicCredentials(authorizationHeader) ?? [form.client_id, form.client_secret];
    const machine = await machines.authenticate(clientId ?? '', secret ?? '');
    if (machine === undefined) return tokenError('invalid_client');
    const wanted = form.scope?.split(' ') ?? machine.scopes.map(qualifiedScope);
    const scopes = machine.scopes.filter((scope) => wanted.includes(qualifiedScope(scope)));
    // As Cognito: a scope the client may not have makes the whole request invalid.
    if (scopes.length < wanted.length) return tokenError('invalid_scope');
    return signed({ tenantId: machine.tenantId, scopes, clientId: machine.clientId });
  }

  async function signed(request: Omit<TokenRequest, 'nowMs'>): Promise<GatewayPage> {
    return json(200, {
      access_token: await keys.issue({ ...request, nowMs: nowMs() }),
      token_type: 'Bearer',
      expires_in: TOKEN_TTL_SECONDS_DEFAULT,
      scope: request.scopes.map(qualifiedScope).join(' '),
    });
  }

  async function personToken(form: Readonly<Record<string, string>>): Promise<GatewayPage> {
    const given = exchange.safeParse(form);
    if (!given.success) {
      const field = String(given.error.issues[0]?.path[0]);
      return field === 'client_id' ? tokenError('invalid_client') : tokenError('invalid_request', field);
    }
    const { code, code_verifier: verifier, redirect_uri: uri } = given.data;
    const granted = codes.get(code);
    // Once, whatever comes of it.
    codes.delete(code);
    const isTheirs =
      granted !== undefined &&
      granted.expiresAtMs > nowMs() &&
      granted.asked.redirect_uri === uri &&
      granted.asked.code_challenge === createHash('sha256').update(verifier).digest('base64url');
    if (!isTheirs) return tokenError('invalid_grant');
    const { asked, person } = granted;
    return signed({
      tenantId: person.tenantId,
      scopes: scopesFor(person, asked.scope),
      clientId: PEOPLE_CLIENT_ID,
      subject: person.subject,
      person,
    });
  }

  const endpoints: Readonly<Record<string, (request: AuthorizationRequest) => Promise<GatewayPage>>> = {
    'GET /oauth2/authorize': async ({ query }) => authorize(fieldsOf(query), ''),
    'POST /oauth2/authorize': ({ form }) => signIn(fieldsOf(form)),
    'POST /oauth2/token': ({ form, authorization: header }) => token(fieldsOf(form), header),
    'GET /logout': async ({ query }) => {
      const given = signOut.safeParse(fieldsOf(query));
      return given.success ? redirect(302, given.data.logout_uri) : refusalPage(problemOf(given.error));
    },
  };
  const paths = new Set(Object.keys(endpoints).map((endpoint) => endpoint.split(' ')[1]));

  return {
    serves: (path) => paths.has(path),
    answer: async (request) =>
      endpoints[`${request.method} ${request.path}`]?.(request) ?? json(405, { error: 'invalid_request' }),
  };
}

/** What the person may do of what was asked for. */
export function scopesFor({ roles }: Pick<LocalPerson, 'roles'>, asked: string | undefined): Scope[] {
  if (asked === undefined) return [...scopesOf(roles)];
  const wanted = new Set(asked.split(' '));
  return scopeNames.filter((scope) => {
    const qualified = qualifiedScope(scope);
    return wanted.has(qualified) && rolesAllow(roles, qualified);
  });
}

/** What is wrong goes back to the application, unless it is the application itself that is wrong. */
function withAuthorization<Result extends GatewayPage | Promise<GatewayPage>>(
  parameters: Readonly<Record<string, string>>,
  proceed: (asked: Authorization) => Result,
): Result | GatewayPage {
  const known = client.safeParse(parameters);
  if (!known.success) return refusalPage(problemOf(known.error));
  const asked = authorization.safeParse(parameters);
  if (asked.success) return proceed(asked.data);
  const field = String(asked.error.issues[0]?.path[0]);
  return sentBack(
    { redirect_uri: known.data.redirect_uri, state: parameters.state },
    {
      error: field === 'response_type' ? 'unsupported_response_type' : 'invalid_request',
      error_description: problemOf(asked.error),
    },
  );
}

/** As it was asked, without what the login page adds. */
const requestOf = (asked: Authorization): Record<string, string> =>
  Object.fromEntries(
    Object.entries(asked).filter((field): field is [string, string] => field[1] !== undefined),
  );

function sentBack(
  { redirect_uri: uri, state }: { readonly redirect_uri: string; readonly state?: string | undefined },
  parameters: Readonly<Record<string, string>>,
): GatewayPage {
  const to = new URL(uri);
  for (const [name, value] of Object.entries({ ...parameters, ...(state === undefined ? {} : { state }) })) {
    to.searchParams.set(name, value);
  }
  return redirect(303, to.href);
}

const redirect = (status: 302 | 303, location: string): GatewayPage => ({
  status,
  headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  body: '',
});

function json(status: number, body: object): GatewayPage {
  return {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(body),
  };
}

const tokenError = (error: string, field?: string) =>
  json(error === 'invalid_client' ? 401 : 400, {
    error,
    ...(field === undefined ? {} : { error_description: `${field} is missing or wrong` }),
  });

/** RFC 6749, 2.3.1. Ids and secrets of ours hold nothing that form-encoding would change. */
function basicCredentials(header: string | undefined): [string, string] | undefined {
  const encoded = /^Basic +([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1];
  if (encoded === undefined) return undefined;
  const [clientId = '', secret = ''] = Buffer.from(encoded, 'base64').toString('utf8').split(':', 2);
  return [clientId, secret];
}

/** A parameter given twice is none: RFC 6749, 3.1. */
function fieldsOf(text: string): Record<string, string> {
  const given = new URLSearchParams(text);
  return Object.fromEntries([...given].filter(([name]) => given.getAll(name).length === 1));
}

function problemOf({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.map(String).join('.')}: ${issue?.message}`;
}
