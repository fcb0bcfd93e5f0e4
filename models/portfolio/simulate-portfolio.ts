import { isDeepStrictEqual } from 'node:util';
import { addDays } from '../../shared/domain/calendar.ts';
import { accountBalances } from '../../shared/domain/lending/ledger.ts';
import { replayLoan } from '../../shared/domain/lending/loan.ts';
import { capitalUse, recordSnapshot } from '../../shared/domain/lending/loan-record.ts';
import { type Portfolio, portfolioOf } from '../../shared/domain/lending/portfolio.ts';
import { RandomStream } from '../simulator/random-stream.ts';
import { memoryLoans } from './memory-loans.ts';
import { type LifeCounts, simulateLife } from './simulate-life.ts';
import { type SimulatedBank, simulatedBank } from './simulated-bank.ts';
import type { InjectedFaults, SimulatedStore, StoreAccounts, StoreFaults } from './simulated-store.ts';

export interface PortfolioSimulation {
  readonly seed: number;
  readonly lives: number;
  /** The scarcer, the more are turned away. */
  readonly capitalPerLifeMinor?: number;
  /** Lives lived at once. Default 1: then the seed decides everything. */
  readonly atOnce?: number;
  /** Called after each life. */
  readonly onProgress?: (lives: number) => void | Promise<void>;
  /** Default: in memory. */
  readonly openStore?: (capitalMinor: number, faults: StoreFaults) => Promise<SimulatedStore>;
}

export interface PortfolioReport {
  readonly counts: LifeCounts;
  readonly injected: InjectedFaults & { readonly bankAnswersLost: number; readonly crashes: number };
  readonly entries: number;
  readonly portfolio: Portfolio;
  /** Each is zero, or the books are wrong. */
  readonly drift: {
    /** Debits less credits over all entries. */
    readonly trialBalanceMinor: number;
    readonly unbalancedEntries: number;
    /** Days' books against the fold of entries. */
    readonly booksMinor: number;
    /** Ledger principal against the loans' own. */
    readonly principalMinor: number;
    /** Ledger cash against the bank's. */
    readonly cashMinor: number;
    /** Available, reserved, outstanding and lost against the capital. */
    readonly capitalMinor: number;
    readonly outstandingMinor: number;
    readonly loansUnlikeTheirReplay: number;
    readonly loansUnlikeTheirJournal: number;
    readonly doubleDisbursements: number;
    readonly lostRepayments: number;
    readonly repeatedRepayments: number;
  };
}

/** Three years. */
const ENDS_ON = addDays('2024-01-01', 3 * 365);
const LOST_BEFORE = 0.01;
const LOST_AFTER = 0.01;
const CONFLICT = 0.02;
const CRASH = 0.02;
/** Scarce: some applicants are turned away, and released capital is lent again. */
const CAPITAL_MINOR = 6_000_000;
const CAPITAL_PER_LIFE_MINOR_DEFAULT = 210_000;

/**
 * Let a portfolio live for three years with lost answers, conflicts and dying workers, all by a seed, then hold
 * the books to every independent account of them: replays, the bank, the days' books, the capital.
 */
export async function simulatePortfolio(simulation: PortfolioSimulation): Promise<PortfolioReport> {
  const faulty = new RandomStream([simulation.seed, 0]);
  const capitalMinor =
    CAPITAL_MINOR + simulation.lives * (simulation.capitalPerLifeMinor ?? CAPITAL_PER_LIFE_MINOR_DEFAULT);
  const openStore = simulation.openStore ?? (async (...given) => memoryLoans(...given));
  const loans = await openStore(capitalMinor, {
    random: () => faulty.uniform(),
    lostBefore: LOST_BEFORE,
    lostAfter: LOST_AFTER,
    conflict: CONFLICT,
  });
  const bank = simulatedBank(() => faulty.uniform(), 0.02, 0.05);
  const counts: LifeCounts = {
    approved: 0,
    turnedAway: 0,
    expired: 0,
    disbursed: 0,
    repayments: 0,
    reversals: 0,
    restructured: 0,
    waived: 0,
    salesSettled: 0,
    chargedOff: 0,
    crashes: 0,
    retries: 0,
    steps: 0,
  };
  const world = { loans, bank, counts, crashShare: CRASH, endsOn: ENDS_ON };
  let next = 1;
  let lived = 0;
  const work = async () => {
    while (next <= simulation.lives) {
      const id = next;
      next += 1;
      await simulateLife(id, new RandomStream([simulation.seed, id]), world);
      lived += 1;
      await simulation.onProgress?.(lived);
    }
  };
  await Promise.all(Array.from({ length: simulation.atOnce ?? 1 }, work));
  return reportOf(await loans.accounts(), loans.injected, bank, counts, capitalMinor);
}

