/**
 * The one table: its keys, its index, its stream. Every partition key begins with the tenant that owns the
 * item, so no key can be built without one. Read by the store, the local engine and the CDK data stack; it
 * imports nothing.
 *
 * | item          | partition key             | sort key                      |
 * | ---           | ---                       | ---                           |
 * | station       | platform#station          | STATION                       |
 * | day bundle    | platform#station          | D#YYYY-MM-DD                  |
 * | part of a day | platform#station          | D#YYYY-MM-DD#part             |
 * | ingest counts | platform#station          | COUNTS#YYYY-MM-DD             |
 * | file import   | platform#import           | IMPORT                        |
 * | entrepreneur  | platform#entrepreneur     | ENTREPRENEUR                  |
 * | consent       | platform#entrepreneur     | CONSENT#consent               |
 * | person, sealed| platform#entrepreneur     | PERSON                        |
 * | county        | operator#county           | COUNTY                        |
 * | program       | lender#program            | PROGRAM                       |
 * | capital       | lender#program            | CAPITAL                       |
 * | decision list | lender#program            | DECISION#decidedAt#decision   |
 * | … of a county | lender#county             | DECISION#decidedAt#decision   |
 * | … of a lender | lender#DECISIONS          | DECISION#decidedAt#decision   |
 * | … of a cell   | each of these#outcome#band| DECISION#decidedAt#decision   |
 * | … of a person | platform#entrepreneur     | PERSON_DECISION#decidedAt#dec |
 * | program grant | party                     | PROGRAM#program               |
 * | application   | lender#application        | APPLICATION                   |
 * | decision      | lender#decision           | DECISION                      |
 * | review        | lender#review             | REVIEW                        |
 * | review's note | lender#review             | NOTE#writtenAt#number         |
 * | review queue  | lender#program#REVIEWS    | dueAt#review                  |
 * | recourse      | lender#decision           | RECOURSE                      |
 * | review's end  | lender#decision           | REVIEWED#decidedAt#review     |
 * | shadow score  | lender#program#SHADOW     | model#decidedAt#decision      |
 * | exposure      | lender#entrepreneur       | EXPOSURE                      |
 * | reservation   | lender#program            | RESERVATION#expires#decision  |
 * | capital use   | lender#program            | CAPITAL_USE                   |
 * | day's books   | lender#program            | BOOKS#YYYY-MM-DD              |
 * | month end     | lender#program            | MONTH_END#YYYY-MM-DD#part     |
 * | ageing        | lender#program            | AGEING                        |
 * | terms draft   | lender#program            | TERMS_DRAFT                   |
 * | terms         | lender#program            | TERMS#effective#version       |
 * | loan          | lender#loan               | LOAN                          |
 * | loan event    | lender#loan               | EVENT#event                   |
 * | loan entries  | lender#loan               | ENTRIES#sequence              |
 * | contact       | lender#loan               | CONTACT#contact               |
 * | program loan  | lender#program#LOANS      | LIVE#loan                     |
 * | … that ended  | lender#program#LOANS      | PAST#YYYY-MM-DD#loan          |
 * | vouched loan  | lender#recommender#VOUCHED| loan                          |
 * | … acceptances | lender#recommender#VOUCHED| ACCEPTANCES                   |
 * | bank reference| lender#REFERENCE#reference| REFERENCE                     |
 * | idempotency   | caller#IDEMPOTENCY        | operation#key                 |
 * | machine client| CLIENT#client             | MACHINE_CLIENT                |
 * | rate budget   | caller#RATE#subject's hash| read, write                   |
 * | access        | reader#ACCESS#request     | ACCESS                        |
 * | audit segment | tenant#AUDIT#YYYY-MM-DD   | SEGMENT#number                |
 * | audit head    | tenant#AUDIT#YYYY-MM-DD   | HEAD                          |
 * | event         | party#EVENTS              | EVENT#position                |
 * | event id      | party#EVENTS              | EVENT_ID#event                |
 * | event head    | party#EVENTS              | HEAD                          |
 * | webhook       | tenant#WEBHOOKS           | ENDPOINT#endpoint             |
 * | dead letter   | tenant#WEBHOOKS           | DEAD#endpoint#position        |
 *
 * A machine client is the one item no tenant owns: it says which tenant its tokens belong to. Tenants begin
 * with `ten_`, so no tenant's key can be one.
 */
