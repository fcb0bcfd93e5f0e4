import type { Application } from '../../shared/domain/application.ts';
import type { Decision } from '../../shared/domain/decision.ts';
import { termsOf } from '../../shared/domain/lending/implied-terms.ts';
import { type Program, program } from '../../shared/domain/program.ts';

export const LENDER = 'ten_rural-bank';
export const INCUBATOR = 'ten_anji-incubator';
export const PLATFORM = 'ten_station-platform';
export const OPERATOR = 'ten_operator';

/** A county program with room for a few loans; `change` replaces what a test is about. */
export function sampleProgram(change: Partial<Program> = {}): Program {
  return program.parse({
    programId: 'prg_anji-2026',
    name: '安吉村小二创业贷',
    countyId: 'cty_anji',
    lenderTenantId: LENDER,
    incubatorTenantId: INCUBATOR,
    platformTenantId: PLATFORM,
    currency: 'CNY',
    capitalMinor: 50_000_000,
    opensOn: '2026-01-01',
    closesOn: '2026-12-31',
    policy: {
      policyVersion: '2026-1',
      eligibleStages: ['partner', 'service'],
      minimumTenureDays: 180,
      minimumHistoryDays: 90,
      minimumActiveDays: 30,
      maximumHistoryAgeDays: 14,
      minimumCreditScore: 600,
      referBelowCreditScore: 620,
      minimumPrincipalMinor: 500_000,
      maximumPrincipalMinor: 20_000_000,
      singleBorrowerLimitMinor: 20_000_000,
      termMonths: [6, 12, 18],
      stressedIncomeBps: 7_000,
      installmentToCashFlowBps: 5_000,
      lossGivenDefaultBps: 6_000,
      guaranteeShareBps: 5_000,
      marginBps: 400,
      originationFeeBps: 50,
      aprCapLprMultiple: 4,
    },
    ...change,
  });
}

export function sampleApplication(change: Partial<Application> = {}): Application {
  return {
    applicationId: 'app_1',
    decisionId: 'dec_1',
    programId: 'prg_anji-2026',
    stationId: 'stn_anji-7',
    entrepreneurId: 'ent_7',
    submittedAt: '2026-06-01T02:00:00.000Z',
    currency: 'CNY',
    requestedPrincipalMinor: 5_000_000,
    requestedTermMonths: 12,
    purpose: 'stock',
    automatedDecision: 'accepted',
    ...change,
  };
}

/** A decision as the store sees one: its parts that the store's conditions read are real, the rest is empty. */
export function sampleDecision(
  submitted: Application,
  change: Partial<Pick<Decision, 'outcome' | 'limitMinor' | 'decidedAt'>> & {
    borrowerExposureMinor?: number;
  } = {},
): Decision {
  const { borrowerExposureMinor = 0, ...fields } = change;
  return {
    decisionId: submitted.decisionId,
    lenderTenantId: LENDER,
    decidedAt: submitted.submittedAt,
    outcome: 'approved',
    automated: true,
    policyVersion: '2026-1',
    termsVersion: '2026-1',
    featureListHash: null,
    input: {
      application: submitted,
      program: sampleProgram(),
      terms: termsOf(sampleProgram(), null),
      station: null,
      entrepreneur: null,
      consentId: null,
      history: null,
      cashFlow: null,
      features: null,
      score: null,
      reservedCapitalMinor: 0,
      borrowerExposureMinor,
      recommenderLimitMinor: null,
    },
    rules: [],
    reasons: [],
    pathToApproval: null,
    affordability: null,
    pricing: null,
    offers: [],
    limitMinor: 5_000_000,
    ...fields,
  };
}
