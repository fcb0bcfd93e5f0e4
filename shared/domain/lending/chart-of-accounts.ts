import type { Sentences } from '../decision.ts';

export type AccountClass = 'asset' | 'liability' | 'income' | 'expense';

interface Account {
  readonly number: string;
  readonly accountClass: AccountClass;
  readonly name: Sentences;
}

/**
 * Amounts are signed: debit positive, credit negative; every entry adds up to zero. The accounts in suspense stand
 * against the receivables: owed by the borrower, and not yet income.
 */
export const chartOfAccounts = {
  settlement_cash: {
    number: '1001',
    accountClass: 'asset',
    name: { zh: '结算资金', en: 'Settlement cash' },
  },
  disbursement_in_transit: {
    number: '1011',
    accountClass: 'asset',
    name: { zh: '在途放款', en: 'Disbursement in transit' },
  },
  loan_principal: { number: '1301', accountClass: 'asset', name: { zh: '贷款本金', en: 'Loan principal' } },
  interest_receivable: {
    number: '1311',
    accountClass: 'asset',
    name: { zh: '应收利息', en: 'Interest receivable' },
  },
  penalty_receivable: {
    number: '1312',
    accountClass: 'asset',
    name: { zh: '应收罚息', en: 'Penalty receivable' },
  },
  fee_receivable: { number: '1313', accountClass: 'asset', name: { zh: '应收费用', en: 'Fees receivable' } },
  suspended_interest: {
    number: '1318',
    accountClass: 'asset',
    name: { zh: '暂挂利息', en: 'Interest in suspense' },
  },
  suspended_penalty: {
    number: '1319',
    accountClass: 'asset',
    name: { zh: '暂挂罚息', en: 'Penalty in suspense' },
  },
  guarantee_receivable: {
    number: '1321',
    accountClass: 'asset',
    name: { zh: '应收担保代偿', en: 'Guarantee claims receivable' },
  },
  co_lender_settlement: {
    number: '1391',
    accountClass: 'asset',
    name: { zh: '联合贷款清算', en: 'Settlement between co-lenders' },
  },
  loan_loss_allowance: {
    number: '1399',
    accountClass: 'asset',
    name: { zh: '贷款损失准备', en: 'Loan loss allowance' },
  },
  borrower_credit: {
    number: '2001',
    accountClass: 'liability',
    name: { zh: '借款人溢缴款', en: 'Borrower credit' },
  },
  guarantor_payable: {
    number: '2011',
    accountClass: 'liability',
    name: { zh: '应付担保人追偿款', en: 'Recoveries owed to the guarantor' },
  },
  interest_income: {
    number: '6011',
    accountClass: 'income',
    name: { zh: '利息收入', en: 'Interest income' },
  },
  penalty_income: { number: '6012', accountClass: 'income', name: { zh: '罚息收入', en: 'Penalty income' } },
  fee_income: { number: '6021', accountClass: 'income', name: { zh: '手续费收入', en: 'Fee income' } },
  recovery_income: {
    number: '6031',
    accountClass: 'income',
    name: { zh: '已核销贷款收回', en: 'Recoveries of loans charged off' },
  },
  loan_loss: {
    number: '6701',
    accountClass: 'expense',
    name: { zh: '贷款核销损失', en: 'Loans charged off' },
  },
  provision_expense: {
    number: '6702',
    accountClass: 'expense',
    name: { zh: '信用减值损失', en: 'Provision expense' },
  },
  waived_income: {
    number: '6703',
    accountClass: 'expense',
    name: { zh: '利息费用减免', en: 'Interest, penalty and fees waived' },
  },
} as const satisfies Record<string, Account>;

export type AccountCode = keyof typeof chartOfAccounts;
export const accountCodes = Object.keys(chartOfAccounts) as AccountCode[];