export const tableKeys = { partition: 'pk', sort: 'sk' } as const;

/** Seconds since 1970 after which DynamoDB may delete an item. */
export const TIME_TO_LIVE_ATTRIBUTE = 'expiresAtSeconds';

/**
 * Sparse: only day bundles have `day`. Projects the summaries, so a year of history is one query that reads
 * no row.
 */
export const daySummaryIndex = {
  name: 'day-summaries',
  partition: 'pk',
  sort: 'day',
  projected: ['summary', 'recordedUntil'],
} as const;

export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

const key = (pk: string, sk: string): ItemKey => ({ pk, sk });

export const stationKey = (platform: string, station: string) => key(`${platform}#${station}`, 'STATION');
export const dayBundleKey = (platform: string, station: string, day: string) =>
  key(`${platform}#${station}`, `D#${day}`);
export const dayPartKey = (platform: string, station: string, day: string, part: number) =>
  key(`${platform}#${station}`, `D#${day}#${String(part).padStart(3, '0')}`);
/** By the UTC day the reports came in, not the day they are about. */
export const ingestCountsKey = (platform: string, station: string, day: string) =>
  key(`${platform}#${station}`, `COUNTS#${day}`);
export const importKey = (platform: string, importId: string) => key(`${platform}#${importId}`, 'IMPORT');
/** Sorts after the day's bundle and all its parts, and before the next day. */
export const endOfDayKey = (platform: string, station: string, day: string) =>
  key(`${platform}#${station}`, `D#${day}#~`);
export const entrepreneurKey = (platform: string, entrepreneur: string) =>
  key(`${platform}#${entrepreneur}`, 'ENTREPRENEUR');
/** Consents and then ENTREPRENEUR: one range of the partition, and all that a decision reads of a person. */
export const CONSENT_PREFIX = 'CONSENT#';
export const consentKey = (platform: string, entrepreneur: string, consent: string) =>
  key(`${platform}#${entrepreneur}`, `${CONSENT_PREFIX}${consent}`);
/** Sorts after ENTREPRENEUR: no decision reads it. */
export const personKey = (platform: string, entrepreneur: string) =>
  key(`${platform}#${entrepreneur}`, 'PERSON');
export const countyKey = (operator: string, county: string) => key(`${operator}#${county}`, 'COUNTY');
export const programKey = (lender: string, program: string) => key(`${lender}#${program}`, 'PROGRAM');
export const capitalKey = (lender: string, program: string) => key(`${lender}#${program}`, 'CAPITAL');
export const DECISION_LIST_PREFIX = 'DECISION#';
export const decisionListKey = (partition: string, decidedAt: string, decision: string) =>
  key(partition, `${DECISION_LIST_PREFIX}${decidedAt}#${decision}`);
/**
 * Where a decision is listed: under its program, its county and its lender, and under each of these once more by
 * outcome and score band. A filter then names the partitions to read, and none is read past: a page costs read
 * units by its own length. Copies, not an index: they appear with the decision, in its transaction.
 */
export const decisionListPartition = (
  lender: string,
  scope: string,
  cell?: { readonly outcome: string; readonly scoreBand: string },
) => `${lender}#${scope}${cell === undefined ? '' : `#${cell.outcome}#${cell.scoreBand}`}`;
/** The scope of all of a lender's decisions, beside those of a program or a county. */
export const WHOLE_LENDER = 'DECISIONS';
/** Sorts after ENTREPRENEUR, outside the range a decision reads of a person. */
export const PERSON_DECISION_PREFIX = 'PERSON_DECISION#';
export const personDecisionKey = (
  platform: string,
  entrepreneur: string,
  decidedAt: string,
  decision: string,
) => key(`${platform}#${entrepreneur}`, `${PERSON_DECISION_PREFIX}${decidedAt}#${decision}`);
export const PROGRAM_GRANT_PREFIX = 'PROGRAM#';
export const programGrantKey = (party: string, program: string) =>
  key(party, `${PROGRAM_GRANT_PREFIX}${program}`);
export const applicationKey = (lender: string, application: string) =>
  key(`${lender}#${application}`, 'APPLICATION');
