import type { z } from 'zod';
import { instant } from '../domain/calendar.ts';

/** `instant` in one pattern: its own two are right, but neither people nor generators can read them together. */
const instantSchema = {
  type: 'string',
  format: 'date-time',
  pattern:
    '^(19[7-9]\\d|20\\d{2})-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])T([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,3})?Z$',
  description: 'UTC instant, milliseconds at the finest',
  examples: ['2026-03-01T08:15:00.250Z'],
};

/** An `override` for what makes JSON Schema of zod's. */
export function describeInstant({
  jsonSchema,
  zodSchema,
}: {
  readonly jsonSchema: object;
  readonly zodSchema: z.core.$ZodTypes;
}): void {
  if (zodSchema !== instant) return;
  Object.assign(jsonSchema, { allOf: undefined }, instantSchema);
}
