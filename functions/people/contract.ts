import { z } from 'zod';
import { consent } from '../../shared/domain/consent.ts';
import { decision } from '../../shared/domain/decision.ts';
import { entrepreneur } from '../../shared/domain/entrepreneur.ts';
import { entrepreneurId } from '../../shared/domain/identifiers.ts';
import { erasure, personDetails } from '../../shared/domain/person.ts';

const params = z.strictObject({ entrepreneurId });

export const putPersonContract = { params, body: personDetails, response: personDetails } as const;
export const getPersonContract = { params, response: personDetails } as const;

/** PIPL art. 45: a copy of all that is kept about a person. */
export const exportPersonContract = {
  params,
  response: z.strictObject({
    entrepreneur,
    person: personDetails.nullable(),
    consents: z.array(consent),
    decisions: z.array(decision).describe('Newest first, each with the application it decided'),
  }),
} as const;

/** PIPL art. 47. */
export const erasePersonContract = {
  params,
  body: z.strictObject({ reason: z.enum(['asked_by_person', 'retention_ended']) }),
  response: erasure,
} as const;
