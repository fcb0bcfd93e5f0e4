import { addDays, type BusinessDate, startOfDayMs } from '../../shared/domain/calendar.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import type { LoanEventOf } from '../../shared/domain/lending/loan-event.ts';
import { receiptOf } from '../../shared/domain/lending/loan-receipt.ts';
import { needsNoLog, recordForward, recordWithLog } from '../../shared/domain/lending/loan-record.ts';
import type { LoanState } from '../../shared/domain/lending/loan-state.ts';
import { type SalesSettlement, salesSettlements } from '../../shared/domain/lending/sales-remittance.ts';
import type { DayBundleStore } from '../../shared/store/day-bundles.ts';
import type { LoanStore, StoredLoan } from '../../shared/store/loans.ts';
import type { StationStore } from '../../shared/store/stations.ts';

export interface SettleSalesDependencies {
  readonly loans: Pick<LoanStore, 'commit' | 'readHistory'>;
  readonly bundles: Pick<DayBundleStore, 'readSummaries' | 'get'>;
  readonly stations: Pick<StationStore, 'get'>;
  readonly nowMs: () => number;
}

export interface SalesOfLoan {
  readonly lender: string;
  readonly platform: string;
  readonly before: StoredLoan;
  /** The day the loan is being aged to. */
  readonly day: BusinessDate;
  /** The last day that is over: sales of a day are settled when it has ended. */
  readonly through: BusinessDate;
}

export interface SettledSales {
  /** `conflict`: the loan moved meanwhile; read it and settle again from there. */
  readonly kind: 'settled' | 'conflict';
  readonly settlements: number;
  readonly entries: number;
  readonly loan: StoredLoan;
}

/**
 * Record the settlements that a sales-linked loan waits for, each in its own step, in order of day. A settlement's
 * id is its day, so that a repeat finds it recorded. Loans of any other kind pass through.
 */
export async function settleSales(
  { lender, platform, before, day, through }: SalesOfLoan,
  dependencies: SettleSalesDependencies,
): Promise<SettledSales> {
  const { loans, nowMs } = dependencies;
  let loan = before;
  const done = { settlements: 0, entries: 0 };
  for (const { on, inflowMinor } of await salesToSettle(
    platform,
    before.record.state,
    through,
    dependencies,
  )) {
    const event: LoanEventOf<'sales_settled'> = {
      type: 'sales_settled',
      loanId: loan.record.state.loanId,
      eventId: `sales-${on}`,
      businessDate: on,
      inflowMinor,
    };
    const step = await stepOf(lender, loan, event, day, dependencies);
    // A loan that had ended by that day owes no share of its sales.
    if (step.result !== 'applied') continue;
    const recordedOn = step.record.state.asOf;
    const receipt = receiptOf(loan.record.state, step.record, event, recordedOn);
    const result = await loans.commit({
      lender,
      before: loan,
      after: step.record,
      entries: step.entries,
      event: { event, recordedOn, receipt },
      request: null,
      nowMs: nowMs(),
    });
    if (result.kind !== 'committed') return { kind: 'conflict', ...done, loan };
    loan = { version: loan.version + 1, record: step.record };
    done.settlements += 1;
    done.entries += step.entries.length;
  }
  return { kind: 'settled', ...done, loan };
}

async function stepOf(
  lender: string,
  loan: StoredLoan,
  event: LoanEventOf<'sales_settled'>,
  day: BusinessDate,
  { loans }: SettleSalesDependencies,
) {
  const { record } = loan;
  if (needsNoLog(record, event)) return recordForward(record, event, event.businessDate);
  const { log, journal } = await loans.readHistory(lender, loan);
  // Entered on a day that is still open: the days before it are closed.
  return recordWithLog(record, log, journal, event, day > record.state.asOf ? day : record.state.asOf);
}

async function salesToSettle(
  platform: string,
  state: LoanState,
  through: BusinessDate,
  { bundles, stations }: SettleSalesDependencies,
): Promise<SalesSettlement[]> {
  const { stationId } = state.contract;
  if (state.status !== 'active' || state.terms.repayment.method !== 'sales_linked') return [];
  const after = state.salesSettledThrough ?? state.anchorOn;
  if (stationId === undefined || after >= through) return [];
  const station = await stations.get(platform, stationId);
  if (station === undefined) {
    throw new DomainError('corrupt_record', `${state.loanId} follows the sales of a station that is not`);
  }
  const { timeZone } = station;
  const summaries = await bundles.readSummaries(platform, stationId, addDays(state.anchorOn, 1), through);
  const sinceMs = startOfDayMs(addDays(after, 1), timeZone);
  // Days that nothing was added to since the last settlement can only add nothing: their rows are not read.
  const changed = summaries.filter(
    ({ summary, recordedUntilMs }) => summary.day > after || recordedUntilMs >= sinceMs,
  );
  const stored = await Promise.all(
    changed.map(({ summary }) => bundles.get(platform, stationId, summary.day)),
  );
  return salesSettlements(
    stored.flatMap((each) => (each === undefined ? [] : [each.bundle])),
    after,
    through,
    timeZone,
  );
}
