import type { AllocationComponent } from './loan-product.ts';
import type { Allocation } from './loan-state.ts';

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