export const decisionKey = (lender: string, decision: string) => key(`${lender}#${decision}`, 'DECISION');
export const reviewKey = (lender: string, review: string) => key(`${lender}#${review}`, 'REVIEW');
export const REVIEW_NOTE_PREFIX = 'NOTE#';
export const reviewNoteKey = (lender: string, review: string, writtenAt: string, note: string) =>
  key(`${lender}#${review}`, `${REVIEW_NOTE_PREFIX}${writtenAt}#${note}`);
/** By deadline. A closed case leaves by its time to live, so the partition holds little but what is open. */
export const reviewQueueKey = (lender: string, program: string, dueAt: string, review: string) =>
  key(`${lender}#${program}#REVIEWS`, `${dueAt}#${review}`);
export const recourseKey = (lender: string, decision: string) => key(`${lender}#${decision}`, 'RECOURSE');
export const REVIEWED_PREFIX = 'REVIEWED#';
export const reviewedKey = (lender: string, decision: string, decidedAt: string, review: string) =>
  key(`${lender}#${decision}`, `${REVIEWED_PREFIX}${decidedAt}#${review}`);
/** Beside a program and apart from it: who writes these can write nothing else. */
export const SHADOW_MARK = '#SHADOW';
export const shadowScoreKey = (
  lender: string,
  program: string,
  model: string,
  decidedAt: string,
  decision: string,
) => key(`${lender}#${program}${SHADOW_MARK}`, `${model}#${decidedAt}#${decision}`);
export const exposureKey = (lender: string, entrepreneur: string) =>
  key(`${lender}#${entrepreneur}`, 'EXPOSURE');
export const RESERVATION_PREFIX = 'RESERVATION#';
/** Beside its program, in order of expiry: a sweep reads what has run out and nothing else. */
export const reservationKey = (lender: string, program: string, expiresOn: string, decision: string) =>
  key(`${lender}#${program}`, `${RESERVATION_PREFIX}${expiresOn}#${decision}`);
export const capitalUseKey = (lender: string, program: string) => key(`${lender}#${program}`, 'CAPITAL_USE');
/** What a program's accounts moved by in entries posted on a day. */
export const PROGRAM_BOOKS_PREFIX = 'BOOKS#';
export const programBooksKey = (lender: string, program: string, day: string) =>
  key(`${lender}#${program}`, `${PROGRAM_BOOKS_PREFIX}${day}`);
export const MONTH_END_PREFIX = 'MONTH_END#';
export const monthEndKey = (lender: string, program: string, day: string, part: number) =>
  key(`${lender}#${program}`, `${MONTH_END_PREFIX}${day}#${String(part).padStart(4, '0')}`);
export const ageingKey = (lender: string, program: string) => key(`${lender}#${program}`, 'AGEING');
export const termsDraftKey = (lender: string, program: string) => key(`${lender}#${program}`, 'TERMS_DRAFT');
export const TERMS_PREFIX = 'TERMS#';
export const termsKey = (lender: string, program: string, effectiveFrom: string, version: string) =>
  key(`${lender}#${program}`, `${TERMS_PREFIX}${effectiveFrom}#${version}`);
export const loanKey = (lender: string, loan: string) => key(`${lender}#${loan}`, 'LOAN');
export const LOAN_EVENT_PREFIX = 'EVENT#';
export const loanEventKey = (lender: string, loan: string, event: string) =>
  key(`${lender}#${loan}`, `${LOAN_EVENT_PREFIX}${event}`);
/** All entries of one step in one item: however many a backdated event takes back, it stays one transaction. */
export const LOAN_ENTRIES_PREFIX = 'ENTRIES#';
export const loanEntriesKey = (lender: string, loan: string, firstSequence: number) =>
  key(`${lender}#${loan}`, `${LOAN_ENTRIES_PREFIX}${String(firstSequence).padStart(9, '0')}`);
export const CONTACT_PREFIX = 'CONTACT#';
export const contactKey = (lender: string, loan: string, contact: string) =>
  key(`${lender}#${loan}`, `${CONTACT_PREFIX}${contact}`);
/**
 * A loan's snapshot, once under its program and once under the partner who vouched for it. Loans that ended stand
 * after the live ones, by the day they ended: a night reads live loans alone, a month end those that ended in it,
 * and a list that is paged meets a loan that ends meanwhile twice rather than never.
 */
