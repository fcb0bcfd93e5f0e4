import {
  addDays,
  type BusinessDate,
  businessDateOf,
  DEFAULT_TIME_ZONE,
  endOfMonth,
  nextMonthEnd,
} from '../../shared/domain/calendar.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import { replayLoan } from '../../shared/domain/lending/loan.ts';
import { advanceLoan, recordSnapshot } from '../../shared/domain/lending/loan-record.ts';
import { type LoanSnapshot, snapshotOf } from '../../shared/domain/lending/loan-snapshot.ts';
import type { LoanStore } from '../../shared/store/loans.ts';
import type { ProgramLoans } from '../../shared/store/program-loans.ts';
import type { ReservationStore } from '../../shared/store/reservations.ts';
import { type SettleSalesDependencies, settleSales } from './settle-sales.ts';

export interface AgeProgramDependencies extends Omit<SettleSalesDependencies, 'loans'> {
  readonly loans: Pick<LoanStore, 'get' | 'readEvents' | 'readHistory' | 'commit'>;
  readonly listed: Pick<ProgramLoans, 'live' | 'endedSince' | 'agedThrough' | 'markAged' | 'putMonthEnd'>;
  readonly reservations: Pick<ReservationStore, 'listExpired' | 'release'>;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** 0 up to 1, for jitter alone. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface AgeingReport {
  readonly programId: string;
  readonly agedThrough: BusinessDate;
  /** Loans that were written, each once for every month passed. */
  readonly aged: number;
  /** Days of sales that were settled on sales-linked loans. */
  readonly settled: number;
  readonly entries: number;
  readonly monthEnds: number;
  /** Expired offers whose capital went back. */
  readonly released: number;
}

const LOANS_AT_ONCE = 8;
const EARLIEST = '0000-01-01';
const COMMIT_ATTEMPTS_MAX = 8;
const BACKOFF_MS_FIRST = 5;

interface OfProgram {
  readonly lender: string;
  /** Whose stations the program's borrowers run. */
  readonly platform: string;
  readonly programId: string;
}

/**
 * Let a program's live loans age through every day up to `until`, settle the sales that some of them follow, keep its
 * month ends, and give back what expired offers had reserved. Loans that ended are read at month ends alone, those of
 * the month. Within a step a loan ages day by day from its own day, so a run that was missed, repeated
 * or cut short leaves the same loans as one run a night: what is aged already is passed over.
 */
export async function ageProgram(
  input: OfProgram & { readonly until: BusinessDate },
  dependencies: AgeProgramDependencies,
): Promise<AgeingReport> {
  const { listed, reservations, nowMs } = dependencies;
  const { lender, programId, until } = input;
  const report = { aged: 0, settled: 0, entries: 0, monthEnds: 0, released: 0 };
  const before = await listed.agedThrough(lender, programId);
  let live = await listed.live(lender, programId);
  const since = before ?? firstDayOf([...live, ...(await listed.endedSince(lender, programId, EARLIEST))]);
  for (const day of daysToStopAt(since, until)) {
    const aged = await ageLoans(input, live, day, dependencies);
    live = aged.snapshots;
    report.aged += aged.aged;
    report.settled += aged.settled;
    report.entries += aged.entries;
    if (day === endOfMonth(day)) {
      const stood = await snapshotsOn(
        input,
        await ofMonth(input, live, day, dependencies),
        day,
        dependencies,
      );
      await listed.putMonthEnd(lender, programId, day, stood);
      report.monthEnds += 1;
    }
    await listed.markAged(lender, programId, day);
  }
  for (const held of await reservations.listExpired(lender, programId, until)) {
    if (await reservations.release(lender, programId, held, nowMs())) report.released += 1;
  }
  return { programId, agedThrough: before !== undefined && before > until ? before : until, ...report };
}

/** The day of the program's least aged loan: nothing happened before it. */
function firstDayOf(snapshots: readonly LoanSnapshot[]): BusinessDate | undefined {
  return snapshots.map((loan) => loan.asOf).toSorted()[0];
}

/** The loans that were live at some time of a day's month, as they stand now. */
async function ofMonth(
  { lender, programId }: OfProgram,
  live: readonly LoanSnapshot[],
  day: BusinessDate,
  { listed }: AgeProgramDependencies,
): Promise<LoanSnapshot[]> {
  const ended = await listed.endedSince(lender, programId, `${day.slice(0, 8)}01`);
  // A loan that ended while this run read it stands in both.
  return [...new Map([...live, ...ended].map((loan) => [loan.loanId, loan])).values()];
}

/** The month ends after a day, and the last day. */
function daysToStopAt(after: BusinessDate | undefined, until: BusinessDate): BusinessDate[] {
  if (after === undefined) return [until];
  const days: BusinessDate[] = [];
  for (let day = nextMonthEnd(after); day < until; day = nextMonthEnd(day)) days.push(day);
  return after < until ? [...days, until] : days;
}

async function ageLoans(
  input: OfProgram,
  snapshots: readonly LoanSnapshot[],
  day: BusinessDate,
  dependencies: AgeProgramDependencies,
) {
  const results: AgedLoan[] = [];
  for (let start = 0; start < snapshots.length; start += LOANS_AT_ONCE) {
    const some = snapshots.slice(start, start + LOANS_AT_ONCE);
    results.push(...(await Promise.all(some.map((loan) => ageOne(input, loan, day, dependencies)))));
  }
  return {
    snapshots: results.map(({ snapshot }) => snapshot),
    aged: results.filter(({ aged }) => aged).length,
    settled: results.reduce((sum, { settled }) => sum + settled, 0),
    entries: results.reduce((sum, { entries }) => sum + entries, 0),
  };
}

interface AgedLoan {
  readonly snapshot: LoanSnapshot;
  readonly settled: number;
  readonly entries: number;
  readonly aged: boolean;
}

/** Only a loan that is out ages; the rest waits for an event. */
async function ageOne(
  { lender, platform, programId }: OfProgram,
  listed: LoanSnapshot,
  day: BusinessDate,
  dependencies: AgeProgramDependencies,
): Promise<AgedLoan> {
  const { loans, nowMs, random, sleep } = dependencies;
  const followsSales = listed.repaymentMethod === 'sales_linked';
  const done = { settled: 0, entries: 0 };
  if (listed.status !== 'active' || (listed.asOf >= day && !followsSales)) {
    return { snapshot: listed, ...done, aged: false };
  }
  for (let attempt = 1; ; attempt += 1) {
    const before = await loans.get(lender, programId, listed.loanId);
    if (before === undefined) throw new DomainError('corrupt_record', 'a program lists a loan that is not');
    const over = addDays(businessDateOf(nowMs(), DEFAULT_TIME_ZONE), -1);
    const sales = await settleSales(
      { lender, platform, before, day, through: over < day ? over : day },
      dependencies,
    );
    done.settled += sales.settlements;
    done.entries += sales.entries;
    if (sales.kind === 'settled') {
      const { loan } = sales;
      const { state } = loan.record;
      if (state.status !== 'active' || state.asOf >= day) {
        return { snapshot: recordSnapshot(loan.record), ...done, aged: done.settled > 0 };
      }
      const { record, entries } = advanceLoan(loan.record, day);
      const result = await loans.commit({
        lender,
        before: loan,
        after: record,
        entries,
        event: null,
        request: null,
        nowMs: nowMs(),
      });
      if (result.kind === 'committed') {
        return {
          snapshot: recordSnapshot(record),
          settled: done.settled,
          entries: done.entries + entries.length,
          aged: true,
        };
      }
    }
    if (attempt === COMMIT_ATTEMPTS_MAX) {
      throw new DomainError('too_many_requests', `${listed.loanId} is busy: run the ageing again`);
    }
    await sleep(random() * BACKOFF_MS_FIRST * 2 ** attempt);
  }
}

/** Loans as they stood on a day: of one that has gone on since, as its log says. */
async function snapshotsOn(
  { lender }: OfProgram,
  snapshots: readonly LoanSnapshot[],
  day: BusinessDate,
  { loans }: AgeProgramDependencies,
): Promise<LoanSnapshot[]> {
  const stood: LoanSnapshot[] = [];
  for (const snapshot of snapshots) {
    if (snapshot.asOf <= day) {
      stood.push({ ...snapshot, asOf: day });
      continue;
    }
    const log = (await loans.readEvents(lender, snapshot.loanId)).map(({ event }) => event);
    const agreed = log.some((event) => event.type === 'contract_accepted' && event.businessDate <= day);
    if (agreed) stood.push(snapshotOf(replayLoan(log, day).state, snapshot.countyId));
  }
  return stood;
}
