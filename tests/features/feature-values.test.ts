import { describe, expect, it } from 'vitest';
import type { DaySummary } from '../../shared/domain/day-summary.ts';
import type { RequestFacts } from '../../shared/features/request-facts.ts';
import { day, days, facts, golden, valuesOf } from './day-summaries.ts';

/** Every value is worked out by hand; the sum behind it stands beside the history. */
function check(summaries: readonly DaySummary[], table: string, request: RequestFacts = facts): void {
  const values = valuesOf(summaries, request);
  for (const [name, expected] of golden(table)) {
    if (Number.isNaN(expected)) expect(values[name], name).toBeNaN();
    else expect(values[name], name).toBeCloseTo(expected, 5);
  }
}

/** 180 days alike: 3,100 in, 600 out, 500 drawn by the owner. */
const steady = days(
  180,
  1,
  'purchase_order 2 3000 0; commission 1 100 0; operating_expense 1 0 600; transfer_out 1 0 500',
);

describe('features of a steady half year', () => {
  it('counts every day, no growth, no variation', () =>
    check(
      steady,
      `
      active_days_90d                     | 90
      active_days_share_365d              | 1
      transactions_per_active_day_90d     | 5
      days_since_last_transaction         | 1
      transaction_growth_90d              | 0
      inflow_growth_90d                   | 0
      inflow_momentum_30d                 | 0
      inflow_growth_year_on_year_90d      | missing
      weekly_inflow_variation_180d        | 0
      monthly_inflow_variation_365d       | 0
      seasonally_adjusted_volatility_365d | missing
      longest_gap_180d                    | 0
      opening_hours_90d                   | missing
      opening_time_variation_90d          | missing
    `,
    ));

  it('reckons the trade, its commission and the cash it leaves', () =>
    check(
      steady,
      // (3100 − 600) ÷ (3100 + 600); draws 500 ÷ 3100; commission 100 × 30, over 4 lines a day.
      `
      purchase_order_share_180d          | 1
      produce_sale_share_180d            | 0
      effective_trade_kinds_180d         | 1
      purchase_order_growth_90d          | 0
      produce_sale_growth_90d            | missing
      monthly_commission_180d            | 3000
      commission_per_transaction_180d    | 25
      refund_rate_180d                   | 0
      reversal_rate_180d                 | 0
      net_cash_flow_margin_180d          | 0.675676
      negative_months_share_365d         | 0
      worst_month_to_monthly_inflow_365d | 0.806452
      owner_draw_share_180d              | 0.161290
      interest_charged_days_365d         | 0
    `,
    ));

  it('weighs the request against it', () =>
    check(
      steady,
      // 1,200,000 ÷ 93,000 a month; 100,000 a month ÷ 75,000 net; no balance known.
      `
      principal_to_monthly_inflow_365d         | 12.903226
      installment_to_monthly_net_cash_flow_365d | 1.333333
      latest_balance_to_installment            | missing
      lowest_balance_to_installment_180d       | missing
      balance_under_two_installments_share_180d | missing
      requested_term_months                    | 12
    `,
    ));

  it('reckons the installment as an annuity when a rate is known', () =>
    check(
      steady,
      // 1,200,000 over 12 months at 12 %: 106,618.546 a month, over 75,000.
      'installment_to_monthly_net_cash_flow_365d | 1.421581',
      { ...facts, indicativeAnnualRateBps: 1_200 },
    ));
});

