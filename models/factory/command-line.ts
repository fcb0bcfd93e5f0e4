import { parseArgs } from 'node:util';
import { z } from 'zod';
import { DomainError } from '../../shared/domain/errors.ts';

/**
 * The options of a command, parsed: each a text, but those in `flags`, which take no value. Raises an Error
 * that says which option is wrong and how the command is used.
 */
export function commandOptions<Schema extends z.ZodType>(
  schema: Schema,
  names: readonly string[],
  usage: string,
  { args = process.argv.slice(2), flags = [] }: { args?: readonly string[]; flags?: readonly string[] } = {},
): z.output<Schema> {
  const options = Object.fromEntries([
    ...names.map((name) => [name, { type: 'string' as const }]),
    ...flags.map((name) => [name, { type: 'boolean' as const }]),
  ]);
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  const given = positionals.length === 0 ? values : { ...values, positionals };
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new UsageError(`${z.prettifyError(parsed.error)}\n\n${usage}`);
  return parsed.data;
}

/** Wrongly called; its message is for the user. */
export class UsageError extends Error {}

const ISSUES_SHOWN_MAX = 20;

/** A refusal as a person reads it: its code, then each issue on a line. */
export function refusalText(error: DomainError): string {
  const shown = error.issues
    .slice(0, ISSUES_SHOWN_MAX)
    .map(({ field, code, message }) => `  ${field}: ${code}: ${message}`);
  const left = error.issues.length - shown.length;
  return [`${error.code}: ${error.message}`, ...shown, ...(left > 0 ? [`  and ${left} more`] : [])].join(
    '\n',
  );
}

/** Run a command's story. A refusal is for the user; anything else keeps its stack. Ends with exit code 1 either way. */
export function runCommand(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    if (error instanceof DomainError) console.error(refusalText(error));
    else console.error(error instanceof UsageError ? error.message : error);
    process.exitCode = 1;
  });
}
