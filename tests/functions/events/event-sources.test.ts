import { beforeAll, describe, expect, inject, it } from 'vitest';
import { eventsOf, type FoundEvent } from '../../../functions/events/event-sources.ts';
import { createHandler as createEvents } from '../../../functions/events/handler.ts';
import { routes } from '../../../functions/routes.ts';
import { eventRecords } from '../../../infra/stacks/background-functions.ts';
import { eventTypeNames } from '../../../shared/domain/event.ts';
import {
  claimReview,
  expiredReview,
  openReview,
  proposeDecision,
  type Review,
  sendBack,
} from '../../../shared/domain/review.ts';
import { eventLog } from '../../../shared/store/event-log.ts';
import { type ItemChange, itemChangesOf, type StreamRecord } from '../../../shared/store/item-changes.ts';
import { reviewKey } from '../../../shared/store/table.ts';
import { openTableStream } from '../../../shared/store/table-stream.ts';
import { useTable } from '../../support/engine.ts';
import { eventfulLives, type ToldSubject } from '../../support/eventful-lives.ts';
import { LENDER, sampleApplication, sampleDecision } from '../../support/sample-lending.ts';
import { testWebhooks } from '../../support/test-webhooks.ts';

const table = useTable();
const lives = eventfulLives(table);

/** Lambda's event filtering, as far as it is used here: lists of values, and `exists`. */
function matchesPattern(pattern: unknown, value: unknown): boolean {
  if (Array.isArray(pattern)) {
    return pattern.some((each: unknown) => (typeof each === 'object' ? value !== undefined : each === value));
  }
  return Object.entries(Object(pattern)).every(([name, inner]) =>
    matchesPattern(inner, (value as Record<string, unknown> | undefined)?.[name]),
  );
}

interface Batch {
  readonly Records: readonly StreamRecord[];
}
const changeOf = (record: StreamRecord): ItemChange =>
  itemChangesOf({ Records: [record] })[0] ?? expect.fail('no change');

async function changesOfStream(): Promise<{ changes: ItemChange[]; batches: Batch[] }> {
  const stream = await openTableStream(table(), inject('engineEndpoint'));
  const batches: Batch[] = [];
  try {
    for (const { shardId } of await stream.shards()) {
      let iterator = await stream.iterator(shardId, undefined);
      while (iterator !== undefined) {
        const page = await stream.read(iterator, 100);
        if (page.records.length === 0) break;
        batches.push({ Records: page.records });
        iterator = page.iterator;
      }
    }
  } finally {
    stream.close();
  }
  return { changes: batches.flatMap(itemChangesOf), batches };
}

/** A case's life as the stream tells it: each version against the one before. */
function changesOfReview(versions: readonly Review[]): ItemChange[] {
  return versions.map((item, index) => ({
    sequenceNumber: String(index),
    recordedAt: '2026-06-01T03:00:00.000Z',
    change: index === 0 ? 'insert' : 'modify',
    key: reviewKey(LENDER, item.reviewId),
    actor: null,
    item: { review: item },
    previousItem: index === 0 ? undefined : { review: versions[index - 1] },
    contentHash: null,
    previousContentHash: null,
  }));
}

let expected: ToldSubject[] = [];
let found: FoundEvent[] = [];
let batches: Batch[] = [];
beforeAll(async () => {
  expected = [
    ...(await lives.repaidLoan('repaid')),
    ...(await lives.lostLoan('lost')),
    ...(await lives.cancelledLoan('cancelled')),
    ...(await lives.reviewedApplication('reviewed')),
  ];
  const stream = await changesOfStream();
  batches = stream.batches;
  found = stream.changes.flatMap(eventsOf);
});

const typesAbout = (subject: string) =>
  found.filter(({ event }) => event.subject === subject).map(({ event }) => event.type);

