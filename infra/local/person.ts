import { randomBytes, randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { entrepreneurId, tenantId } from '../../shared/domain/identifiers.ts';
import { roleName, roles } from '../../shared/http/roles.ts';
import { dataDirectoryOf, peopleDirectoryOf } from './data-directory.ts';
import { openLocalPeople, username } from './people.ts';

const USAGE = `Usage: npm run person                                    the people of this machine
       npm run person -- --add NAME --tenant ten_… --role "…" [--entrepreneur ent_…]
       npm run person -- --remove NAME

Adds somebody who may sign in to the service on this machine, and prints their password, which is kept nowhere.
--role takes roles separated by blanks; an applicant also needs --entrepreneur:
${Object.entries(roles)
  .map(([name, { does }]) => `  ${name.padEnd(20)} ${does}`)
  .join('\n')}
`;

const adding = z.strictObject({
  add: username,
  tenant: tenantId,
  role: z
    .string()
    .transform((text) => text.trim().split(/\s+/))
    .pipe(z.array(roleName)),
  entrepreneur: entrepreneurId.optional(),
});
const removing = z.strictObject({ remove: username });
const listing = z.strictObject({}).transform(() => ({ list: true as const }));

/** What the command line asks for. Raises an Error that says which argument is wrong. */
export function personArgumentsOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      add: { type: 'string' },
      tenant: { type: 'string' },
      role: { type: 'string' },
      entrepreneur: { type: 'string' },
      remove: { type: 'string' },
    },
  });
  const given = { ...values };
  const schema = given.add !== undefined ? adding : given.remove !== undefined ? removing : listing;
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map(
    (issue) =>
      `--${issue.code === 'unrecognized_keys' ? issue.keys.join(' --') : issue.path.map(String).join('.')}: ${issue.message}`,
  );
  throw new Error(wrong.join('\n'));
}

async function run(args: readonly string[]): Promise<void> {
  const given = personArgumentsOf(args);
  const people = openLocalPeople(peopleDirectoryOf(dataDirectoryOf(process.env)));
  if ('add' in given) {
    const password = randomBytes(15).toString('base64url');
    const { add: name, tenant, role, entrepreneur } = given;
    await people.add(
      { username: name, subject: randomUUID(), tenantId: tenant, roles: role, entrepreneurId: entrepreneur },
      password,
    );
    console.log(password);
  } else if ('remove' in given) {
    if (!(await people.remove(given.remove))) throw new Error(`there is no ${given.remove}`);
  } else {
    const found = await people.list();
    for (const { username: name, tenantId: tenant, roles: held, entrepreneurId: who = '' } of found) {
      console.log(`${name.padEnd(20)} ${tenant.padEnd(20)} ${held.join(' ')} ${who}`.trimEnd());
    }
    if (found.length === 0) console.log(`Nobody yet.\n\n${USAGE}`);
  }
}

if (import.meta.main) {
  await run(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    console.error(`\n${USAGE}`);
    process.exitCode = 2;
  });
}
