import { DomainError } from '../../shared/domain/errors.ts';
import type { IdempotentRequest } from '../../shared/domain/idempotency.ts';
import type { JournalEntry } from '../../shared/domain/lending/ledger.ts';
import { capitalUse } from '../../shared/domain/lending/loan-record.ts';
import type { LoanCommit, LoanCommitResult, RecordedEvent, StoredLoan } from '../../shared/store/loans.ts';
import { dayMovements } from '../../shared/store/program-books.ts';
import { faultyCommit, type SimulatedStore, type StoreFaults } from './simulated-store.ts';

interface HeldLoan {
  stored: StoredLoan;
  readonly events: RecordedEvent[];
  readonly journal: JournalEntry[];
}

/**
 * The loan store in memory, held to the same conditions as the table's transaction (version, event id, bank
 * reference, idempotency key: all or nothing), with faults where a network has them.
 */
export function memoryLoans(capitalMinor: number, faults: StoreFaults): SimulatedStore {
  const loans = new Map<string, HeldLoan>();
  const promised = new Set<number>();
  const keys = new Map<string, { readonly inputHash: string; readonly eventId: string }>();
  const references = new Map<string, string>();
  /** By account, of all days and lenders. */
  const booksMinor = new Map<string, number>();
  const capital = {
    capitalMinor,
    availableMinor: capitalMinor,
    reservedMinor: 0,
    outstandingMinor: 0,
    lostMinor: 0,
  };
  const injected = { lostBefore: 0, lostAfter: 0, conflicts: 0 };
  const nameOf = ({ tenantId, operation, key }: IdempotentRequest) => `${tenantId} ${operation} ${key}`;

  function firstOf(request: IdempotentRequest): string | undefined {
    const kept = keys.get(nameOf(request));
    if (kept === undefined) return undefined;
    if (kept.inputHash !== request.inputHash) {
      throw new DomainError('idempotency_key_reused', 'this Idempotency-Key was used with another request');
    }
    return kept.eventId;
  }

  function apply(step: LoanCommit): LoanCommitResult {
    const { before, after, entries, event, request, bankReference } = step;
    const { loanId } = after.state;
    const kept = loans.get(loanId);
    const first = request === null ? undefined : firstOf(request);
    if (first !== undefined) return { kind: 'answered', eventId: first };
    const known = event && kept?.events.some((each) => each.event.eventId === event.event.eventId);
    if (event && known) return { kind: 'answered', eventId: event.event.eventId };
    if ((kept?.stored.version ?? 0) !== (before?.version ?? 0)) return { kind: 'conflict' };
    if (bankReference !== undefined && references.has(bankReference)) return { kind: 'conflict' };

    const stored = { version: (before?.version ?? 0) + 1, record: after };
    const next = kept ?? { stored, events: [], journal: [] };
    next.stored = stored;
    if (event !== null) next.events.push({ number: after.events, ...event });
    next.journal.push(...entries);
    loans.set(loanId, next);
    if (request !== null && event !== null) {
      keys.set(nameOf(request), { inputHash: request.inputHash, eventId: event.event.eventId });
    }
    if (bankReference !== undefined) references.set(bankReference, loanId);
    for (const { account, amountMinor } of dayMovements(entries)) {
      booksMinor.set(account, (booksMinor.get(account) ?? 0) + amountMinor);
    }
    useCapital(step);
    return { kind: 'committed' };
  }

  function useCapital({ before, after }: LoanCommit): void {
    const nothing = { outstandingMinor: 0, releasedMinor: 0, lostMinor: 0 };
    const was = before === null ? nothing : capitalUse(before.record.state);
    const is = capitalUse(after.state);
    const left = (use: typeof is) => use.outstandingMinor + use.releasedMinor + use.lostMinor;
    capital.availableMinor += is.releasedMinor - was.releasedMinor;
    capital.outstandingMinor += is.outstandingMinor - was.outstandingMinor;
    capital.lostMinor += is.lostMinor - was.lostMinor;
    capital.reservedMinor -= left(is) - left(was);
  }

  return {
    injected,

    async promise({ id, contract: { principalMinor } }) {
      if (promised.has(id)) return true;
      if (capital.availableMinor < principalMinor) return false;
      capital.availableMinor -= principalMinor;
      capital.reservedMinor += principalMinor;
      promised.add(id);
      return true;
    },

    async release({ id, contract: { principalMinor } }) {
      if (!promised.delete(id)) return;
      capital.availableMinor += principalMinor;
      capital.reservedMinor -= principalMinor;
    },

    held: async () => undefined,
    accounts: async () => ({ loans: [...loans.values()], booksMinor, capital }),

    get: async (_lender: string, _program: string, id: string) => loans.get(id)?.stored,
    getEvent: async (_lender: string, id: string, eventId: string) =>
      loans.get(id)?.events.find(({ event }) => event.eventId === eventId),
    getReference: async (_lender: string, reference: string) => references.get(reference),
    async readHistory(_lender: string, { record }: StoredLoan) {
      const kept = loans.get(record.state.loanId);
      return {
        log: (kept?.events ?? []).slice(0, record.events).map(({ event }) => event),
        journal: (kept?.journal ?? []).filter((entry) => entry.sequence <= record.sequence),
      };
    },
    firstResultId: async (request: IdempotentRequest, _nowMs: number) => firstOf(request),

    commit: faultyCommit(async (step) => apply(step), faults, injected),
  };
}
