import { z } from 'zod';
import { businessDate } from './calendar.ts';
import { countyId, programId, tenantId } from './identifiers.ts';
import { amountMinor, currency, positiveAmountMinor, shareBps } from './money.ts';
import { stationStages } from './station.ts';

/**
 * The thresholds of a program's rules: data, versioned. The rules themselves are code
 * (screening-rules.ts, appraisal-rules.ts), and what law forbids cannot be stated here.
 */
export const programPolicy = z
  .strictObject({
    policyVersion: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/),
    /** Stations that may apply, by stage. */
    eligibleStages: z.array(z.enum(stationStages)).min(1),
    minimumTenureDays: z.int().min(0).max(3_650),
    /** Days between the first day of history and the decision. */
    minimumHistoryDays: z.int().min(30).max(3_650),
    /** Days with at least one transaction in the last 90. */
    minimumActiveDays: z.int().min(0).max(90),
    /** Days since the last transaction; older history is stale. */
    maximumHistoryAgeDays: z.int().min(1).max(365),
    /** Below: declined. */
    minimumCreditScore: z.int().min(350).max(950),
    /** From the minimum up to here: referred to a person. */
    referBelowCreditScore: z.int().min(350).max(950),
    /**
     * Standard errors either side of a score within which it counts as on both sides of the minimum: such a case
     * goes to a person. 0 takes every score as it is.
     */
    referWithinStandardErrors: z.number().min(0).max(3).default(0),
    /** The bounds of a loan, until lending terms are committed and take their place. */
    minimumPrincipalMinor: positiveAmountMinor,
    maximumPrincipalMinor: positiveAmountMinor,
    /** What one borrower may owe this lender in all. Until lending terms are committed. */
    singleBorrowerLimitMinor: positiveAmountMinor,
    /** Until lending terms are committed. */
    termMonths: z.array(z.int().min(1).max(60)).min(1).max(8),
    /** Share of income that is left in the stressed case. */
    stressedIncomeBps: shareBps,
    /** Share of the stressed net cash flow that installments may take. */
    installmentToCashFlowBps: shareBps,
    lossGivenDefaultBps: shareBps,
    /** Share of a loss the government's guarantee bears first. Until lending terms are committed. */
    guaranteeShareBps: shareBps,
    /** Margin over the one-year LPR before expected loss: funding, operations, return. */
    marginBps: z.int().min(0).max(5_000),
    /** Until lending terms are committed. */
    originationFeeBps: z.int().min(0).max(500),
    /** The all-in APR may be at most this many times the one-year LPR in force on the day. */
    aprCapLprMultiple: z.number().min(1).max(4),
    /** A person may approve up to this alone; above it a second must agree. Absent: one person is enough. */
    fourEyesAbovePrincipalMinor: positiveAmountMinor.optional(),
    /** Days a person has to decide a case; then it is closed by rule. Default 5. */
    reviewDueDays: z.int().min(1).max(30).optional(),
  })
  .superRefine((policy, context) => {
    if (policy.referBelowCreditScore < policy.minimumCreditScore) {
      context.addIssue({
        code: 'custom',
        path: ['referBelowCreditScore'],
        message: 'must not be below minimumCreditScore',
      });
    }
    if (policy.maximumPrincipalMinor < policy.minimumPrincipalMinor) {
      context.addIssue({
        code: 'custom',
        path: ['maximumPrincipalMinor'],
        message: 'must not be below minimumPrincipalMinor',
      });
    }
  });
export type ProgramPolicy = z.output<typeof programPolicy>;

/** A county incubator's loan program: who lends, who incubates, whose data, how much, by which policy. */
export const program = z.strictObject({
  programId,
  name: z.string().min(1).max(120),
  countyId,
  lenderTenantId: tenantId,
  incubatorTenantId: tenantId,
  /** The tenant that provides station history. */
  platformTenantId: tenantId,
  currency: currency.default('CNY'),
  capitalMinor: amountMinor,
  opensOn: businessDate,
  closesOn: businessDate,
  policy: programPolicy,
});
export type Program = z.output<typeof program>;

/** What a program has promised and has left. */
export interface ProgramCapital {
  readonly capitalMinor: number;
  readonly reservedMinor: number;
}
