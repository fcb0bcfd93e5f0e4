import { describe, expect, it } from 'vitest';
import { averageMonthlyCashFlow } from '../../shared/features/cash-flow.ts';
import { historyView } from '../../shared/features/history-view.ts';
import { AS_OF, day, days } from './day-summaries.ts';

const cashFlow = (summaries: Parameters<typeof historyView>[0]) =>
  averageMonthlyCashFlow(historyView(summaries, AS_OF));

describe('average monthly cash flow', () => {
  it('averages a year over months of 30.4375 days', () => {
    expect(cashFlow(days(365, 1, 'produce_sale 1 1000 0; stock_purchase 1 0 400'))).toEqual({
      monthlyInflowMinor: 30_438, // 30,437.5, half to even
      monthlyOutflowMinor: 12_175,
      monthlyFixedOutflowMinor: 0,
      observedMonths: 12,
    });
  });

  it('tells what falls with sales from what does not', () => {
    expect(
      cashFlow(
        days(365, 1, 'produce_sale 1 1000 0; stock_purchase 1 0 400; operating_expense 1 0 80; fee 1 0 20'),
      ),
    ).toMatchObject({ monthlyOutflowMinor: 15_219, monthlyFixedOutflowMinor: 3_044 });
  });

  it("leaves out a station owner's own transfers", () => {
    expect(
      cashFlow([
        ...days(365, 1, 'produce_sale 1 1000 0; stock_purchase 1 0 400; transfer_out 1 0 300'),
        day(0, 'produce_sale 1 99999 0'),
        day(366, 'transfer_in 1 500000 0'),
      ]),
    ).toEqual({
      monthlyInflowMinor: 30_438,
      monthlyOutflowMinor: 12_175,
      monthlyFixedOutflowMinor: 0,
      observedMonths: 12,
    });
  });

  it('counts the transfers of a plain account, where they are all there is', () => {
    expect(
      cashFlow([day(61, 'transfer_in 1 4000 0'), day(31, 'transfer_out 1 0 1000; fee 1 0 220')]),
    ).toEqual({
      monthlyInflowMinor: 1_996, // 4000 × 30.4375 ÷ 61
      monthlyOutflowMinor: 609,
      monthlyFixedOutflowMinor: 609,
      observedMonths: 2,
    });
  });

  it('does not stretch ten days to a month', () => {
    expect(cashFlow(days(10, 1, 'parcel 1 310 0'))).toEqual({
      monthlyInflowMinor: 3_044, // 3100 × 30.4375 ÷ 31
      monthlyOutflowMinor: 0,
      monthlyFixedOutflowMinor: 0,
      observedMonths: 0,
    });
  });

  it('is unknown without history', () => {
    expect(cashFlow([])).toBeNull();
    expect(cashFlow([day(0, 'parcel 1 100 0')])).toBeNull();
  });
});
