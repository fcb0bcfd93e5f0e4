import type { BusinessDate } from '../../shared/domain/calendar.ts';
import { type ProgramTerms, programTerms } from '../../shared/domain/lending/program-terms.ts';
import { type Program, program } from '../../shared/domain/program.ts';

/** Who takes part in the sample program, and where and when it lends. */
export type SampleParties = Pick<
  Program,
  | 'programId'
  | 'countyId'
  | 'lenderTenantId'
  | 'incubatorTenantId'
  | 'platformTenantId'
  | 'capitalMinor'
  | 'opensOn'
  | 'closesOn'
>;

/** The program that the demo, the benchmark and the first decision by hand lend by: small loans, half the loss guaranteed. */
export function sampleProgram(parties: SampleParties): Program {
  return program.parse({
    ...parties,
    name: '村小二创业贷',
    policy: {
      policyVersion: '2026-1',
      eligibleStages: ['agent', 'partner', 'service'],
      minimumTenureDays: 120,
      minimumHistoryDays: 120,
      minimumActiveDays: 30,
      maximumHistoryAgeDays: 14,
      minimumCreditScore: 600,
      referBelowCreditScore: 620,
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
  });
}

const monthly = { dayCount: 'thirty_360', originationFee: { feeBps: 50, collected: 'first_installment' } };
const bounds = {
  annualRateMinBps: 300,
  annualRateMaxBps: 1_000,
  termMonthsMin: 6,
  termMonthsMax: 24,
  principalMinMinor: 300_000,
  principalMaxMinor: 15_000_000,
};

/** Lending terms as their draft is sent: a product of each kind that a station may repay by. */
export function sampleTerms(effectiveFrom: BusinessDate): Omit<ProgramTerms, 'programId'> {
  const { programId: _, ...terms } = programTerms.parse({
    programId: 'prg_sample',
    version: '2026-1',
    effectiveFrom,
    singleBorrowerLimitMinor: 15_000_000,
    guaranteeShareBps: 5_000,
    products: [
      offered('monthly', '等额本息', 'Equal installments', { method: 'equal_installments' }),
      offered('declining', '等额本金', 'Equal principal', { method: 'equal_principal' }),
      offered('graceful', '三个月宽限等额本息', 'Equal installments after three months', {
        method: 'equal_installments',
        principalGraceMonths: 3,
      }),
      { ...offered('bullet', '先息后本', 'Bullet', { method: 'bullet' }), termMonthsMax: 12 },
      // No fee: shortly before a harvest so much of the loan is repaid at once that it would break the cap.
      offered(
        'harvest',
        '按收获季还款',
        'Repaid at harvest',
        { method: 'seasonal', months: [5, 10] },
        { originationFee: { feeBps: 0, collected: 'first_installment' } },
      ),
      offered('by_sales', '按销售额还款', 'Repaid by sales', {
        method: 'sales_linked',
        inflowShareBps: 200,
        fixedChargeBps: 300,
        monthlyFloorBps: 200,
      }),
    ],
  });
  return terms;
}

function offered(productCode: string, zh: string, en: string, repayment: object, rest: object = {}) {
  return { product: { ...monthly, ...rest, productCode, name: { zh, en }, repayment }, ...bounds };
}