describe('activity and regularity', () => {
  // Every third day from 90 to 33 days ago (20 days), then nothing until 10, 9 and 5 days ago.
  const gappy = [
    ...days(90, 33, 'parcel 4 400 0', { hours: [540, 600] }, 3),
    day(10, 'parcel 2 200 0', { hours: [480, 1080] }),
    day(9, 'parcel 2 200 0', { hours: [480, 1080] }),
    day(5, 'parcel 2 200 0', { hours: [480, 1080] }),
  ];
  it('sees days, gaps and weeks without business', () =>
    check(
      gappy,
      // Gap: days 32 to 11 ago. 12 whole weeks back from asOf; weeks 3 and 4 ago (days 15–28) are empty.
      `
      active_days_90d                 | 23
      active_days_share_365d          | 0.255556
      transactions_per_active_day_90d | 3.739130
      days_since_last_transaction     | 5
      longest_gap_180d                | 22
    `,
    ));

  it('reads opening hours from days whose clock is known', () =>
    check(
      gappy,
      // (20 × 1 h + 3 × 10 h) ÷ 23; first at 9:00 on 20 days and 8:00 on 3: √(20/23 × 3/23) h.
      `
      opening_hours_90d          | 2.173913
      opening_time_variation_90d | 0.336782
    `,
    ));

  it('knows no opening hours from four days', () =>
    check(
      days(4, 1, 'parcel 1 100 0', { hours: [480, 1080] }),
      `
      opening_hours_90d          | missing
      opening_time_variation_90d | missing
    `,
    ));
});

describe('growth and volatility', () => {
  it('compares 90 days with the 90 before', () =>
    check(
      [
        ...days(180, 91, 'parcel 1 100 0'),
        ...days(90, 31, 'parcel 2 300 0'),
        ...days(30, 1, 'parcel 3 600 0'),
      ],
      // Count 210 against 90, income 36,000 against 9,000, the last month 18,000 against 9,000.
      `
      transaction_growth_90d | 0.8
      inflow_growth_90d      | 1.2
      inflow_momentum_30d    | 0.666667
      parcel_growth_90d      | 0.8
    `,
    ));

  it('compares the halves of a shorter history, not under 60 days', () => {
    check([...days(80, 41, 'parcel 1 100 0'), ...days(40, 1, 'parcel 1 300 0')], 'inflow_growth_90d | 1');
    check(days(59, 1, 'parcel 1 100 0'), 'inflow_growth_90d | missing');
  });

  it('compares a season with the same season of last year', () =>
    check(
      [
        ...days(454, 365, 'produce_sale 1 1000 0'),
        ...days(364, 91, 'produce_sale 1 10 0'),
        ...days(90, 1, 'produce_sale 1 3000 0'),
      ],
      // Three times last season's income is growth, not the 300 times of the quarter before.
      'inflow_growth_year_on_year_90d | 1',
    ));

  it('takes seasons out of volatility', () => {
    // Months alternate between 300 and 3,000 a day, the same way in both years: 364 days are 12 × 30 + 4.
    const seasonal = Array.from({ length: 724 }, (_, index) =>
      day(index + 1, `produce_sale 1 ${index % 364 < 180 ? 300 : 3000} 0`),
    );
    check(
      seasonal,
      `
      seasonally_adjusted_volatility_365d | 0
      monthly_inflow_variation_365d       | 0.818182
    `,
    );
  });

  it('measures variation as deviation over mean', () =>
    check(
      [...days(120, 61, 'parcel 1 100 0'), ...days(60, 1, 'parcel 1 300 0')],
      // Months 9000, 9000, 3000, 3000: deviation 3000 over mean 6000.
      'monthly_inflow_variation_365d | 0.5',
    ));
});

describe('trade, refunds and reversals', () => {
  const mixed = [
    ...days(180, 91, 'purchase_order 1 200 100; parcel 3 30 0'),
    ...days(
      90,
      1,
      'purchase_order 1 300 300; produce_sale 1 300 0; bill_payment 2 100 100; service_booking 1 100 0',
    ),
  ];
  it('shares turnover where goods move and counts where they do not', () =>
    check(
      mixed,
      // Turnover: orders 27,000 + 54,000, produce 27,000, parcels 2,700, bills 18,000, services 9,000 of 137,700.
      // Counts: orders 180, produce 90, parcels 270, bills 180, services 90: 810, Σ² = 153,900.
      `
      purchase_order_share_180d  | 0.588235
      produce_sale_share_180d    | 0.196078
      parcel_share_180d          | 0.333333
      bill_payment_share_180d    | 0.222222
      service_booking_share_180d | 0.111111
      effective_trade_kinds_180d | 4.263158
      purchase_order_growth_90d  | 0.666667
      produce_sale_growth_90d    | 2
      parcel_growth_90d          | -2
      bill_payment_growth_90d    | 2
      service_booking_growth_90d | 2
    `,
    ));

  it('reckons refunds by money and reversals by number', () =>
    check(
      [
        day(3, 'produce_sale 4 1000 0'),
        day(2, 'refund 1 0 50', { reversed: 1 }),
        day(1, '', { reversed: 2 }),
      ],
      // Five lines stand, three were reversed.
      `
      refund_rate_180d   | 0.05
      reversal_rate_180d | 0.375
      commission_per_transaction_180d | 0
    `,
    ));
});

