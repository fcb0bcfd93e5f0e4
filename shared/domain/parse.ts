import type { z } from 'zod';
import { DomainError, type DomainErrorCode } from './errors.ts';

/** zod's issues as field issues, the path dotted and prefixed by `root` when given. */
export function fieldIssues(
  error: z.ZodError,
  root = '',
): { field: string; code: string; message: string }[] {
  return error.issues.map((issue) => ({
    field: [root, ...issue.path.map(String)].filter((part) => part !== '').join('.'),
    code: issue.code,
    message: issue.message,
  }));
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
