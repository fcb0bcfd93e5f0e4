import { z } from 'zod';
import { countyId } from './identifiers.ts';

/**
 * Who heads the county's leading group for rural e-commerce. Reported beside figures, never a feature: an
 * applicant does not answer for the office of an official.
 */
export const leadingGroupHeads = [
  'party_secretary',
  'magistrate',
  'executive_deputy',
  'deputy',
  'none',
] as const;

export const county = z.strictObject({
  countyId,
  name: z.string().min(1).max(80),
  leadingGroupHead: z.enum(leadingGroupHeads),
});
export type County = z.output<typeof county>;
