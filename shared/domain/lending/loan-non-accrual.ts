import { addDays, type BusinessDate } from '../calendar.ts';
import { daysPastDueOver } from './asset-class.ts';
import { earnSuspended, type LoanDraft, move } from './loan-draft.ts';
import { interestOutstandingMinor, type LoanState, oldestUnpaidInstallment } from './loan-state.ts';

/**
 * Interest is no income of a loan that may not pay it. On the day a loan is more than 90 days past due, what is
 * owed and unpaid of interest and penalty leaves income for suspense, and what accrues from then on goes there at
 * once. The borrower owes it all the same. It becomes income as it is paid, and the rest when the loan is cured as
 * its classification asks (`isCured`), so that a loan earns exactly while it is not non-performing for its arrears.
 *
 * Ninety days and the reversal of what was recognised follow the Accounting System for Financial Enterprises
 * (金融企业会计制度, Caikuai 2001 no. 49) on non-accrual loans. A lender on CAS 22 / IFRS 9 keeps interest of
 * stage-three assets on their net carrying amount instead; the two differ by what the allowance covers. Which of
 * them a lender's books follow is for its accountants: these entries are the prudential kind.
 */
export function nonAccrualOn(state: LoanState): BusinessDate | undefined {
  if (state.nonAccrualSince !== null || state.status !== 'active') return undefined;
  const oldest = oldestUnpaidInstallment(state);
  return oldest === undefined ? undefined : addDays(oldest.dueOn, daysPastDueOver.substandard + 1);
}

/** Take the income back that is not paid. Accruals to the day are posted before. */
export function suspendIncome(draft: LoanDraft): void {
  const { state } = draft;
  state.nonAccrualSince = state.asOf;
  state.suspendedInterestMinor = interestOutstandingMinor(state);
  state.suspendedPenaltyMinor = state.penaltyMinor;
  move(
    draft,
    'interest_suspended',
    null,
    {
      interest_income: state.suspendedInterestMinor,
      penalty_income: state.suspendedPenaltyMinor,
      suspended_penalty: 0 - state.suspendedPenaltyMinor,
    },
    'suspended_interest',
  );
}

/** The loan is cured: what is in suspense is income after all. */
export function restoreIncome(draft: LoanDraft): void {
  earnSuspended(draft, null);
  draft.state.nonAccrualSince = null;
}
