import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { type Scope, scopeNames } from '../../shared/http/scopes.ts';
import { dataDirectoryOf, machinesDirectoryOf } from './data-directory.ts';
import { machineName, openLocalMachines } from './machines.ts';

const USAGE = `Usage: npm run machine -- --add NAME --tenant ten_… --scope "…"
       npm run machine -- --remove NAME

Adds a system that gets tokens of the service on this machine by client credentials, at /oauth2/token, and prints
its secret, which is kept nowhere. npm run token lists the scopes.
`;

const adding = z.strictObject({
  add: machineName,
  tenant: tenantId,
  scope: z
    .string()
    .transform((text) => text.trim().split(/\s+/))
    .pipe(z.array(z.enum(scopeNames as [Scope, ...Scope[]]))),
});
const removing = z.strictObject({ remove: machineName });

/** What the command line asks for. Raises a ZodError or TypeError that says which argument is wrong. */
export function machineArgumentsOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      add: { type: 'string' },
      tenant: { type: 'string' },
      scope: { type: 'string' },
      remove: { type: 'string' },
    },
  });
  const given = { ...values };
  return given.remove === undefined ? adding.parse(given) : removing.parse(given);
}

async function run(args: readonly string[]): Promise<void> {
  const given = machineArgumentsOf(args);
  const machines = openLocalMachines(machinesDirectoryOf(dataDirectoryOf(process.env)));
  if ('remove' in given) {
    if (!(await machines.remove(given.remove))) throw new Error(`there is no ${given.remove}`);
    return;
  }
  const secret = randomBytes(32).toString('base64url');
  await machines.add({ clientId: given.add, tenantId: given.tenant, scopes: given.scope }, secret);
  console.log(secret);
}

if (import.meta.main) {
  await run(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof z.ZodError ? z.prettifyError(error) : String(error));
    console.error(`\n${USAGE}`);
    process.exitCode = 2;
  });
}