describe('a station that reports nothing but commissions', () => {
  it('has a commission income but no transaction to spread it over', () =>
    check(
      days(60, 1, 'commission 2 50 0'),
      `
      monthly_commission_180d         | 1500
      commission_per_transaction_180d | missing
      purchase_order_share_180d       | missing
      effective_trade_kinds_180d      | missing
    `,
    ));
});

describe('customers', () => {
  it('counts different people, who returned, and how much depends on few', () =>
    check(
      [
        day(180, 'parcel 1 10 0', { customers: 'anna 100, bo 100' }),
        day(91, 'parcel 1 10 0', { customers: 'cai 50' }),
        day(90, 'parcel 1 10 0', { customers: 'anna 300, dong 100' }),
        day(1, 'parcel 1 10 0', { customers: 'cai 200, anna 300, er 100' }),
      ],
      // Of anna, cai, dong, er two had come before; (600² + 200² + 2 × 100²) ÷ 1000².
      `
      distinct_customers_90d       | 4
      returning_customer_share_90d | 0.5
      customer_concentration_90d   | 0.42
    `,
    ));

  it('scales a sampled day up to its crowd', () => {
    const low = { hash: 5, count: 1, turnoverMinor: 100 };
    const high = { hash: 2 ** 31 + 7, count: 1, turnoverMinor: 900 };
    const sampled = { hashCeiling: 2 ** 31, customers: [low] };
    const whole = { hashCeiling: 2 ** 32, customers: [low, high] };
    check(
      [
        { ...day(1, 'parcel 1 10 0'), customers: sampled },
        { ...day(2, 'parcel 1 10 0'), customers: whole },
      ],
      // Half of all hashes are sampled, so one seen stands for two; the high one is outside the sample.
      `
      distinct_customers_90d       | 2
      customer_concentration_90d   | 0.5
      returning_customer_share_90d | missing
    `,
    );
  });

  it('takes the counterparties of a plain account for no customers', () =>
    check(
      [day(1, 'transfer_in 1 100 0', { customers: 'employer 100' })],
      `
      distinct_customers_90d     | missing
      customer_concentration_90d | missing
    `,
    ));
});

