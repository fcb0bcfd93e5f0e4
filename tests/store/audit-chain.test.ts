import { describe, expect, it } from 'vitest';
import type { AuditEntry, AuditHead } from '../../shared/domain/audit.ts';
import { type AuditSegment, emptyHead, nextSegment, verifyAuditDay } from '../../shared/store/audit-chain.ts';
import { AUDIT_DAY, sampleEntries, sampleEntry } from '../support/sample-audit.ts';

const tenantId = 'ten_a';
const day = AUDIT_DAY;

interface Log {
  head: AuditHead | undefined;
  segments: AuditSegment[];
}

/** A day of three segments of four entries, sealed honestly. */
function sealedDay(): Log & { head: AuditHead } {
  let head = emptyHead(tenantId, day);
  const segments: AuditSegment[] = [];
  for (const from of [1, 5, 9]) {
    const next = nextSegment(head, sampleEntries(from, 4));
    segments.push(next.segment);
    head = next.head;
  }
  return { head, segments };
}

const verify = ({ head, segments }: Log, keptHash?: string) =>
  verifyAuditDay({
    tenantId,
    day,
    head,
    segments: segments.map((segment) => ({ number: segment.number, segment })),
    keptHash,
  });

/** Seal entries again from a segment on, as somebody who can write the table would. */
function resealed(segments: readonly AuditSegment[]): Log & { head: AuditHead } {
  let head = emptyHead(tenantId, day);
  const anew = segments.map(({ entries }) => {
    const next = nextSegment(head, entries);
    head = next.head;
    return next.segment;
  });
  return { head, segments: anew };
}

const changed = (entry: AuditEntry): AuditEntry =>
  entry.kind === 'change' ? { ...entry, contentHash: 'b'.repeat(64) } : entry;

const withEntries = (
  log: Log,
  number: number,
  edit: (entries: readonly AuditEntry[]) => AuditEntry[],
): Log => ({
  ...log,
  segments: log.segments.map((segment) =>
    segment.number === number ? { ...segment, entries: edit(segment.entries) } : segment,
  ),
});

const codesOf = async (log: Log, keptHash?: string) =>
  [...new Set((await verify(log, keptHash)).problems.map((problem) => problem.code))].sort();

describe('an audit log as it was sealed', () => {
  it('verifies, and shows its head', async () => {
    const log = sealedDay();
    expect(await verify(log)).toEqual({
      tenantId,
      day,
      verified: true,
      head: log.head,
      repeats: 0,
      problems: [],
    });
    expect(log.head).toMatchObject({ segments: 3, entries: 12 });
  });

  it('verifies when nothing was written that day', async () => {
    expect(await verify({ head: undefined, segments: [] })).toMatchObject({ verified: true, head: null });
  });

  it('verifies against every head it ever had', async () => {
    const log = sealedDay();
    for (const { previousHash, hash } of log.segments) {
      expect(await codesOf(log, previousHash)).toEqual([]);
      expect(await codesOf(log, hash)).toEqual([]);
    }
  });

  it('verifies with repeats of the stream, and counts them', async () => {
    const { segments } = sealedDay();
    const [first, ...rest] = segments;
    const again = resealed(
      [first, ...rest, first].flatMap((segment) => (segment === undefined ? [] : [segment])),
    );
    expect(await verify(again)).toMatchObject({ verified: true, repeats: 4 });
  });
});

