import type { Sentences } from '../domain/decision.ts';
import type { TransactionKind } from '../domain/transaction.ts';
import type { FeatureDefinition } from './feature-definition.ts';
import { type HistoryView, kindSum, kindTurnoverMinor } from './history-view.ts';
import { growthRate } from './statistics.ts';

/** What a station offers its village. A plain account has none of it, and every feature here is NaN. */
const offeredKinds = [
  'purchase_order',
  'produce_sale',
  'parcel',
  'bill_payment',
  'service_booking',
] as const satisfies readonly TransactionKind[];
type OfferedKind = (typeof offeredKinds)[number];

/** By money where goods change hands, by number where the money belongs to a courier or a utility. */
type Measure = 'turnover' | 'count';

function measured(
  view: HistoryView,
  kind: OfferedKind,
  measure: Measure,
  quarters: number,
  endingQuartersAgo = 0,
): number {
  return measure === 'turnover'
    ? kindTurnoverMinor(view, kind, quarters, endingQuartersAgo)
    : kindSum(view, kind, 'count', quarters, endingQuartersAgo);
}

/** Share of one kind among all that is offered, 180 days. What a village needs differs: no risk direction. */
function shareOfOffered<const Name extends string>(
  name: Name,
  kind: OfferedKind,
  measure: Measure,
  hurts: Sentences,
) {
  return {
    name,
    unit: 'share',
    windowDays: 180,
    riskDirection: 'none',
    minimum: 0,
    maximum: 1,
    action: null,
    hurts,
    compute: (view) => {
      let total = 0;
      for (const offered of offeredKinds) total += measured(view, offered, measure, 2);
      return measured(view, kind, measure, 2) / total;
    },
  } as const satisfies FeatureDefinition;
}

/** Growth of one kind, 90 days against the 90 before; NaN where neither has any, or under 180 days of history. */
function growthOfKind<const Name extends string>(
  name: Name,
  kind: OfferedKind,
  measure: Measure,
  hurts: Sentences,
) {
  return {
    name,
    unit: 'growth_rate',
    windowDays: 180,
    riskDirection: 'decreasing',
    minimum: -2,
    maximum: 2,
    action: null,
    hurts,
    compute: (view) =>
      view.days < 180
        ? Number.NaN
        : growthRate(measured(view, kind, measure, 1), measured(view, kind, measure, 1, 1)),
  } as const satisfies FeatureDefinition;
}

/** What the station sells and serves, and which of it grows. */
export const tradeFeatures = [
  shareOfOffered('purchase_order_share_180d', 'purchase_order', 'turnover', {
    zh: '代购在业务额中的占比不利于评分',
    en: 'The share of goods ordered for villagers in turnover counts against the score',
  }),
  shareOfOffered('produce_sale_share_180d', 'produce_sale', 'turnover', {
    zh: '土货进城在业务额中的占比不利于评分',
    en: 'The share of produce sold to the city in turnover counts against the score',
  }),
  shareOfOffered('parcel_share_180d', 'parcel', 'count', {
    zh: '快递包裹在业务笔数中的占比不利于评分',
    en: 'The share of parcels among transactions counts against the score',
  }),
  shareOfOffered('bill_payment_share_180d', 'bill_payment', 'count', {
    zh: '代缴费在业务笔数中的占比不利于评分',
    en: 'The share of bill payments among transactions counts against the score',
  }),
  shareOfOffered('service_booking_share_180d', 'service_booking', 'count', {
    zh: '服务预约在业务笔数中的占比不利于评分',
    en: 'The share of service bookings among transactions counts against the score',
  }),
  {
    name: 'effective_trade_kinds_180d',
    unit: 'transaction_kinds',
    windowDays: 180,
    riskDirection: 'decreasing',
    minimum: 1,
    maximum: 5,
    action: {
      step: 0.5,
      reachable: (value) => value + 1,
      improve: {
        zh: '丰富经营种类（代购、土货进城、快递、代缴费、服务预约），使均衡业务种类达到{target}种',
        en: 'Offer more kinds of service (orders, produce, parcels, bills, bookings), to the equal of {target} even kinds',
      },
    },
    hurts: {
      zh: '业务种类单一',
      en: 'Business rests on few kinds of service',
    },
    // Hill number of order 2 (inverse Simpson index): n kinds of equal number count as n.
    compute: (view) => {
      let total = 0;
      let squares = 0;
      for (const kind of offeredKinds) {
        const count = kindSum(view, kind, 'count', 2);
        total += count;
        squares += count * count;
      }
      return (total * total) / squares;
    },
  },
  growthOfKind('purchase_order_growth_90d', 'purchase_order', 'turnover', {
    zh: '代购业务下降或增长乏力',
    en: 'Goods ordered for villagers are shrinking or hardly growing',
  }),
  growthOfKind('produce_sale_growth_90d', 'produce_sale', 'turnover', {
    zh: '土货进城业务下降或增长乏力',
    en: 'Produce sold to the city is shrinking or hardly growing',
  }),
  growthOfKind('parcel_growth_90d', 'parcel', 'count', {
    zh: '快递包裹业务下降或增长乏力',
    en: 'Parcels are shrinking or hardly growing',
  }),
  growthOfKind('bill_payment_growth_90d', 'bill_payment', 'count', {
    zh: '代缴费业务下降或增长乏力',
    en: 'Bill payments are shrinking or hardly growing',
  }),
  growthOfKind('service_booking_growth_90d', 'service_booking', 'count', {
    zh: '服务预约业务下降或增长乏力',
    en: 'Service bookings are shrinking or hardly growing',
  }),
] as const satisfies readonly FeatureDefinition[];
