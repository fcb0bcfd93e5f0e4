import type { BusinessDate } from '../calendar.ts';
import type { AccountCode } from './chart-of-accounts.ts';

export const movementKinds = [
  'disbursement_instructed',
  'disbursement_voided',
  'disbursement_posted',
  'interest_accrued',
  'penalty_accrued',
  'interest_suspended',
  'interest_restored',
  'fee_assessed',
  'waiver',
  'repayment',
  'credit_applied',
  'credit_refunded',
  'interest_capitalized',
  'charge_off',
  'recovery',
  'guarantee_claim_paid',
] as const;
export type MovementKind = (typeof movementKinds)[number];

/**
 * What moves between the accounts of one loan on one day; becomes one journal entry. The amounts of `moves`
 * plus the balancing account's make zero.
 */
export interface Movement {
  readonly kind: MovementKind;
  readonly businessDate: BusinessDate;
  /** The event behind it; null when the calendar moved it. */
  readonly eventId: string | null;
  /** Debit positive. Zero amounts are left out. */
  readonly moves: readonly { readonly account: AccountCode; readonly amountMinor: number }[];
  /** Takes minus the sum of `moves`. Lenders settle among themselves where nothing else balances. */
  readonly balancing: AccountCode;
}
