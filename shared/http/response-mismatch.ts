import type { z } from 'zod';

/** An answer that breaks its own contract. It never leaves; the message names fields and codes, not values. */
export class ResponseMismatch extends Error {
  constructor(operation: string, error: z.ZodError) {
    const fields = error.issues.map((issue) => `${issue.path.map(String).join('.')} ${issue.code}`);
    super(`${operation}: ${fields.slice(0, 10).join(', ')}`);
    this.name = 'ResponseMismatch';
  }
}