describe('tampering', () => {
  const edits: [string, (log: Log & { head: AuditHead }) => Log, string[]][] = [
    [
      'an entry changed',
      (log) =>
        withEntries(log, 1, (entries) =>
          entries.map((entry, index) => (index === 2 ? changed(entry) : entry)),
        ),
      ['link_broken'],
    ],
    [
      'an author changed',
      (log) =>
        withEntries(log, 0, ([first, ...rest]) => [
          {
            ...(first ?? sampleEntry(1)),
            actor: { tenantId, subject: 'other', operation: 'x', requestId: 'y' },
          } as AuditEntry,
          ...rest,
        ]),
      ['link_broken'],
    ],
    [
      'a sequence number made no number',
      (log) =>
        withEntries(log, 2, (entries) =>
          entries.map((entry, index) => (index === 3 ? { ...entry, sequenceNumber: '1939a' } : entry)),
        ),
      ['link_broken'],
    ],
    ['an entry removed', (log) => withEntries(log, 1, (entries) => entries.slice(1)), ['link_broken']],
    [
      'an entry inserted',
      (log) => withEntries(log, 1, (entries) => [...entries, sampleEntry(99)]),
      ['link_broken', 'out_of_order'],
    ],
    [
      'two entries swapped',
      (log) =>
        withEntries(log, 0, ([a, b, ...rest]) =>
          [b, a, ...rest].flatMap((entry) => (entry === undefined ? [] : [entry])),
        ),
      ['link_broken', 'out_of_order'],
    ],
    [
      'a segment removed',
      (log) => ({ ...log, segments: log.segments.filter(({ number }) => number !== 1) }),
      ['link_broken', 'segment_missing'],
    ],
    [
      'the last segment removed',
      (log) => ({ ...log, segments: log.segments.slice(0, 2) }),
      ['head_mismatch', 'segment_missing'],
    ],
    [
      'the last segment removed and the head set back to its number alone',
      (log) => ({ head: { ...log.head, segments: 2, entries: 8 }, segments: log.segments.slice(0, 2) }),
      ['head_mismatch'],
    ],
    [
      'two segments swapped',
      (log) => ({
        ...log,
        segments: [log.segments[1], log.segments[0], log.segments[2]].flatMap((segment, number) =>
          segment === undefined ? [] : [{ ...segment, number }],
        ),
      }),
      ['link_broken', 'out_of_order'],
    ],
    [
      'everything removed but the head',
      (log) => ({ ...log, segments: [] }),
      ['head_mismatch', 'segment_missing'],
    ],
    ['the head removed', (log) => ({ ...log, head: undefined }), ['head_missing']],
    [
      'an entry changed and its segment sealed again',
      (log) => ({
        ...log,
        segments: log.segments.map((segment) =>
          segment.number === 1
            ? nextSegment(
                { segments: 1, entries: 4, hash: segment.previousHash },
                segment.entries.map(changed),
              ).segment
            : segment,
        ),
      }),
      ['link_broken'],
    ],
    [
      'all sealed again but the head',
      (log) => ({
        head: log.head,
        segments: resealed(withEntries(log, 2, (entries) => entries.map(changed)).segments).segments,
      }),
      ['head_mismatch'],
    ],
    [
      'entries sealed again in another order',
      (log) => resealed(withEntries(log, 1, (entries) => entries.toReversed()).segments),
      ['out_of_order'],
    ],
    [
      'a repeat sealed with other content',
      (log) => {
        const [first] = log.segments;
        return resealed([
          ...log.segments,
          ...(first === undefined ? [] : [{ ...first, entries: first.entries.map(changed) }]),
        ]);
      },
      ['rewritten_repeat'],
    ],
  ];

  it.each(edits)('is found: %s', async (_what, edit, codes) => {
    const log = edit(sealedDay());
    expect(await codesOf(log)).toEqual(codes);
    expect((await verify(log)).verified).toBe(false);
  });

  it("is found: another tenant's or another day's log in its place", async () => {
    const { head, segments } = sealedDay();
    const found = segments.map((segment) => ({ number: segment.number, segment }));
    for (const [other, otherDay] of [['ten_b', day] as const, [tenantId, '2026-03-02'] as const]) {
      const { problems } = await verifyAuditDay({ tenantId: other, day: otherDay, head, segments: found });
      expect(problems.map((problem) => problem.code)).toEqual(['link_broken']);
    }
  });

  it('to the very head is found by a hash kept elsewhere, and by nothing else', async () => {
    const log = sealedDay();
    const rewritten = resealed(withEntries(log, 2, (entries) => entries.map(changed)).segments);
    expect(await codesOf(rewritten)).toEqual([]);
    expect(await codesOf(rewritten, log.head.hash)).toEqual(['kept_head_missing']);
    // A head of before the rewriting still stands.
    expect(await codesOf(rewritten, log.segments[1]?.hash)).toEqual([]);
  });
});
