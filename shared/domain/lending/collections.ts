import { z } from 'zod';
import { addDays, type BusinessDate, businessDate, instant } from '../calendar.ts';
import { loanId } from '../identifiers.ts';
import { positiveAmountMinor } from '../money.ts';
import type { DelinquencyBucket } from './asset-class.ts';
import { loanEventId } from './loan-event.ts';
import type { LoanSnapshot } from './loan-snapshot.ts';

export const contactOutcomes = [
  'reached',
  'not_reached',
  'promised_to_pay',
  'disputed',
  'hardship_reported',
  'number_invalid',
] as const;

/** A contact with a borrower in arrears. */
export const collectionContact = z
  .strictObject({
    contactId: loanEventId,
    loanId,
    at: instant,
    businessDate,
    channel: z.enum(['telephone', 'message', 'visit', 'letter']),
    outcome: z.enum(contactOutcomes),
    note: z.string().max(2_000).default(''),
    /** With outcome `promised_to_pay`. */
    promise: z.strictObject({ amountMinor: positiveAmountMinor, by: businessDate }).nullable().default(null),
  })
  .superRefine((contact, context) => {
    if ((contact.outcome === 'promised_to_pay') !== (contact.promise !== null)) {
      context.addIssue({
        code: 'custom',
        path: ['promise'],
        message: 'goes with the outcome promised_to_pay, and only with it',
      });
    }
    if (contact.promise !== null && contact.promise.by < contact.businessDate) {
      context.addIssue({
        code: 'custom',
        path: ['promise', 'by'],
        message: 'must not be before the contact',
      });
    }
  });
export type CollectionContact = z.output<typeof collectionContact>;

export type PromiseStatus = 'open' | 'kept' | 'broken';

/** Money received on a day; reversed payments are left out by the caller (`effectiveEvents`). */
export interface ReceivedPayment {
  readonly businessDate: BusinessDate;
  readonly amountMinor: number;
}

/** Kept when at least the promised amount came from the day of the promise to its last day. */
export function promiseStatus(
  contact: CollectionContact,
  payments: readonly ReceivedPayment[],
  today: BusinessDate,
): PromiseStatus | null {
  const { promise } = contact;
  if (promise === null) return null;
  const paidMinor = payments
    .filter((payment) => payment.businessDate >= contact.businessDate && payment.businessDate <= promise.by)
    .reduce((sum, payment) => sum + payment.amountMinor, 0);
  if (paidMinor >= promise.amountMinor) return 'kept';
  return today <= promise.by ? 'open' : 'broken';
}

/** Days between contacts by bucket: the later the loan, the closer. Current loans are left in peace. */
export const contactEveryDays: Readonly<Record<Exclude<DelinquencyBucket, 'current'>, number>> = {
  '1-30': 7,
  '31-60': 5,
  '61-90': 3,
  '91-180': 7,
  '181-360': 14,
  over_360: 30,
};

export interface WorklistItem {
  readonly loanId: string;
  readonly borrowerId: string;
  readonly bucket: DelinquencyBucket;
  readonly daysPastDue: number;
  readonly overdueMinor: number;
  readonly lastContactOn: BusinessDate | null;
  readonly promise: {
    readonly status: PromiseStatus;
    readonly amountMinor: number;
    readonly by: BusinessDate;
  } | null;
  readonly brokenPromises: number;
  /** The earliest day to contact again: an open promise is waited for. */
  readonly contactOn: BusinessDate;
}

export interface CollectionCase {
  readonly snapshot: LoanSnapshot;
  readonly contacts: readonly CollectionContact[];
  readonly payments: readonly ReceivedPayment[];
}

/**
 * Whom to contact on a day: loans past due whose next contact has come, those with a broken promise first,
 * then by days past due, amount overdue and id.
 */
export function collectionsWorklist(cases: Iterable<CollectionCase>, today: BusinessDate): WorklistItem[] {
  return [...cases]
    .flatMap((item) => worklistItem(item, today) ?? [])
    .filter((item) => item.contactOn <= today)
    .toSorted(
      (a, b) =>
        Number(b.promise?.status === 'broken') - Number(a.promise?.status === 'broken') ||
        b.daysPastDue - a.daysPastDue ||
        b.overdueMinor - a.overdueMinor ||
        (a.loanId < b.loanId ? -1 : 1),
    );
}

/** A loan's place in collections; null when nothing of it is past due. */
export function worklistItem(
  { snapshot, contacts, payments }: CollectionCase,
  today: BusinessDate,
): WorklistItem | null {
  if (snapshot.bucket === 'current') return null;
  const inOrder = contacts
    .filter((contact) => contact.businessDate <= today)
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const statuses = inOrder.map((contact) => promiseStatus(contact, payments, today));
  const promising = inOrder.findLast((contact) => contact.promise !== null);
  const status = promising === undefined ? null : promiseStatus(promising, payments, today);
  const promise = promising?.promise == null || status === null ? null : { status, ...promising.promise };
  const lastContactOn = inOrder.at(-1)?.businessDate ?? null;
  const regularOn =
    lastContactOn === null ? today : addDays(lastContactOn, contactEveryDays[snapshot.bucket]);
  const brokenOn = promise?.status === 'broken' ? addDays(promise.by, 1) : null;
  return {
    loanId: snapshot.loanId,
    borrowerId: snapshot.borrowerId,
    bucket: snapshot.bucket,
    daysPastDue: snapshot.daysPastDue,
    overdueMinor: snapshot.overdueMinor,
    lastContactOn,
    promise,
    brokenPromises: statuses.filter((each) => each === 'broken').length,
    contactOn: contactDay(promise, regularOn, brokenOn, lastContactOn),
  };
}

function contactDay(
  promise: WorklistItem['promise'],
  regularOn: BusinessDate,
  brokenOn: BusinessDate | null,
  lastContactOn: BusinessDate | null,
): BusinessDate {
  if (promise?.status === 'open') return addDays(promise.by, 1);
  // A broken promise is taken up the day after, unless there has been a contact since.
  if (brokenOn !== null && (lastContactOn === null || lastContactOn < brokenOn)) return brokenOn;
  return regularOn;
}
