import type { AllocationComponent } from './loan-product.ts';
import { type Allocation, amountsDue, isMatured, type LoanState } from './loan-state.ts';

/** Share of an amount that each component takes, in the given order; `restMinor` is what nothing was due for. */
export function allocateRepayment(
  amountMinor: number,
  due: Allocation,
  order: readonly AllocationComponent[],
): { readonly allocation: Allocation; readonly restMinor: number } {
  const allocation: Allocation = { fees: 0, penalty: 0, interest: 0, principal: 0 };
  let restMinor = amountMinor;
  for (const component of order) {
    const takenMinor = Math.min(restMinor, due[component]);
    allocation[component] = takenMinor;
    restMinor -= takenMinor;
  }
  return { allocation, restMinor };
}

/** Interest and principal due, oldest installment first; what accrued after the last one comes at the end. */
function installmentsDue(state: LoanState): Pick<Allocation, 'interest' | 'principal'>[] {
  const billed = state.installments
    .filter((installment) => installment.billed && installment.settledOn === null)
    .map((item) => ({
      interest: item.interestMinor - item.interestPaidMinor,
      principal: item.principalMinor - item.principalPaidMinor,
    }));
  return isMatured(state) ? [...billed, { interest: state.interestUnbilledMinor, principal: 0 }] : billed;
}

/**
 * Allocate an amount to what is due on a loan, by its product's waterfall. Across `installments`, interest and
 * principal are met installment by installment, so the oldest is cleared first and days past due fall; across
 * `components`, the interest of all installments comes before (or after) the principal of any.
 */
export function allocateDue(
  state: LoanState,
  amountMinor: number,
): { readonly allocation: Allocation; readonly restMinor: number } {
  const { waterfall, waterfallAcross } = state.contract.product;
  const due = amountsDue(state);
  if (waterfallAcross === 'components') return allocateRepayment(amountMinor, due, waterfall);
  const allocation: Allocation = { fees: 0, penalty: 0, interest: 0, principal: 0 };
  let restMinor = amountMinor;
  const inTurn = waterfall.filter((component) => component === 'interest' || component === 'principal');
  for (const component of waterfall) {
    // Both are met where the first of them stands in the order.
    if (component === inTurn[1]) continue;
    const parts = component === inTurn[0] ? installmentsDue(state) : [due];
    for (const part of parts) {
      const met: Allocation = { fees: 0, penalty: 0, ...part };
      const taken = allocateRepayment(restMinor, met, component === inTurn[0] ? inTurn : [component]);
      for (const each of waterfall) allocation[each] += taken.allocation[each];
      restMinor = taken.restMinor;
    }
  }
  return { allocation, restMinor };
}