function reportOf(
  { loans: kept, booksMinor, capital }: StoreAccounts,
  injected: InjectedFaults,
  bank: SimulatedBank,
  counts: LifeCounts,
  capitalMinor: number,
): PortfolioReport {
  const journal = kept.flatMap((loan) => loan.journal);
  const totals = accountBalances(journal);
  const sumOf = (values: Iterable<number>) => [...values].reduce((sum, minor) => sum + minor, 0);
  const states = kept.map(({ stored }) => stored.record.state);
  const byId = new Map(states.map((state) => [state.loanId, state]));
  const recorded = new Map<string, number>();
  for (const { events } of kept) {
    const reversed = new Set(
      events.flatMap(({ event }) => (event.type === 'repayment_reversed' ? [event.paymentEventId] : [])),
    );
    for (const { event } of events) {
      if (!('amountMinor' in event) || reversed.has(event.eventId)) continue;
      recorded.set(event.eventId, (recorded.get(event.eventId) ?? 0) + 1);
    }
  }
  return {
    counts,
    injected: { ...injected, bankAnswersLost: bank.lostAnswers, crashes: counts.crashes },
    entries: journal.length,
    portfolio: portfolioOf(kept.map(({ stored }) => recordSnapshot(stored.record))),
    drift: {
      trialBalanceMinor: sumOf(Object.values(totals)),
      unbalancedEntries: journal.filter(
        ({ lines }) => lines.reduce((sum, line) => sum + line.amountMinor, 0) !== 0,
      ).length,
      booksMinor: booksDriftMinor(booksMinor, totals),
      principalMinor: totals.loan_principal - sumOf(states.map((state) => state.principalOutstandingMinor)),
      cashMinor: totals.settlement_cash - bank.balanceMinor(),
      capitalMinor:
        capitalMinor -
        capital.availableMinor -
        capital.reservedMinor -
        capital.outstandingMinor -
        capital.lostMinor,
      outstandingMinor:
        capital.outstandingMinor - sumOf(states.map((state) => capitalUse(state).outstandingMinor)),
      loansUnlikeTheirReplay: kept.filter(({ stored, events }) => {
        const log = events.map(({ event }) => event);
        return !isDeepStrictEqual(replayLoan(log, stored.record.state.asOf).state, stored.record.state);
      }).length,
      loansUnlikeTheirJournal: kept.filter(({ stored, journal: own }) => {
        const nonZero = Object.entries(accountBalances(own)).filter(([, minor]) => minor !== 0);
        return !isDeepStrictEqual({ ...stored.record.balances }, Object.fromEntries(nonZero));
      }).length,
      doubleDisbursements: [...bank.paidOutMinor].filter(
        ([id, minor]) => minor > (byId.get(id)?.contract.principalMinor ?? 0),
      ).length,
      lostRepayments: [...bank.received.keys()].filter((reference) => !recorded.has(reference)).length,
      repeatedRepayments: [...recorded.values()].filter((times) => times > 1).length,
    },
  };
}

function booksDriftMinor(books: ReadonlyMap<string, number>, totals: Readonly<Record<string, number>>) {
  return Object.entries(totals).reduce(
    (drift, [account, minor]) => drift + Math.abs(minor - (books.get(account) ?? 0)),
    0,
  );
}
