import type { z } from 'zod';
import { DomainError, type DomainErrorCode, type FieldIssue } from './errors.ts';

/**
 * zod's issues as field issues, the path dotted and prefixed by `root` when given. Each unknown key is an
 * issue of its own.
 */
export function fieldIssues(error: z.ZodError, root = ''): FieldIssue[] {
  const dotted = (path: readonly PropertyKey[]) =>
    [root, ...path.map(String)].filter((part) => part !== '').join('.');
  return error.issues.flatMap((issue): FieldIssue[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          field: dotted([...issue.path, key]),
          code: issue.code,
          message: 'unknown field',
        }))
      : [{ field: dotted(issue.path), code: issue.code, message: issue.message }],
  );
}

/**
 * Parse what came from outside. Raises DomainError `code` (default `invalid_request`) that names every
 * offending field.
 */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  options: { code?: DomainErrorCode; root?: string } = {},
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = fieldIssues(result.error, options.root);
  const first = issues[0];
  const where = first === undefined || first.field === '' ? '' : `${first.field}: `;
  throw new DomainError(options.code ?? 'invalid_request', `${where}${first?.message ?? 'invalid'}`, {
    issues,
  });
}
