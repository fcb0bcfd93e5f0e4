import type { BusinessDate } from '../domain/calendar.ts';
import type { Entrepreneur } from '../domain/entrepreneur.ts';
import type { Station } from '../domain/station.ts';

/**
 * What features read besides the history: the request, the station, the person. Null is unknown (a plain
 * bank account has no stage; a portfolio re-scored at night has no request). A Station and an Entrepreneur
 * can be passed as they are.
 */
export interface RequestFacts {
  readonly requestedPrincipalMinor: number | null;
  readonly requestedTermMonths: number | null;
  /** Nominal annual rate at which the asked installment is reckoned before there is a price. 0 is interest-free. */
  readonly indicativeAnnualRateBps: number;
  readonly station: { readonly openedOn: BusinessDate | null; readonly stage: Station['stage'] | null };
  readonly entrepreneur: Pick<Entrepreneur, 'training' | 'returnedToVillage'> | null;
}

/** About what a county program charges. Training and decisions reckon with the same rate, so it is fixed. */
export const INDICATIVE_ANNUAL_RATE_BPS = 800;

/** Equal monthly installment in minor units, unrounded; NaN when the request is unknown. */
export function askedInstallmentMinor(facts: RequestFacts): number {
  const { requestedPrincipalMinor: principal, requestedTermMonths: months } = facts;
  if (principal === null || months === null) return Number.NaN;
  const monthlyRate = facts.indicativeAnnualRateBps / 10_000 / 12;
  if (monthlyRate === 0) return principal / months;
  return (principal * monthlyRate) / (1 - (1 + monthlyRate) ** -months);
}