describe('what is told', () => {
  it('of loans that are repaid after arrears, written off and cancelled, and of a case, in order', () => {
    for (const { subject, types } of expected) expect(typesAbout(subject), subject).toEqual(types);
  });

  it('of arrears: into which bucket, and out of which', () => {
    const buckets = found.flatMap(({ event }) =>
      event.type === 'loan.delinquency_changed' && event.subject === 'loan_repaid'
        ? [[event.data.bucketBefore, event.data.bucket]]
        : [],
    );
    expect(buckets).toEqual([
      ['current', '1-30'],
      ['1-30', 'current'],
      ['current', '1-30'],
      ['1-30', 'current'],
    ]);
  });

  it('of a case that is contested, proposed, sent back, and expires', () => {
    const made = sampleDecision(sampleApplication(), { outcome: 'declined', limitMinor: 0 });
    const openedAtMs = Date.parse('2026-06-01T02:00:00Z');
    const opened = openReview(made, 'contested', 'wrong_fact', openedAtMs);
    const claimed = claimReview(opened, 'officer', openedAtMs);
    const proposed = proposeDecision(
      claimed,
      'officer',
      { outcome: 'declined', reasonCode: 'documents_insufficient' },
      openedAtMs,
    );
    const back = sendBack(proposed);
    const expired = expiredReview(back, '1', Date.parse('2026-06-30T00:00:00Z'));
    const told = changesOfReview([opened, claimed, proposed, back, expired]).flatMap(eventsOf);
    expect(told.map(({ event, audience }) => [event.type, audience, event.subject])).toEqual([
      ['review.opened', 'lender', 'app_1'],
      ['review.claimed', 'lender', 'app_1'],
      ['review.proposed', 'lender', 'app_1'],
      ['review.returned', 'lender', 'app_1'],
      ['review.expired', 'parties', 'app_1'],
    ]);
    expect(new Set(told.map(({ event }) => event.eventId)).size).toBe(5);
    found.push(...told);
  });

  it('is every type of event there is', () => {
    expect(new Set(found.map(({ event }) => event.type))).toEqual(new Set(eventTypeNames));
  });

  it('passes the filter of the deployed stream, and a night in which a loan merely aged does not', () => {
    const passes = (record: unknown) => eventRecords.some((pattern) => matchesPattern(pattern, record));
    const records = batches.flatMap(({ Records }) => Records);
    const telling = records.filter((record) => eventsOf(changeOf(record)).length > 0);
    expect(telling.length).toBeGreaterThan(20);
    expect(telling.filter((record) => !passes(record))).toEqual([]);
    const aged = records.filter(
      ({ dynamodb: { Keys, NewImage } }) => Keys.sk.S === 'LOAN' && !NewImage?.notice,
    );
    expect(aged.length).toBeGreaterThan(0);
    expect(aged.filter(passes)).toEqual([]);
  });

  it('has an id of its own, the same however often the change is read', async () => {
    const told = (await changesOfStream()).changes.flatMap(eventsOf);
    const ids = told.map(({ event }) => event.eventId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(found.slice(0, ids.length).map(({ event }) => event.eventId));
  });

  it('names a path that some route reads', () => {
    const readable = (routes as readonly { method: string; path: string }[])
      .filter(({ method }) => method === 'GET')
      .map(({ path }) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`));
    for (const { event } of found) {
      expect(
        readable.some((path) => path.test(event.path)),
        event.path,
      ).toBe(true);
    }
  });

  it('holds nothing of a person, and no amount', () => {
    expect(JSON.stringify(found)).not.toMatch(/"ent_|officer|bank-|Minor|probability|score/i);
  });

  it('goes to every party of the program; cases that wait, to the lender alone', async () => {
    const sent: { tenantId: string }[] = [];
    const publish = createEvents({
      table: table(),
      queue: testWebhooks(sent as never[]).queue,
      nowMs: () => Date.parse('2026-06-01T00:00:00Z'),
      random: () => 0,
      sleep: async () => {},
    });
    for (const batch of [...batches, ...batches]) await publish(batch);
    const logOf = async (party: string) =>
      (await eventLog(table()).listAfter(party, 0, 100)).map(({ event }) => event);
    const told = found
      .filter(({ event }) => event.data.programId !== 'prg_anji-2026')
      .map(({ event }) => event);
    expect(await logOf('ten_lender')).toEqual(told);
    const ofParties = told.filter(({ type }) => type !== 'review.opened' && type !== 'review.claimed');
    for (const party of ['ten_incubator', 'ten_platform', 'ten_operator']) {
      expect(await logOf(party), party).toEqual(ofParties);
    }
  });
});