describe('cash flow and balances', () => {
  // Months of 30 days: +2,000 with 500 out; then a bad one, 500 in and 1,500 out.
  const account = [
    day(90, 'transfer_in 1 2000 0', { closing: 2000 }),
    day(80, 'transfer_out 1 0 500', { closing: 1500 }),
    day(60, 'transfer_in 1 2000 0', { closing: 3500 }),
    day(50, 'transfer_out 1 0 500', { closing: 3000 }),
    day(30, 'transfer_in 1 500 0', { closing: 3500, lowest: 2900 }),
    day(20, 'operating_expense 1 0 1500; interest 1 0 10; fee 1 0 20', { closing: -500, lowest: -700 }),
    day(10, 'transfer_in 1 1000 0', { closing: 500 }),
  ];
  it('takes transfers of a plain account for its cash flow', () =>
    check(
      account,
      // In 5500, out 2530. Months' net: 1500, 1500, −30, over a mean inflow of 5500 ÷ 3.
      `
      net_cash_flow_margin_180d          | 0.369863
      negative_months_share_365d         | 0.333333
      worst_month_to_monthly_inflow_365d | -0.016364
      interest_charged_days_365d         | 1
      owner_draw_share_180d              | missing
      monthly_commission_180d            | missing
      refund_rate_180d                   | missing
      purchase_order_share_180d          | missing
      effective_trade_kinds_180d         | missing
    `,
    ));

  it('carries a balance through days without transactions', () =>
    check(
      account,
      // 10 × 2000 + 20 × 1500 + 10 × 3500 + 20 × 3000 + 10 × 3500 + 10 × −500 + 10 × 500 = 180,000 over 90
      // days: 2000, against 1833.33 a month. The lowest is −700.
      `
      average_balance_to_monthly_inflow_90d | 1.090909
      lowest_balance_to_monthly_inflow_180d | -0.381818
      lowest_to_average_balance_180d        | -0.35
      balance_trend_180d                    | missing
    `,
    ));

  it('counts what is held in installments asked for', () =>
    check(
      account,
      // 9,000 over 12 months: 750 each. The last balance is 500, the lowest −700; under 1,500 for 10 days at
      // −500 and 10 at 500, of 90. A balance of just two installments is not under them.
      `
      latest_balance_to_installment             | 0.666667
      lowest_balance_to_installment_180d        | -0.933333
      balance_under_two_installments_share_180d | 0.222222
    `,
      { ...facts, requestedPrincipalMinor: 9_000 },
    ));

  it('holds an account that had nothing on average for the worst swing', () =>
    check(
      [day(40, 'transfer_in 1 100 0', { closing: -300 }), day(20, 'transfer_in 1 400 0', { closing: 100 })],
      'lowest_to_average_balance_180d | -16',
    ));

  it('loses a balance on a day with transactions that states none', () =>
    check(
      [day(90, 'transfer_in 1 2000 0', { closing: 2000 }), day(75, 'transfer_out 1 0 100')],
      // Known on 15 of 90 days: less than a quarter.
      `
      average_balance_to_monthly_inflow_90d | missing
      lowest_balance_to_monthly_inflow_180d | missing
      lowest_to_average_balance_180d        | missing
      latest_balance_to_installment         | missing
      lowest_balance_to_installment_180d    | missing
      balance_under_two_installments_share_180d | missing
    `,
    ));

  it('compares the balance with that of the quarter before', () =>
    check(
      [day(180, 'transfer_in 1 600 0', { closing: 600 }), day(90, 'transfer_out 1 0 300', { closing: 300 })],
      // 300 − 600 over 600 × 30 ÷ 180 a month.
      'balance_trend_180d | -3',
    ));

  it('brings what nothing carries to the bound', () =>
    check(
      [day(40, 'parcel 1 100 0'), day(39, 'operating_expense 1 0 500', { closing: 0 })],
      `
      installment_to_monthly_net_cash_flow_365d | 16
      latest_balance_to_installment             | 0
      principal_to_monthly_inflow_365d          | 128
    `,
    ));
});

describe('tenure, training and the person', () => {
  it('counts passed hours completed before the day', () =>
    check(
      steady,
      `
      station_age_days      | 365
      stage_level           | 1
      training_hours_passed | 24
      returned_to_village   | 1
    `,
      {
        ...facts,
        entrepreneur: {
          returnedToVillage: true,
          training: [
            { course: 'shop', hours: 24, passed: true, completedOn: '2026-02-28' },
            { course: 'ads', hours: 40, passed: false, completedOn: '2026-01-01' },
            { course: 'late', hours: 8, passed: true, completedOn: '2026-03-01' },
          ],
        },
      },
    ));

  it('leaves out what is unknown', () =>
    check(
      steady,
      `
      station_age_days      | missing
      stage_level           | missing
      training_hours_passed | missing
      returned_to_village   | missing
      requested_term_months | missing
      principal_to_monthly_inflow_365d | missing
      installment_to_monthly_net_cash_flow_365d | missing
      latest_balance_to_installment | missing
      balance_under_two_installments_share_180d | missing
    `,
      {
        requestedPrincipalMinor: null,
        requestedTermMonths: null,
        indicativeAnnualRateBps: 0,
        station: { openedOn: null, stage: null },
        entrepreneur: null,
      },
    ));

  it('knows nothing of a history that has not begun', () => {
    const values = Object.entries(valuesOf([], { ...facts, entrepreneur: null }));
    const known = values.filter(([, value]) => !Number.isNaN(value)).map(([name]) => name);
    expect(known).toEqual(['station_age_days', 'stage_level', 'requested_term_months']);
  });
});
