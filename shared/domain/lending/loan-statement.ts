import type { BusinessDate } from '../calendar.ts';
import type { Sentences } from '../decision.ts';
import type { AccountCode } from './chart-of-accounts.ts';
import type { Movement, MovementKind } from './movement.ts';

/** How each movement reads on a borrower's statement; those between lender, bank and guarantor do not appear. */
export const statementSentences: Readonly<Record<MovementKind, Sentences | null>> = {
  disbursement_instructed: null,
  disbursement_voided: null,
  disbursement_posted: { zh: '放款', en: 'Loan paid out' },
  interest_accrued: { zh: '计收利息', en: 'Interest' },
  penalty_accrued: { zh: '计收罚息', en: 'Penalty interest' },
  interest_suspended: null,
  interest_restored: null,
  fee_assessed: { zh: '费用', en: 'Fee' },
  waiver: { zh: '减免', en: 'Waived by the lender' },
  repayment: { zh: '还款', en: 'Repayment' },
  credit_applied: { zh: '溢缴款抵扣', en: 'Credit applied' },
  credit_refunded: { zh: '退还溢缴款', en: 'Credit refunded' },
  interest_capitalized: { zh: '利息转入本金', en: 'Interest added to principal' },
  charge_off: { zh: '贷款核销', en: 'Loan charged off' },
  recovery: { zh: '核销后收回', en: 'Recovered after charge-off' },
  guarantee_claim_paid: null,
};

export interface StatementLine {
  readonly businessDate: BusinessDate;
  readonly eventId: string | null;
  readonly sentences: Sentences;
  /** Change of what is owed, by component; credit is what waits for the next installment. */
  readonly principalMinor: number;
  readonly interestMinor: number;
  readonly penaltyMinor: number;
  readonly feesMinor: number;
  readonly creditMinor: number;
  /** Owed after this line, less credit; interest counts up to the last posting. */
  readonly balanceMinor: number;
}

/** A loan's movements as its borrower reads them, oldest first, between two dates (both included). */
export function loanStatement(
  movements: readonly Movement[],
  from: BusinessDate,
  through: BusinessDate,
): StatementLine[] {
  const lines: StatementLine[] = [];
  let balanceMinor = 0;
  for (const { kind, businessDate, eventId, moves } of movements) {
    const sentences = statementSentences[kind];
    if (sentences === null || businessDate > through) continue;
    const change = (account: AccountCode) =>
      moves.reduce((sum, line) => (line.account === account ? sum + line.amountMinor : sum), 0);
    const line = {
      principalMinor: change('loan_principal'),
      interestMinor: change('interest_receivable'),
      penaltyMinor: change('penalty_receivable'),
      feesMinor: change('fee_receivable'),
      creditMinor: 0 - change('borrower_credit'),
    };
    balanceMinor +=
      line.principalMinor + line.interestMinor + line.penaltyMinor + line.feesMinor - line.creditMinor;
    if (businessDate >= from) lines.push({ businessDate, eventId, sentences, ...line, balanceMinor });
  }
  return lines;
}
