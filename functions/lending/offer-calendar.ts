import { z } from 'zod';
import { businessDate } from '../../shared/domain/calendar.ts';
import { offerId } from '../../shared/domain/identifiers.ts';
import { allInRateBps } from '../../shared/domain/lending/all-in-rate.ts';
import { loanContract } from '../../shared/domain/lending/loan-event.ts';
import { loanProduct, type ScheduleTerms } from '../../shared/domain/lending/loan-product.ts';
import { costOfCredit, repaymentSchedule } from '../../shared/domain/lending/repayment-schedule.ts';
import { amountMinor, BPS } from '../../shared/domain/money.ts';

/** What a borrower is shown before signing: every due date with its amount, and what the credit costs. */
export const repaymentCalendar = z.strictObject({
  offerId,
  expiresOn: businessDate.describe('The last day on which the offer can be accepted'),
  product: loanProduct,
  disbursedOn: businessDate.describe('Due dates are counted from here'),
  maturesOn: businessDate,
  ...loanContract.pick({ principalMinor: true, annualRateBps: true, termMonths: true }).shape,
  annualPercentageRateBps: z.int().describe('Effective annual rate of the dated flows, fees included'),
  allInRateBps: z.int().describe('Interest and fees as a simple annual rate: what the legal ceiling holds'),
  totalInterestMinor: amountMinor,
  feeMinor: amountMinor,
  totalRepayableMinor: amountMinor,
  installments: z.array(
    z.strictObject({
      number: z.int().min(1),
      dueOn: businessDate,
      principalMinor: amountMinor,
      interestMinor: amountMinor,
      feeMinor: amountMinor,
      amountMinor,
      balanceMinor: amountMinor,
    }),
  ),
});
export type RepaymentCalendar = z.output<typeof repaymentCalendar>;

/** The calendar of terms paid out on a day. */
export function calendarOf(
  terms: ScheduleTerms,
  disbursedOn: string,
): Omit<RepaymentCalendar, 'offerId' | 'expiresOn'> {
  const cost = costOfCredit(terms, disbursedOn);
  const feeFirst = terms.product.originationFee.collected === 'first_installment';
  return {
    product: terms.product,
    disbursedOn,
    maturesOn: cost.maturesOn,
    principalMinor: terms.principalMinor,
    annualRateBps: terms.annualRateBps,
    termMonths: terms.termMonths,
    // Rounded up: the rate shown is never lower than the rate paid.
    annualPercentageRateBps: Math.ceil(cost.annualPercentageRate * BPS - 1e-9),
    allInRateBps: allInRateBps(terms, disbursedOn),
    totalInterestMinor: cost.totalInterestMinor,
    feeMinor: cost.feeMinor,
    totalRepayableMinor: cost.totalRepayableMinor,
    installments: repaymentSchedule(terms, disbursedOn).map(
      ({ number, dueOn, principalMinor, interestMinor, balanceMinor }) => {
        const feeMinor = feeFirst && number === 1 ? cost.feeMinor : 0;
        return {
          number,
          dueOn,
          principalMinor,
          interestMinor,
          feeMinor,
          amountMinor: principalMinor + interestMinor + feeMinor,
          balanceMinor,
        };
      },
    ),
  };
}
