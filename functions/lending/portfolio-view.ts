import { z } from 'zod';
import { businessDate } from '../../shared/domain/calendar.ts';
import { programId } from '../../shared/domain/identifiers.ts';
import { assetClasses, delinquencyBuckets } from '../../shared/domain/lending/asset-class.ts';
import { accountCodes } from '../../shared/domain/lending/chart-of-accounts.ts';
import { shareBps } from '../../shared/domain/money.ts';

/** Sums over a portfolio: more than any one loan may be, and still exact. */
const sumMinor = z.int();

export const portfolioFigures = z.strictObject({
  loans: z.int(),
  activeLoans: z.int(),
  principalDisbursedMinor: sumMinor,
  principalOutstandingMinor: sumMinor,
  interestOutstandingMinor: sumMinor,
  suspendedMinor: sumMinor.describe('Interest and penalty owed, not income while their loans do not accrue'),
  restructuredOutstandingMinor: sumMinor,
  nonPerformingMinor: sumMinor,
  provisionMinor: sumMinor,
  writtenOffPrincipalMinor: sumMinor,
  recoveredMinor: sumMinor,
  outstandingByBucketMinor: z.record(z.enum(delinquencyBuckets), sumMinor),
  outstandingByClassMinor: z.record(z.enum(assetClasses), sumMinor),
  /** Outstanding of loans at least 1, over 30 and over 90 days past due. */
  portfolioAtRisk: z.array(z.strictObject({ daysPastDue: z.int(), outstandingMinor: sumMinor, shareBps })),
});

export const portfolioView = z.strictObject({
  by: z.enum(['program', 'county', 'recommender']),
  whole: portfolioFigures,
  groups: z.array(portfolioFigures.extend({ key: z.string().describe('Empty: loans nobody vouched for') })),
});

export const vintagesView = z.strictObject({
  vintages: z.array(
    z.strictObject({
      cohort: z
        .string()
        .regex(/^\d{4}-\d\d$/)
        .describe('Month of disbursement'),
      monthsOnBook: z.int(),
      principalDisbursedMinor: sumMinor,
      loans: z.int(),
      everOver30Loans: z.int(),
      over30OrLostBps: z.int(),
      lostBps: z.int(),
    }),
  ),
});

export const yieldView = z.strictObject({
  from: businessDate,
  through: businessDate,
  programs: z.array(
    z.strictObject({
      programId,
      incomeMinor: sumMinor.describe('Earned, less what was waived; nothing that is in suspense'),
      waivedMinor: sumMinor,
      suspendedMinor: sumMinor.describe('What was put in suspense in the period, less what left it'),
      averageOutstandingMinor: sumMinor,
      yieldBps: z.int(),
    }),
  ),
});

export const trialBalanceView = z.strictObject({
  programId,
  through: businessDate,
  accounts: z.array(
    z.strictObject({ account: z.enum(accountCodes), debitMinor: sumMinor, creditMinor: sumMinor }),
  ),
  debitMinor: sumMinor,
  creditMinor: sumMinor,
  differenceMinor: z.int().describe('Debits less credits: zero, or the ledger is broken'),
});
