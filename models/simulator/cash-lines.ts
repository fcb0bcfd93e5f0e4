import type { TransactionChannel, TransactionKind } from '../../shared/domain/transaction.ts';
import type { StationState } from './station-state.ts';

/** One sort of movement of the station's money, and how it looks when it is reported. */
export interface CashLine {
  readonly kind: TransactionKind;
  /** Bought in the morning, traded over the counter, settled at closing: tills are never negative. */
  readonly phase: 'morning' | 'counter' | 'closing';
  readonly channel: TransactionChannel;
  readonly party: 'customer' | 'platform' | 'supplier' | 'carrier' | 'household' | 'lender' | 'bank' | 'none';
  /** Standard deviation of the logarithm of single amounts. */
  readonly spread: number;
}

const line = (
  kind: TransactionKind,
  phase: CashLine['phase'],
  channel: TransactionChannel,
  party: CashLine['party'],
  spread = 0.5,
): CashLine => ({ kind, phase, channel, party, spread });

export const cashLines = {
  onlineOrder: line('purchase_order', 'counter', 'app', 'customer', 0.8),
  shelfSale: line('purchase_order', 'counter', 'counter', 'customer', 0.7),
  // What passes through leaves under the kind it came for, so that kinds other than transfers add up to the
  // profit of the trade, and transfers are the household's and the lender's.
  orderSettlement: line('stock_purchase', 'closing', 'bank', 'platform'),
  billSettlement: line('bill_payment', 'closing', 'bank', 'platform'),
  bookingSettlement: line('service_booking', 'closing', 'bank', 'platform'),
  produceBought: line('stock_purchase', 'morning', 'counter', 'supplier', 0.4),
  produceSold: line('produce_sale', 'counter', 'app', 'customer', 0.6),
  restocking: line('stock_purchase', 'morning', 'bank', 'supplier', 0.3),
  parcel: line('parcel', 'counter', 'counter', 'customer', 0.4),
  carrier: line('operating_expense', 'closing', 'bank', 'carrier'),
  bill: line('bill_payment', 'counter', 'counter', 'customer', 0.6),
  booking: line('service_booking', 'counter', 'phone', 'customer', 0.6),
  commission: line('commission', 'counter', 'bank', 'platform'),
  refund: line('refund', 'closing', 'app', 'customer', 0.6),
  overhead: line('operating_expense', 'morning', 'bank', 'none', 0.6),
  lateOverhead: line('operating_expense', 'closing', 'bank', 'none', 0.6),
  platformFee: line('fee', 'morning', 'bank', 'platform'),
  bankInterest: line('interest', 'counter', 'bank', 'bank'),
  householdDraw: line('transfer_out', 'closing', 'bank', 'household'),
  householdHelp: line('transfer_in', 'morning', 'bank', 'household'),
  disbursal: line('transfer_in', 'morning', 'bank', 'lender'),
  investment: line('stock_purchase', 'closing', 'bank', 'supplier', 0.3),
  investedExpense: line('operating_expense', 'closing', 'bank', 'none', 0.3),
  clearance: line('purchase_order', 'counter', 'counter', 'customer', 0.5),
  installment: line('transfer_out', 'closing', 'bank', 'lender'),
} as const satisfies Record<string, CashLine>;

/** Receives every movement of a day; without one, the same day passes and only the balances are kept. */
export interface DayEmitter {
  /** `count` movements that add up to `totalMinor` (inflow positive). */
  movement(line: CashLine, count: number, totalMinor: number): void;
}

/** The only way money enters or leaves a station, so that transactions and balance cannot disagree. */
export function post(
  state: StationState,
  emit: DayEmitter | null,
  cashLine: CashLine,
  count: number,
  totalMinor: number,
): void {
  if (totalMinor === 0) return;
  state.cashMinor += totalMinor;
  if (emit !== null) emit.movement(cashLine, count, totalMinor);
}

/** Pays as much of `amountMinor` as the till holds above `keepMinor`; returns what was paid. */
export function payUpTo(
  state: StationState,
  emit: DayEmitter | null,
  cashLine: CashLine,
  amountMinor: number,
  keepMinor: number,
): number {
  const paid = Math.round(Math.max(0, Math.min(amountMinor, state.cashMinor - keepMinor)));
  if (paid > 0) post(state, emit, cashLine, 1, -paid);
  return paid;
}
