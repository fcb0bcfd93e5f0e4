import { type BusinessDate, endOfMonth, nextMonthEnd } from '../../shared/domain/calendar.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import { replayLoan } from '../../shared/domain/lending/loan.ts';
import { advanceLoan, recordSnapshot } from '../../shared/domain/lending/loan-record.ts';
import { type LoanSnapshot, snapshotOf } from '../../shared/domain/lending/loan-snapshot.ts';
import type { LoanStore } from '../../shared/store/loans.ts';
import type { ProgramLoans } from '../../shared/store/program-loans.ts';
import type { ReservationStore } from '../../shared/store/reservations.ts';

export interface AgeProgramDependencies {
  readonly loans: Pick<LoanStore, 'get' | 'readEvents' | 'commit'>;
  readonly listed: Pick<ProgramLoans, 'snapshots' | 'agedThrough' | 'markAged' | 'putMonthEnd'>;
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
  readonly entries: number;
  readonly monthEnds: number;
  /** Expired offers whose capital went back. */
  readonly released: number;
}

const LOANS_AT_ONCE = 8;
const COMMIT_ATTEMPTS_MAX = 8;
const BACKOFF_MS_FIRST = 5;

interface OfProgram {
  readonly lender: string;
  readonly programId: string;
}

/**
 * Let a program's loans age through every day up to `until`, keep its month ends, and give back what expired
 * offers had reserved. Within a step a loan ages day by day from its own day, so a run that was missed, repeated
 * or cut short leaves the same loans as one run a night: what is aged already is passed over.
 */
export async function ageProgram(
  input: OfProgram & { readonly until: BusinessDate },
  dependencies: AgeProgramDependencies,
): Promise<AgeingReport> {
  const { listed, reservations, nowMs } = dependencies;
  const { lender, programId, until } = input;
  const report = { aged: 0, entries: 0, monthEnds: 0, released: 0 };
  const before = await listed.agedThrough(lender, programId);
  let snapshots = await listed.snapshots(lender, programId);
  for (const day of daysToStopAt(before ?? firstDayOf(snapshots), until)) {
    const aged = await ageLoans(input, snapshots, day, dependencies);
    snapshots = aged.snapshots;
    report.aged += aged.aged;
    report.entries += aged.entries;
    if (day === endOfMonth(day)) {
      await listed.putMonthEnd(
        lender,
        programId,
        day,
        await snapshotsOn(input, snapshots, day, dependencies),
      );
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
  const results: { snapshot: LoanSnapshot; entries: number; aged: boolean }[] = [];
  for (let start = 0; start < snapshots.length; start += LOANS_AT_ONCE) {
    const some = snapshots.slice(start, start + LOANS_AT_ONCE);
    results.push(...(await Promise.all(some.map((loan) => ageOne(input, loan, day, dependencies)))));
  }
  return {
    snapshots: results.map(({ snapshot }) => snapshot),
    aged: results.filter(({ aged }) => aged).length,
    entries: results.reduce((sum, { entries }) => sum + entries, 0),
  };
}

/** Only a loan that is out ages; the rest waits for an event. */
async function ageOne(
  { lender, programId }: OfProgram,
  listed: LoanSnapshot,
  day: BusinessDate,
  { loans, nowMs, random, sleep }: AgeProgramDependencies,
) {
  if (listed.status !== 'active' || listed.asOf >= day) return { snapshot: listed, entries: 0, aged: false };
  for (let attempt = 1; ; attempt += 1) {
    const before = await loans.get(lender, programId, listed.loanId);
    if (before === undefined) throw new DomainError('corrupt_record', 'a program lists a loan that is not');
    const { state } = before.record;
    if (state.status !== 'active' || state.asOf >= day) {
      return { snapshot: recordSnapshot(before.record), entries: 0, aged: false };
    }
    const { record, entries } = advanceLoan(before.record, day);
    const result = await loans.commit({
      lender,
      before,
      after: record,
      entries,
      event: null,
      request: null,
      nowMs: nowMs(),
    });
    if (result.kind === 'committed') {
      return { snapshot: recordSnapshot(record), entries: entries.length, aged: true };
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