export const LIVE_LOAN_PREFIX = 'LIVE#';
export const PAST_LOAN_PREFIX = 'PAST#';
export const programLoanKey = (lender: string, program: string, loan: string, endedOn: string | null) =>
  key(
    `${lender}#${program}#LOANS`,
    endedOn === null ? `${LIVE_LOAN_PREFIX}${loan}` : `${PAST_LOAN_PREFIX}${endedOn}#${loan}`,
  );
/**
 * What a loan leaves where it stood when it moves among its program's loans: nothing to read, gone by its time to
 * live. Nothing of this system may delete an item.
 */
export const leftEntry = (place: ItemKey, nowMs: number) => ({
  ...place,
  [TIME_TO_LIVE_ATTRIBUTE]: Math.floor(nowMs / 1_000),
});
export const vouchedLoanKey = (lender: string, recommender: string, loan: string) =>
  key(`${lender}#${recommender}#VOUCHED`, loan);
/** How often a bound on a partner's vouching was read and met: contracts within it are made one after another. */
export const vouchingKey = (lender: string, recommender: string) =>
  key(`${lender}#${recommender}#VOUCHED`, 'ACCEPTANCES');
/** A bank's reference stands for one payment on one loan, for good. */
export const bankReferenceKey = (lender: string, reference: string) =>
  key(`${lender}#REFERENCE#${reference}`, 'REFERENCE');
export const IDEMPOTENCY_MARK = '#IDEMPOTENCY';
export const idempotencyKey = (caller: string, operation: string, idempotency: string) =>
  key(`${caller}${IDEMPOTENCY_MARK}`, `${operation}#${idempotency}`);
export const RATE_MARK = '#RATE#';
/** A partition of its own for each client: no client's requests wait for another's. */
export const rateBudgetKey = (caller: string, subjectHash: string, rateClass: string) =>
  key(`${caller}${RATE_MARK}${subjectHash}`, rateClass);
export const MACHINE_CLIENT_PREFIX = 'CLIENT#';
export const machineClientKey = (client: string) =>
  key(`${MACHINE_CLIENT_PREFIX}${client}`, 'MACHINE_CLIENT');

/** Who wrote an item last: see stamp-changes.ts. */
export const CHANGED_BY_ATTRIBUTE = 'changedBy';

const HEAD = 'HEAD';
/** Positions sort as texts: a trillion of them, twelve digits. */
const positionText = (position: number) => String(position).padStart(12, '0');

export const ACCESS_MARK = '#ACCESS#';
/** A partition of its own for each request: reads of one tenant never queue for one key. */
export const accessKey = (reader: string, request: string) =>
  key(`${reader}${ACCESS_MARK}${request}`, 'ACCESS');
export const AUDIT_MARK = '#AUDIT#';
export const AUDIT_SEGMENT_PREFIX = 'SEGMENT#';
export const auditHeadKey = (tenant: string, day: string) => key(`${tenant}${AUDIT_MARK}${day}`, HEAD);
export const auditSegmentKey = (tenant: string, day: string, number: number) =>
  key(`${tenant}${AUDIT_MARK}${day}`, `${AUDIT_SEGMENT_PREFIX}${positionText(number)}`);

export const EVENTS_MARK = '#EVENTS';
export const EVENT_PREFIX = 'EVENT#';
export const eventKey = (party: string, position: number) =>
  key(`${party}${EVENTS_MARK}`, `${EVENT_PREFIX}${positionText(position)}`);
export const eventIdKey = (party: string, event: string) =>
  key(`${party}${EVENTS_MARK}`, `EVENT_ID#${event}`);
export const eventHeadKey = (party: string) => key(`${party}${EVENTS_MARK}`, HEAD);

export const WEBHOOKS_MARK = '#WEBHOOKS';
export const WEBHOOK_PREFIX = 'ENDPOINT#';
export const webhookKey = (tenant: string, endpoint: string) =>
  key(`${tenant}${WEBHOOKS_MARK}`, `${WEBHOOK_PREFIX}${endpoint}`);
export const DEAD_LETTER_PREFIX = 'DEAD#';
export const deadLetterPrefix = (endpoint: string) => `${DEAD_LETTER_PREFIX}${endpoint}#`;
export const deadLetterKey = (tenant: string, endpoint: string, position: number) =>
  key(`${tenant}${WEBHOOKS_MARK}`, `${deadLetterPrefix(endpoint)}${positionText(position)}`);
