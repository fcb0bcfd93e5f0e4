import { addMonths, type BusinessDate } from '../calendar.ts';
import { fieldError } from '../errors.ts';
import type { RepaymentMethod } from './loan-product.ts';

export interface DueDate {
  /** Whole months after the anchor: keeps the day of the month through short months and moved dates. */
  readonly monthIndex: number;
  readonly on: BusinessDate;
  /** False in months of grace and between a bullet's interest dates. */
  readonly repaysPrincipal: boolean;
}

/** The due date so many months after the anchor: the same day, or the last of a shorter month. */
export function dueDateAt(anchor: BusinessDate, monthIndex: number): BusinessDate {
  return addMonths(anchor, monthIndex);
}

/**
 * When installments fall due, counted from the anchor (the day of disbursement or restructuring). A loan of
 * 31 January falls due on 29 February, 31 March, 30 April. Raises DomainError `invalid_request` when a
 * grace period or a choice of seasonal months leaves no date to repay principal on.
 */
export function dueDates(method: RepaymentMethod, anchor: BusinessDate, termMonths: number): DueDate[] {
  const dates = Array.from({ length: termMonths }, (_, index) => ({
    monthIndex: index + 1,
    on: dueDateAt(anchor, index + 1),
    repaysPrincipal: true,
  }));
  switch (method.method) {
    case 'equal_installments':
    case 'equal_principal':
      if (method.principalGraceMonths >= termMonths) {
        throw fieldError(
          'invalid_request',
          'product.repayment.principalGraceMonths',
          'grace_fills_term',
          `grace on principal must end before the term of ${termMonths} months`,
        );
      }
      return dates.map((date) => ({
        ...date,
        repaysPrincipal: date.monthIndex > method.principalGraceMonths,
      }));
    case 'bullet':
      return dates
        .filter(
          ({ monthIndex }) => monthIndex === termMonths || monthIndex % method.interestEveryMonths === 0,
        )
        .map((date) => ({ ...date, repaysPrincipal: date.monthIndex === termMonths }));
    case 'seasonal': {
      const chosen = new Set(method.months);
      const seasonal = dates.filter(({ on }) => chosen.has(Number(on.slice(5, 7))));
      if (seasonal.length === 0) {
        throw fieldError(
          'invalid_request',
          'product.repayment.months',
          'no_month_in_term',
          `no chosen month falls within ${termMonths} months of ${anchor}`,
        );
      }
      return seasonal;
    }
    case 'sales_linked':
      return dates;
  }
}
