import { parseArgs } from 'node:util';
import { z } from 'zod';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { type Scope, scopeNames, scopes } from '../../shared/http/scopes.ts';
import { dataDirectoryOf, keysDirectoryOf } from './data-directory.ts';
import { openLocalKeys, TOKEN_TTL_SECONDS_DEFAULT } from './local-tokens.ts';

const USAGE = `Usage: npm run token -- --tenant ten_… --scope "…" [--subject …] [--ttl-seconds ${TOKEN_TTL_SECONDS_DEFAULT}]

Prints a token for the service on this machine. --scope takes scopes separated by blanks, or "all":
${Object.entries(scopes)
  .map(([scope, what]) => `  ${scope.padEnd(20)} ${what}`)
  .join('\n')}
`;

const tokenArguments = z.object({
  tenant: tenantId,
  scope: z
    .string()
    .transform((text) => (text.trim() === 'all' ? [...scopeNames] : text.trim().split(/\s+/)))
    .pipe(z.array(z.enum(Object.keys(scopes) as [Scope, ...Scope[]]))),
  subject: z.string().min(1).max(128).optional(),
  'ttl-seconds': z.coerce.number().pipe(z.int().min(1).max(86_400)).default(TOKEN_TTL_SECONDS_DEFAULT),
});

/** The request the command line makes. Raises an Error that says which argument is wrong. */
export function tokenArgumentsOf(args: readonly string[]): z.output<typeof tokenArguments> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tenant: { type: 'string' },
      scope: { type: 'string' },
      subject: { type: 'string' },
      'ttl-seconds': { type: 'string' },
    },
  });
  const parsed = tokenArguments.safeParse(values);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `--${issue.path.map(String).join('.')}: ${issue.message}`);
  throw new Error(wrong.join('\n'));
}

if (import.meta.main) {
  try {
    const given = tokenArgumentsOf(process.argv.slice(2));
    const nowMs = Date.now();
    const keys = await openLocalKeys(keysDirectoryOf(dataDirectoryOf(process.env)), nowMs);
    const token = await keys.issue({
      tenantId: given.tenant,
      scopes: given.scope,
      subject: given.subject,
      ttlSeconds: given['ttl-seconds'],
      nowMs,
    });
    console.log(token);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(`\n${USAGE}`);
    process.exitCode = 2;
  }
}
