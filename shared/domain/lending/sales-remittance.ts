import { addDays, type BusinessDate, businessDateOf } from '../calendar.ts';
import type { DayBundle } from '../day-bundle.ts';
import { mulDivMinor } from '../money.ts';
import { standingRows } from '../summarize-day.ts';
import type { TransactionKind } from '../transaction.ts';
import type { LoanEventOf } from './loan-event.ts';
import type { Installment, LoanState } from './loan-state.ts';
import { salesRemittanceMinor } from './repayment-schedule.ts';

/** What customers pay a station for, and what they are paid back. Transfers, interest and fees are no sales. */
const salesKinds: ReadonlySet<TransactionKind> = new Set([
  'purchase_order',
  'produce_sale',
  'parcel',
  'bill_payment',
  'service_booking',
  'commission',
]);

/** The sales of a day in minor units: what came in, less refunds. Below zero when more was refunded than sold. */
export function salesInflowMinor(bundle: DayBundle): number {
  let inflowMinor = 0;
  for (const { kind, amountMinor } of standingRows(bundle)) {
    if (kind === 'refund') inflowMinor += amountMinor;
    else if (salesKinds.has(kind) && amountMinor > 0) inflowMinor += amountMinor;
  }
  return inflowMinor;
}

export interface SalesSettlement {
  readonly on: BusinessDate;
  /** What the records had added by the end of that day since the settlement before. Never 0. */
  readonly inflowMinor: number;
}

/**
 * The settlements after one day through another, from the days of a station that have changed since. A settlement
 * takes what was recorded by the end of its own day: rows keep the instant they were first held, so a settlement
 * made late, or made twice, is the one that would have been made that night. What is reported late is settled on
 * the day it came, and nothing falls due in the past.
 */
export function salesSettlements(
  bundles: readonly DayBundle[],
  after: BusinessDate,
  through: BusinessDate,
  timeZone: string,
): SalesSettlement[] {
  const added = new Map<BusinessDate, number>();
  for (const bundle of bundles) {
    const knownOn = (recordedAtMs: number): BusinessDate => {
      const recordedOn = businessDateOf(recordedAtMs, timeZone);
      return recordedOn < bundle.day ? bundle.day : recordedOn;
    };
    const inflowBy = (day: BusinessDate) =>
      salesInflowMinor({ ...bundle, rows: bundle.rows.filter((row) => knownOn(row.recordedAtMs) <= day) });
    let beforeMinor = inflowBy(after);
    const changes = new Set(bundle.rows.map((row) => knownOn(row.recordedAtMs)));
    for (const day of [...changes].filter((each) => each > after && each <= through).toSorted()) {
      const nowMinor = inflowBy(day);
      added.set(day, (added.get(day) ?? 0) + nowMinor - beforeMinor);
      beforeMinor = nowMinor;
    }
  }
  return [...added]
    .filter(([, inflowMinor]) => inflowMinor !== 0)
    .map(([on, inflowMinor]) => ({ on, inflowMinor }))
    .toSorted((a, b) => (a.on < b.on ? -1 : 1));
}

/**
 * Let a settlement fall due: the share of all sales so far, less what has been asked for, on the day after, when
 * the platform deducts it. It is taken from the coming lines of the calendar, which are floors: a month's floor is
 * what its remittances have left of it, and more than the floor goes towards the next. What was paid ahead counts.
 */
export function settleSales(state: LoanState, event: LoanEventOf<'sales_settled'>): void {
  const { repayment } = state.terms;
  if (repayment.method !== 'sales_linked') return;
  state.salesInflowMinor += event.inflowMinor;
  state.salesSettledThrough = event.businessDate;
  const floors = state.installments.filter((item) => !item.billed && item.salesThrough === null);
  const leftMinor = floors.reduce((sum, item) => sum + item.principalMinor + item.interestMinor, 0);
  const wantedMinor = salesRemittanceMinor(
    state.salesInflowMinor,
    repayment.inflowShareBps,
    state.salesDueMinor + leftMinor,
  );
  const askedMinor = wantedMinor - state.salesDueMinor;
  const next = floors[0];
  // Sales that were taken back are made up for by those to come: nothing that fell due is asked back.
  if (askedMinor <= 0 || next === undefined) return;
  state.salesDueMinor += askedMinor;
  const remittance: Installment = {
    ...next,
    dueOn: addDays(event.businessDate, 1),
    principalMinor: 0,
    interestMinor: 0,
    principalPaidMinor: 0,
    interestPaidMinor: 0,
    settledOn: null,
    salesThrough: event.businessDate,
  };
  let restMinor = askedMinor;
  for (const floor of floors) restMinor -= movePart(floor, remittance, restMinor);
  const place = state.installments.findIndex((item) => !item.billed && item.salesThrough === null);
  state.installments.splice(place, 0, remittance);
  for (const [index, item] of state.installments.entries()) item.number = index + 1;
  if (remittance.principalPaidMinor + remittance.interestPaidMinor === askedMinor) {
    remittance.settledOn = state.asOf;
  }
}

/** Move up to an amount of a floor, and what is paid of it, to a remittance; principal and charge side by side. */
function movePart(floor: Installment, remittance: Installment, amountMinor: number): number {
  const { principalMinor, interestMinor, principalPaidMinor, interestPaidMinor } = floor;
  const takenMinor = Math.min(amountMinor, principalMinor + interestMinor);
  if (takenMinor === 0) return 0;
  const wholly = takenMinor <= principalPaidMinor + interestPaidMinor;
  // Paid parts go along whole: a remittance that was paid ahead is paid, to the unit.
  const interestLeast = wholly
    ? Math.max(0, takenMinor - principalPaidMinor)
    : Math.max(interestPaidMinor, takenMinor - principalMinor);
  const interestMost = wholly
    ? Math.min(takenMinor, interestPaidMinor)
    : Math.min(interestMinor, takenMinor - principalPaidMinor);
  const evenMinor = mulDivMinor(interestMinor, takenMinor, principalMinor + interestMinor);
  const interestTaken = Math.min(interestMost, Math.max(interestLeast, evenMinor));
  const principalTaken = takenMinor - interestTaken;
  const interestPaid = Math.min(interestPaidMinor, interestTaken);
  const principalPaid = Math.min(principalPaidMinor, principalTaken);
  floor.interestMinor -= interestTaken;
  floor.principalMinor -= principalTaken;
  floor.interestPaidMinor -= interestPaid;
  floor.principalPaidMinor -= principalPaid;
  remittance.interestMinor += interestTaken;
  remittance.principalMinor += principalTaken;
  remittance.interestPaidMinor += interestPaid;
  remittance.principalPaidMinor += principalPaid;
  return takenMinor;
}
