import { z } from 'zod';
import { instant } from './calendar.ts';
import { entrepreneurId } from './identifiers.ts';

export const documentKinds = ['resident_identity_card', 'passport', 'other'] as const;

/** Who somebody is, as nobody deciding on credit may read it. Kept encrypted under a key of their own. */
export const personDetails = z.strictObject({
  name: z.string().trim().min(1).max(80),
  phone: z.string().regex(/^\+?[0-9][0-9 -]{4,22}[0-9]$/, 'must be digits, with blanks or hyphens between'),
  documentKind: z.enum(documentKinds),
  documentNumber: z.string().regex(/^[A-Za-z0-9]{4,24}$/, 'must be 4 to 24 letters and digits'),
});
export type PersonDetails = z.output<typeof personDetails>;

/** That a person was erased: all that remains of their details. */
export const erasure = z.strictObject({ entrepreneurId, erasedAt: instant });
export type Erasure = z.output<typeof erasure>;
