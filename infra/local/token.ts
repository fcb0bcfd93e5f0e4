import { parseArgs } from 'node:util';
import { z } from 'zod';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { qualifiedScope, type Scope, scopeNames, scopes } from '../../shared/http/scopes.ts';
import { PEOPLE_CLIENT_ID, scopesFor } from './authorization-server.ts';
import { dataDirectoryOf, keysDirectoryOf, peopleDirectoryOf } from './data-directory.ts';
import { openLocalKeys, TOKEN_TTL_SECONDS_DEFAULT } from './local-tokens.ts';
import { openLocalPeople, requirePerson, username } from './people.ts';

const USAGE = `Usage: npm run token -- --tenant ten_… --scope "…" [--subject …] [--ttl-seconds ${TOKEN_TTL_SECONDS_DEFAULT}]
       npm run token -- --person NAME [--scope "…"] [--ttl-seconds ${TOKEN_TTL_SECONDS_DEFAULT}]
       npm run token -- --rotate-keys

Prints a token for the service on this machine: a system's, or that of a person whom npm run person added, with
the scopes their roles allow. --rotate-keys makes a new signing key, which a running service uses at once; tokens by
older keys stay valid until they expire, or until the key's file is removed. --scope takes scopes separated by blanks, or "all":
${Object.entries(scopes)
  .map(([scope, what]) => `  ${scope.padEnd(20)} ${what}`)
  .join('\n')}
`;

const scopeList = z
  .string()
  .transform((text) => (text.trim() === 'all' ? [...scopeNames] : text.trim().split(/\s+/)))
  .pipe(z.array(z.enum(Object.keys(scopes) as [Scope, ...Scope[]])));
const lifetime = z.coerce.number().pipe(z.int().min(1).max(86_400)).default(TOKEN_TTL_SECONDS_DEFAULT);

const systemArguments = z.strictObject({
  tenant: tenantId,
  scope: scopeList,
  subject: z.string().min(1).max(128).optional(),
  'ttl-seconds': lifetime,
});
const personArguments = z.strictObject({
  person: username,
  scope: scopeList.optional(),
  'ttl-seconds': lifetime,
});
const rotateArguments = z.strictObject({ 'rotate-keys': z.literal(true) });

type SystemArguments = z.output<typeof systemArguments>;
type PersonArguments = z.output<typeof personArguments>;

/** The request the command line makes. Raises an Error that says which argument is wrong. */
export function tokenArgumentsOf(
  args: readonly string[],
): SystemArguments | PersonArguments | z.output<typeof rotateArguments> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tenant: { type: 'string' },
      person: { type: 'string' },
      scope: { type: 'string' },
      subject: { type: 'string' },
      'ttl-seconds': { type: 'string' },
      'rotate-keys': { type: 'boolean' },
    },
  });
  const given = { ...values };
  const schema =
    given['rotate-keys'] === true
      ? rotateArguments
      : given.person === undefined
        ? systemArguments
        : personArguments;
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(
    (issue) =>
      `--${issue.code === 'unrecognized_keys' ? issue.keys.join(' --') : issue.path.map(String).join('.')}: ${issue.message}`,
  );
  throw new Error(wrong.join('\n'));
}

async function bearerOf(given: SystemArguments | PersonArguments, dataDirectory: string) {
  if (!('person' in given)) return { tenantId: given.tenant, scopes: given.scope, subject: given.subject };
  const person = await requirePerson(openLocalPeople(peopleDirectoryOf(dataDirectory)), given.person);
  const asked = given.scope?.map(qualifiedScope).join(' ');
  const { tenantId: tenant, subject } = person;
  return { tenantId: tenant, subject, scopes: scopesFor(person, asked), clientId: PEOPLE_CLIENT_ID, person };
}

if (import.meta.main && process.argv.length === 2) console.log(USAGE);
else if (import.meta.main) {
  try {
    const given = tokenArgumentsOf(process.argv.slice(2));
    const nowMs = Date.now();
    const dataDirectory = dataDirectoryOf(process.env);
    const keys = await openLocalKeys(keysDirectoryOf(dataDirectory), nowMs);
    if ('rotate-keys' in given) {
      await keys.rotate(nowMs);
      console.log(`A new key signs from now on, in ${keysDirectoryOf(dataDirectory)}`);
    } else {
      const bearer = await bearerOf(given, dataDirectory);
      console.log(await keys.issue({ ...bearer, ttlSeconds: given['ttl-seconds'], nowMs }));
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(`\n${USAGE}`);
    process.exitCode = 2;
  }
}
