import { describe, expect, it } from 'vitest';
import {
  arrearsMinor,
  daysPastDue,
  dueDayOf,
  installmentOf,
  isRepaid,
  newLoan,
} from '../../../models/simulator/station-loan.ts';
import { dateOfEpochDay, epochDayOf } from '../../../shared/domain/calendar.ts';

const loanOf = (day: string, termMonths = 6) =>
  newLoan({ purpose: 'stock', principalMinor: 1_200_000, termMonths, fortune: 1 }, epochDayOf(day));

describe('a simulated loan', () => {
  it.each([
    ['2022-01-31', 0, '2022-02-28'],
    ['2022-01-31', 1, '2022-03-28'],
    ['2022-11-15', 1, '2023-01-15'],
    ['2022-11-15', 11, '2023-11-15'],
  ])('of %s has installment %d due on %s', (disbursed, number, due) => {
    expect(dateOfEpochDay(dueDayOf(loanOf(disbursed, 12), number))).toBe(due);
  });

  it('costs its interest: 12,000 yuan over twelve months at 8 % is 1,043.87 yuan a month', () => {
    // 12,000 × (0.08/12) / (1 − (1 + 0.08/12)^−12) = 1,043.86, rounded up to the fen.
    expect(installmentOf(1_200_000, 12)).toBe(104_387);
  });

  it('counts days from the oldest installment not fully paid', () => {
    const loan = loanOf('2022-01-10');
    expect(daysPastDue(loan, epochDayOf('2022-02-09'))).toBe(0);
    expect(daysPastDue(loan, epochDayOf('2022-02-10'))).toBe(0);
    expect(arrearsMinor(loan, epochDayOf('2022-02-10'))).toBe(loan.installmentMinor);
    expect(daysPastDue(loan, epochDayOf('2022-05-11'))).toBe(90);
    loan.paidMinor = loan.installmentMinor + 1;
    expect(daysPastDue(loan, epochDayOf('2022-05-11'))).toBe(62);
    loan.paidMinor = 6 * loan.installmentMinor;
    expect(daysPastDue(loan, epochDayOf('2023-05-11'))).toBe(0);
    expect(isRepaid(loan)).toBe(true);
  });

  it('never asks for more than its installments', () => {
    const loan = loanOf('2022-01-10');
    expect(arrearsMinor(loan, epochDayOf('2024-01-10'))).toBe(6 * loan.installmentMinor);
  });
});
