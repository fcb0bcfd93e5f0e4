import { z } from 'zod';
import { application } from './application.ts';
import { businessDate, instant } from './calendar.ts';
import { entrepreneur } from './entrepreneur.ts';
import { consentId, decisionId, offerId, tenantId } from './identifiers.ts';
import { loanProduct, repaymentMethods } from './lending/loan-product.ts';
import { lendingTerms } from './lending/program-terms.ts';
import { amountMinor, positiveAmountMinor, signedAmountMinor } from './money.ts';
import { program } from './program.ts';
import { scoreBandOf, scoreBands } from './score-band.ts';
import { station } from './station.ts';

export const decisionOutcomes = ['approved', 'declined', 'referred'] as const;
export type DecisionOutcome = (typeof decisionOutcomes)[number];

/** The same sentence for a Chinese and an English reader. */
export const sentences = z.strictObject({ zh: z.string(), en: z.string() });
export type Sentences = z.output<typeof sentences>;

export const reason = z.strictObject({ code: z.string(), sentences });
export type Reason = z.output<typeof reason>;

/** One term of the score: its members, its log-odds of default, and the points it adds. */
export const termPoints = z.strictObject({
  term: z.string(),
  features: z.array(z.string()).min(1),
  /** Calibrated log-odds of default. */
  contribution: z.number(),
  /** contribution minus the reference population's: positive hurts. */
  againstReference: z.number(),
  /** Credit score points of this term against the reference; all terms and the base add up to the score. */
  points: z.number(),
});
export type TermPoints = z.output<typeof termPoints>;

export const scoreCard = z.strictObject({
  modelVersion: z.string(),
  modelSha256: z.string(),
  probabilityOfDefault: z.number().min(0).max(1),
  logOdds: z.number(),
  /** From the fit's bags; null where the model does not know how sure it is. */
  standardErrorLogOdds: z.number().min(0).nullable(),
  creditScore: z.int().min(350).max(950),
  /** Points of the reference applicant; basePoints + Σ points is the score before rounding and bounds. */
  basePoints: z.number(),
  terms: z.array(termPoints),
});
export type ScoreCard = z.output<typeof scoreCard>;

export const ruleOutcomes = ['passed', 'declined', 'referred', 'not_evaluated'] as const;
export const ruleResult = z.strictObject({
  code: z.string(),
  outcome: z.enum(ruleOutcomes),
  /** What the rule looked at and the bound it held it to. */
  observed: z.union([z.number(), z.string(), z.null()]),
  bound: z.union([z.number(), z.string(), z.null()]),
});
export type RuleResult = z.output<typeof ruleResult>;

/** One change to a feature the applicant can act on. */
export const pathStep = z.strictObject({
  feature: z.string(),
  unit: z.string(),
  from: z.number().nullable(),
  to: z.number(),
  creditScoreGain: z.number(),
  sentences,
});
export type PathStep = z.output<typeof pathStep>;
/** The smallest changes that would cross the cut-off, or the best reachable score when none would. */
export const pathToApproval = z.strictObject({
  reachesCutOff: z.boolean(),
  creditScore: z.int(),
  cutOff: z.int(),
  steps: z.array(pathStep),
});
export type PathToApproval = z.output<typeof pathToApproval>;

export const affordability = z.strictObject({
  /** Average monthly cash inflow and outflow of the station's business over the observed months. */
  monthlyInflowMinor: amountMinor,
  monthlyOutflowMinor: amountMinor,
  /** The part of the outflow that does not fall with sales. */
  monthlyFixedOutflowMinor: amountMinor,
  observedMonths: z.int(),
  /** Inflow when income falls: what a share of sales is taken of. */
  stressedMonthlyInflowMinor: amountMinor,
  stressedMonthlyNetMinor: signedAmountMinor,
  maximumInstallmentMinor: amountMinor,
});
export type Affordability = z.output<typeof affordability>;

/** Terms that may be accepted; its product, with the rest of what is agreed, is among the terms of the decision. */
export const offer = z.strictObject({
  offerId,
  productCode: loanProduct.shape.productCode,
  productName: loanProduct.shape.name,
  repaymentMethod: z.enum(repaymentMethods),
  principalMinor: positiveAmountMinor,
  termMonths: z.int(),
  /** Nominal annual rate; 0 where a fixed charge takes its place. */
  annualRateBps: z.int(),
  originationFeeMinor: amountMinor,
  /** Installments and rates are as if the loan were paid out on this day, the decision's. */
  asIfDisbursedOn: businessDate,
  installments: z.int().min(1),
  /** The largest of the installments, principal and interest; all are about the same where they are equal. */
  installmentMinor: positiveAmountMinor,
  /** Principal, interest and fee. */
  totalRepayableMinor: positiveAmountMinor,
  /** All-in annual percentage rate: effective annual rate of the dated cash flows, fees included. */
  aprBps: z.int(),
  /** Of a sales-linked loan that is repaid at the pace of the observed inflow, and so sooner; null for all others. */
  aprAtObservedInflowBps: z.int().nullable(),
  expectedLossMinor: amountMinor,
});
export type Offer = z.output<typeof offer>;

