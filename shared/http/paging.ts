import { z } from 'zod';

export const PAGE_LIMIT_DEFAULT = 25;
export const PAGE_LIMIT_MAX = 100;

/** How a public list is read: page by page, by the cursor of the page before. */
export const pageQuery = z.strictObject({
  /** Query parameters are text. Digits only, so that `1e1`, ` 5` and an empty value are refused, not guessed at. */
  limit: z
    .string()
    .regex(/^\d{1,9}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(PAGE_LIMIT_MAX))
    .default(PAGE_LIMIT_DEFAULT)
    .meta({
      override: ({ jsonSchema }) => {
        delete jsonSchema.pattern;
        Object.assign(jsonSchema, {
          type: 'integer',
          minimum: 1,
          maximum: PAGE_LIMIT_MAX,
          default: PAGE_LIMIT_DEFAULT,
        });
      },
    }),
  cursor: z.string().min(1).max(256).optional().describe('Opaque: `nextCursor` of the page before'),
});

export const nextCursor = z.string().optional().describe('Absent on the last page');
