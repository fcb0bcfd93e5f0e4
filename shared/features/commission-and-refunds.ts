import type { FeatureDefinition } from './feature-definition.ts';
import { kindSum, MONTH_DAYS, windowSum } from './history-view.ts';

/** What the station earns by its trade, and what it has to give back. NaN in a plain account. */
export const commissionAndRefundFeatures = [
  {
    name: 'monthly_commission_180d',
    unit: 'minor_units_per_month',
    windowDays: 180,
    riskDirection: 'decreasing',
    minimum: 0,
    maximum: 2 ** 40,
    action: null,
    hurts: {
      zh: '每月佣金收入低',
      en: 'Low commission income per month',
    },
    compute: (view) =>
      view.plainAccount
        ? Number.NaN
        : (kindSum(view, 'commission', 'inflowMinor', 2) * MONTH_DAYS) /
          Math.max(MONTH_DAYS, Math.min(180, view.days)),
  },
  {
    name: 'commission_per_transaction_180d',
    unit: 'minor_units',
    windowDays: 180,
    riskDirection: 'decreasing',
    minimum: 0,
    maximum: 2 ** 40,
    action: null,
    hurts: {
      zh: '单笔业务的佣金低',
      en: 'Little commission for each transaction',
    },
    // A commission line is income of a transaction, not a transaction more. Who reports nothing but
    // commissions has no transactions to spread them over.
    compute: (view) => {
      const served = windowSum(view.transactions, 180) - kindSum(view, 'commission', 'count', 2);
      return view.plainAccount || served === 0
        ? Number.NaN
        : kindSum(view, 'commission', 'inflowMinor', 2) / served;
    },
  },
  {
    name: 'refund_rate_180d',
    unit: 'share',
    windowDays: 180,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 1,
    action: {
      step: 0.001,
      reachable: (value) => value / 2,
      improve: {
        zh: '把好货品和订单质量关，使退款占收入的比例不高于{target}',
        en: 'Check goods and orders, so that refunds take no more than {target} of income',
      },
    },
    hurts: {
      zh: '退款占收入的比例高',
      en: 'A large share of income is refunded',
    },
    compute: (view) =>
      view.plainAccount
        ? Number.NaN
        : kindSum(view, 'refund', 'outflowMinor', 2) / windowSum(view.businessInflowMinor, 180),
  },
  {
    name: 'reversal_rate_180d',
    unit: 'share',
    windowDays: 180,
    riskDirection: 'increasing',
    minimum: 0,
    maximum: 1,
    action: null,
    hurts: {
      zh: '被冲正的交易多',
      en: 'Many transactions were reversed',
    },
    compute: (view) => {
      const reversed = windowSum(view.reversals, 180);
      return reversed / (reversed + windowSum(view.transactions, 180));
    },
  },
] as const satisfies readonly FeatureDefinition[];
