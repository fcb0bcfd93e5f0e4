import { mulDivMinor } from '../domain/money.ts';
import type { FeatureDefinition } from './feature-definition.ts';
import { type HistoryView, kindSum, MONTH_DAYS, periodSums, windowSum } from './history-view.ts';
import { mean } from './statistics.ts';

export interface MonthlyCashFlow {
  /** Average over the observed days of the last year, in minor units per month of 30.4375 days. */
  readonly monthlyInflowMinor: number;
  readonly monthlyOutflowMinor: number;
  /** The part of the outflow that stays when sales fall: running expenses, fees, interest. */
  readonly monthlyFixedOutflowMinor: number;
  /** Complete months observed, 0 to 12. */
  readonly observedMonths: number;
}

/**
 * Business cash flow of an average month, for affordability; null without history. Transfers count only in
 * a plain account (see HistoryView): an owner's top-up is not income, and what an owner draws is what the
 * policy's share of net cash flow leaves them. Less than one month of history is not extrapolated to a month.
 * What trade pays out (stock, growers, bills passed on) falls with sales; in a plain account, where trade cannot
 * be told from the rest, all outflow is held to be fixed.
 */
export function averageMonthlyCashFlow(view: HistoryView): MonthlyCashFlow | null {
  if (view.days === 0) return null;
  const days = Math.min(365, view.days);
  // 30.4375 days, a twelfth of a Julian year, is 487 / 16.
  const perMonth = (sumMinor: number) => mulDivMinor(sumMinor, 487, 16 * Math.max(31, days));
  return {
    monthlyInflowMinor: perMonth(windowSum(view.businessInflowMinor, days)),
    monthlyOutflowMinor: perMonth(windowSum(view.businessOutflowMinor, days)),
    monthlyFixedOutflowMinor: perMonth(windowSum(view.fixedOutflowMinor, days)),
    observedMonths: Math.floor(days / 30.4),
  };
}

/** Net business cash flow of the complete 30-day months of the last 360 days, newest first. */
function monthlyNetMinor(view: HistoryView): number[] {
  const outflows = periodSums(view.businessOutflowMinor, MONTH_DAYS, 12);
  return periodSums(view.businessInflowMinor, MONTH_DAYS, 12).map(
    (inflow, month) => inflow - (outflows[month] ?? 0),
  );
}

/** What is left of what comes in. */
export const cashFlowFeatures = [
  {
    name: 'net_cash_flow_margin_180d',
    unit: 'growth_rate',
    windowDays: 180,
    riskDirection: 'decreasing',
    minimum: -1,
    maximum: 1,
    action: null,
    hurts: {
      zh: '支出接近或超过收入',
      en: 'Outgoings come close to income or exceed it',
    },
    // (in − out) ÷ (in + out): one to one with outflow ÷ inflow, but bounded when nothing comes in.
    compute: (view) => {
      const inflow = windowSum(view.businessInflowMinor, 180);
      const outflow = windowSum(view.businessOutflowMinor, 180);
      return (inflow - outflow) / (inflow + outflow);
    },
  },
  {
    name: 'negative_months_share_365d',
    unit: 'share',
    windowDays: 360,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 1,
    action: null,
    hurts: {
      zh: '较多月份入不敷出',
      en: 'In many months more went out than came in',
    },
    compute: (view) => {
      const months = monthlyNetMinor(view);
      return months.filter((net) => net < 0).length / months.length;
    },
  },
  {
    name: 'worst_month_to_monthly_inflow_365d',
    unit: 'ratio',
    windowDays: 360,
    riskDirection: 'decreasing',
    minimum: -16,
    maximum: 1,
    action: null,
    hurts: {
      zh: '最差月份的净现金流很低',
      en: 'The worst month left little or took much',
    },
    compute: (view) => {
      const inflow = mean(periodSums(view.businessInflowMinor, MONTH_DAYS, 12));
      return inflow > 0 ? Math.min(...monthlyNetMinor(view)) / inflow : Number.NaN;
    },
  },
  {
    name: 'owner_draw_share_180d',
    unit: 'share',
    windowDays: 180,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 1,
    action: {
      step: 0.01,
      reachable: (value) => value * 0.6,
      improve: {
        zh: '减少从经营账户的提款，使其占收入的比例不高于{target}',
        en: 'Draw less from the business, no more than {target} of its income',
      },
    },
    hurts: {
      zh: '从经营账户提走的资金占收入的比例高',
      en: 'A large share of income is drawn out of the business',
    },
    compute: (view) =>
      view.plainAccount
        ? Number.NaN
        : kindSum(view, 'transfer_out', 'outflowMinor', 2) / windowSum(view.businessInflowMinor, 180),
  },
  {
    name: 'interest_charged_days_365d',
    unit: 'days',
    windowDays: 365,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 365,
    action: null,
    hurts: {
      zh: '曾被收取透支或逾期利息',
      en: 'Interest was charged for an overdraft or a late payment',
    },
    compute: (view) => (view.days === 0 ? Number.NaN : windowSum(view.interestChargedDays, 365)),
  },
] as const satisfies readonly FeatureDefinition[];