export const pricing = z.strictObject({
  loanPrimeRateBps: z.int(),
  loanPrimeRateFrom: businessDate,
  aprCapBps: z.int(),
  marginBps: z.int(),
  expectedLossBps: z.int(),
});
export type Pricing = z.output<typeof pricing>;

/** One offer of every product that fits, and more terms up to three where there are fewer. */
export const OFFERS_MAX = 12;

/** What was known of the station's history, enough to find exactly the same rows again. */
export const historyBasis = z.strictObject({
  asOf: instant,
  firstDay: businessDate.nullable(),
  lastDay: businessDate.nullable(),
  activeDays: z.int(),
  activeDaysLast90: z.int(),
  transactionCount: z.int(),
  /** SHA-256 over the day summaries in order. */
  version: z.string(),
});
export type HistoryBasis = z.output<typeof historyBasis>;

/** Everything `decide` reads: the stored copy recomputes the decision byte for byte. */
export const decisionInput = z.strictObject({
  application,
  program,
  /** In force on the day of the decision. */
  terms: lendingTerms,
  station: station.nullable(),
  entrepreneur: entrepreneur.nullable(),
  consentId: consentId.nullable(),
  history: historyBasis.nullable(),
  /** Average monthly cash flow of the history, in minor units; null without a history. */
  cashFlow: z
    .strictObject({
      monthlyInflowMinor: amountMinor,
      monthlyOutflowMinor: amountMinor,
      monthlyFixedOutflowMinor: amountMinor,
      observedMonths: z.int(),
    })
    .nullable(),
  /** Feature list order; null is missing. Null as a whole when nothing was scored. */
  features: z.array(z.number().nullable()).nullable(),
  score: scoreCard.nullable(),
  reservedCapitalMinor: amountMinor,
  borrowerExposureMinor: amountMinor,
  /** What the partner who vouched may still vouch for; null where nobody did or the terms set no bound. */
  recommenderLimitMinor: amountMinor.nullable(),
});
export type DecisionInput = z.output<typeof decisionInput>;

export const decision = z.strictObject({
  decisionId,
  lenderTenantId: tenantId,
  decidedAt: instant,
  outcome: z.enum(decisionOutcomes),
  /** False when a person must decide: referred, or automation refused. */
  automated: z.boolean(),
  policyVersion: z.string(),
  termsVersion: z.string(),
  featureListHash: z.string().nullable(),
  input: decisionInput,
  rules: z.array(ruleResult),
  reasons: z.array(reason).max(4),
  pathToApproval: pathToApproval.nullable(),
  affordability: affordability.nullable(),
  pricing: pricing.nullable(),
  offers: z
    .array(offer)
    .max(OFFERS_MAX)
    .describe(
      'One of every product that fits, at the term nearest to what was asked; more terms where that makes fewer than three',
    ),
  /** Greatest principal on offer; what is reserved of the program's capital. */
  limitMinor: amountMinor,
});
export type Decision = z.output<typeof decision>;

/** What a list shows of a decision. */
export const decisionListEntry = decision
  .pick({
    decisionId: true,
    decidedAt: true,
    outcome: true,
    automated: true,
    policyVersion: true,
    limitMinor: true,
  })
  .extend({
    ...application.pick({
      applicationId: true,
      programId: true,
      stationId: true,
      entrepreneurId: true,
      requestedPrincipalMinor: true,
    }).shape,
    /** The program's county when the decision was made. */
    countyId: program.shape.countyId,
    scoreBand: z.enum(scoreBands),
    creditScore: scoreCard.shape.creditScore.nullable(),
    probabilityOfDefault: scoreCard.shape.probabilityOfDefault.nullable(),
    reasonCodes: z.array(z.string()),
  });
export type DecisionListEntry = z.output<typeof decisionListEntry>;

/** An entry as far as a caller asked for it. */
export const selectedDecision = decisionListEntry.partial().required({ decisionId: true });

export function listEntryOf(made: Decision): DecisionListEntry {
  const { application: submitted, score } = made.input;
  return {
    decisionId: made.decisionId,
    decidedAt: made.decidedAt,
    outcome: made.outcome,
    automated: made.automated,
    policyVersion: made.policyVersion,
    limitMinor: made.limitMinor,
    applicationId: submitted.applicationId,
    programId: submitted.programId,
    countyId: made.input.program.countyId,
    stationId: submitted.stationId,
    entrepreneurId: submitted.entrepreneurId,
    requestedPrincipalMinor: submitted.requestedPrincipalMinor,
    creditScore: score?.creditScore ?? null,
    scoreBand: scoreBandOf(score?.creditScore ?? null),
    probabilityOfDefault: score?.probabilityOfDefault ?? null,
    reasonCodes: made.reasons.map((item) => item.code),
  };
}
