import type { Journal } from '../../shared/domain/lending/ledger.ts';
import type { LoanContract } from '../../shared/domain/lending/loan-event.ts';
import type {
  LoanCommit,
  LoanCommitResult,
  LoanStore,
  RecordedEvent,
  StoredLoan,
} from '../../shared/store/loans.ts';
import type { CapitalPosition } from '../../shared/store/programs.ts';
import type { Reservation } from '../../shared/store/reservations.ts';

/** Nobody can say whether it happened: the caller must ask again with the same key. */
export class LostAnswer extends Error {}

export interface StoreFaults {
  /** 0 up to 1. */
  readonly random: () => number;
  /** Shares of commits that are lost before or after they took effect, or meet a conflict. */
  readonly lostBefore: number;
  readonly lostAfter: number;
  readonly conflict: number;
}

export interface InjectedFaults {
  lostBefore: number;
  lostAfter: number;
  conflicts: number;
}

export interface Approval {
  readonly id: number;
  readonly contract: LoanContract;
  /** Milliseconds since 1970. */
  readonly approvedAtMs: number;
}

/** A loan with all that is kept of it. */
export interface KeptLoan {
  readonly stored: StoredLoan;
  readonly events: readonly RecordedEvent[];
  readonly journal: Journal;
}

/** Every account that the store gives of what it holds. */
export interface StoreAccounts {
  readonly loans: readonly KeptLoan[];
  /** The days' books, summed by account. */
  readonly booksMinor: ReadonlyMap<string, number>;
  readonly capital: CapitalPosition;
}

/** What a simulated life asks of a store: in memory, or the table itself. */
export interface SimulatedStore
  extends Pick<LoanStore, 'get' | 'getEvent' | 'getReference' | 'readHistory' | 'firstResultId' | 'commit'> {
  readonly injected: InjectedFaults;
  /** Promise capital to an approval; false when there is not enough. Repeated, the same promise. */
  readonly promise: (approval: Approval) => Promise<boolean>;
  /** The approval’s offers ran out. */
  readonly release: (approval: Approval) => Promise<void>;
  /** What accepting an offer settles; undefined where nothing is kept of it. */
  readonly held: (approval: Approval) => Promise<Reservation | undefined>;
  readonly accounts: () => Promise<StoreAccounts>;
}

/** A commit on a network: lost on the way there or back, or met by another. */
export function faultyCommit(
  commit: (step: LoanCommit) => Promise<LoanCommitResult>,
  faults: StoreFaults,
  injected: InjectedFaults,
): (step: LoanCommit) => Promise<LoanCommitResult> {
  return async (step) => {
    const chance = faults.random();
    if (chance < faults.lostBefore) {
      injected.lostBefore += 1;
      throw new LostAnswer('the request was lost');
    }
    if (chance < faults.lostBefore + faults.conflict) {
      injected.conflicts += 1;
      return { kind: 'conflict' };
    }
    const result = await commit(step);
    if (chance > 1 - faults.lostAfter) {
      injected.lostAfter += 1;
      throw new LostAnswer('the answer was lost');
    }
    return result;
  };
}
