import { z } from 'zod';
import { instant } from './calendar.ts';
import { applicationId, decisionId, entrepreneurId, programId, stationId } from './identifiers.ts';
import { currency, positiveAmountMinor } from './money.ts';

export const loanPurposes = [
  'stock', // goods to sell
  'equipment',
  'premises',
  'logistics',
  'produce_sourcing', // buying village produce to sell
  'training',
] as const;

export const application = z.strictObject({
  applicationId,
  decisionId,
  programId,
  stationId,
  entrepreneurId,
  submittedAt: instant,
  currency,
  requestedPrincipalMinor: positiveAmountMinor,
  requestedTermMonths: z.int().min(1).max(60),
  purpose: z.enum(loanPurposes),
  /** PIPL art. 24: an applicant may refuse a decision made by a machine alone. */
  automatedDecision: z.enum(['accepted', 'refused']).default('accepted'),
  /** Decided again on corrected facts: the decision this one follows. */
  correctsDecisionId: decisionId.optional(),
});
export type Application = z.output<typeof application>;

export const applicationRequest = application.pick({
  stationId: true,
  entrepreneurId: true,
  requestedPrincipalMinor: true,
  requestedTermMonths: true,
  purpose: true,
  automatedDecision: true,
});
export type ApplicationRequest = z.output<typeof applicationRequest>;
