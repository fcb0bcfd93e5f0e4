import { DomainError } from '../../shared/domain/errors.ts';
import type { IdempotentRequest } from '../../shared/domain/idempotency.ts';
import {
  type CollectionContact,
  collectionContact,
  collectionsWorklist,
  type ReceivedPayment,
  type WorklistItem,
} from '../../shared/domain/lending/collections.ts';
import { effectiveEvents } from '../../shared/domain/lending/loan.ts';
import type { LoanEvent } from '../../shared/domain/lending/loan-event.ts';
import { parse } from '../../shared/domain/parse.ts';
import type { CollectionStore } from '../../shared/store/collections.ts';
import type { LoanStore } from '../../shared/store/loans.ts';
import type { ProgramLoans } from '../../shared/store/program-loans.ts';
import { eventIdOf, todayOf } from './record-event.ts';

export interface CollectionsDependencies {
  readonly loans: Pick<LoanStore, 'readEvents'>;
  readonly listed: Pick<ProgramLoans, 'live'>;
  readonly contacts: CollectionStore;
  readonly nowMs: () => number;
}

/** Loans past due whose contacts and payments are read at once. */
const LOANS_AT_ONCE = 16;

const received = new Set<LoanEvent['type']>(['repayment', 'prepayment', 'payoff', 'recovery']);

function paymentsOf(log: readonly LoanEvent[]): ReceivedPayment[] {
  return effectiveEvents(log).flatMap((event) =>
    received.has(event.type) && 'amountMinor' in event
      ? [{ businessDate: event.businessDate, amountMinor: event.amountMinor }]
      : [],
  );
}

/** Whom to contact today, most pressing first. */
export async function readWorklist(
  { lender, programId }: { readonly lender: string; readonly programId: string },
  { loans, listed, contacts, nowMs }: CollectionsDependencies,
): Promise<WorklistItem[]> {
  const late = (await listed.live(lender, programId)).filter(({ bucket }) => bucket !== 'current');
  const cases = [];
  for (let start = 0; start < late.length; start += LOANS_AT_ONCE) {
    const some = late.slice(start, start + LOANS_AT_ONCE).map(async (snapshot) => {
      const [made, events] = await Promise.all([
        contacts.list(lender, snapshot.loanId),
        loans.readEvents(lender, snapshot.loanId),
      ]);
      return { snapshot, contacts: made, payments: paymentsOf(events.map(({ event }) => event)) };
    });
    cases.push(...(await Promise.all(some)));
  }
  return collectionsWorklist(cases, todayOf(nowMs()));
}

/** Record a contact, once for each request. */
export async function recordContact(
  input: {
    readonly lender: string;
    readonly loanId: string;
    readonly request: IdempotentRequest;
    readonly made: Omit<CollectionContact, 'contactId' | 'loanId' | 'at' | 'businessDate'>;
  },
  { contacts, nowMs }: CollectionsDependencies,
): Promise<{ readonly contact: CollectionContact; readonly replayed: boolean }> {
  const now = nowMs();
  const contact = parse(collectionContact, {
    ...input.made,
    contactId: eventIdOf(input.request),
    loanId: input.loanId,
    at: new Date(now).toISOString(),
    businessDate: todayOf(now),
  });
  if (await contacts.put(input.lender, contact, input.request, now)) return { contact, replayed: false };
  const first = (await contacts.list(input.lender, input.loanId)).find(
    ({ contactId }) => contactId === contact.contactId,
  );
  if (first === undefined) throw new DomainError('corrupt_record', 'an idempotency record names no contact');
  return { contact: first, replayed: true };
}
