import type { Program } from '../../../shared/domain/program.ts';

export const OPERATOR = 'ten_demo-operator';
export const LENDER = 'ten_demo-bank';
export const INCUBATOR = 'ten_demo-incubator';
export const PLATFORM = 'ten_demo-platform';

/** The program of the demo county: small loans, half the loss guaranteed, capital for about twenty of them. */
export function demoProgram(countyId: string, opensOn: string, closesOn: string): Program {
  return {
    programId: 'prg_demo',
    name: '村小二创业贷',
    countyId,
    lenderTenantId: LENDER,
    incubatorTenantId: INCUBATOR,
    platformTenantId: PLATFORM,
    currency: 'CNY',
    capitalMinor: 150_000_000,
    opensOn,
    closesOn,
    policy: {
      policyVersion: '2026-1',
      eligibleStages: ['agent', 'partner', 'service'],
      minimumTenureDays: 120,
      minimumHistoryDays: 120,
      minimumActiveDays: 30,
      maximumHistoryAgeDays: 14,
      minimumCreditScore: 600,
      referBelowCreditScore: 620,
      referWithinStandardErrors: 0,
      minimumPrincipalMinor: 300_000,
      maximumPrincipalMinor: 15_000_000,
      singleBorrowerLimitMinor: 15_000_000,
      termMonths: [6, 12, 18, 24],
      stressedIncomeBps: 7_000,
      installmentToCashFlowBps: 5_000,
      lossGivenDefaultBps: 6_000,
      guaranteeShareBps: 5_000,
      marginBps: 350,
      originationFeeBps: 50,
      aprCapLprMultiple: 4,
    },
  };
}
