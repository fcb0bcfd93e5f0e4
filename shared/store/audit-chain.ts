import { createHash } from 'node:crypto';
import type { AuditEntry, AuditHead, AuditProblem, AuditVerification } from '../domain/audit.ts';
import { canonicalJson } from '../domain/canonical-json.ts';

/** A run of entries as it was appended, linked to what came before. */
export interface AuditSegment {
  readonly number: number;
  /** Entries of the day before this segment. */
  readonly firstEntry: number;
  /** Hash of the link before its first entry, and of its last. */
  readonly previousHash: string;
  readonly hash: string;
  readonly entries: readonly AuditEntry[];
}

/** A segment as the verifier finds it; `undefined` when its bytes could not be read. */
export interface FoundSegment {
  readonly number: number;
  readonly segment: AuditSegment | undefined;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The link before a day's first entry: no day's chain can stand in for another's, nor a tenant's for another's. */
export const genesisHash = (tenantId: string, day: string) => sha256(`cunxin audit 1\n${tenantId}\n${day}`);

export const emptyHead = (tenantId: string, day: string): AuditHead => ({
  segments: 0,
  entries: 0,
  hash: genesisHash(tenantId, day),
});

/** The link of an entry: hash of the link before it and of the entry's canonical JSON. */
export const linkHash = (previousHash: string, entry: AuditEntry) =>
  sha256(`${previousHash}\n${canonicalJson(entry)}`);

/** The next segment of a day, and the head it leads to. */
export function nextSegment(
  head: AuditHead,
  entries: readonly AuditEntry[],
): { segment: AuditSegment; head: AuditHead } {
  const hash = entries.reduce(linkHash, head.hash);
  return {
    segment: {
      number: head.segments,
      firstEntry: head.entries,
      previousHash: head.hash,
      hash,
      entries,
    },
    head: { segments: head.segments + 1, entries: head.entries + entries.length, hash },
  };
}

export interface VerifyAuditInput {
  readonly tenantId: string;
  readonly day: string;
  /** The head as it is stored; undefined when there is none. */
  readonly head: AuditHead | undefined;
  /** In order of their keys. */
  readonly segments: AsyncIterable<FoundSegment> | Iterable<FoundSegment>;
  /** A hash kept elsewhere earlier: the chain must have passed through it. */
  readonly keptHash?: string | undefined;
}

/**
 * Hold a day's log to its chain, segment by segment in constant memory but for the sequence numbers seen.
 * Any entry or segment changed, removed, inserted or moved breaks a link, and the head says where the end is.
 * A chain rewritten from some point to its very head is only found by a hash kept elsewhere (`keptHash`): heads
 * are written to the sealer's log and shown to the tenant for that.
 */
export async function verifyAuditDay(input: VerifyAuditInput): Promise<AuditVerification> {
  const { tenantId, day, head, keptHash } = input;
  const problems: AuditProblem[] = [];
  let found = emptyHead(tenantId, day);
  let repeats = 0;
  let sawKept = keptHash === undefined || keptHash === found.hash;
  const seen = new Map<string, string>();
  const latestOfItem = new Map<string, string>();

  for await (const { number, segment } of input.segments) {
    const say = (code: AuditProblem['code'], detail: string) =>
      problems.push({ code, segment: number, detail });
    for (let missing = found.segments; missing < number; missing += 1) {
      problems.push({ code: 'segment_missing', segment: missing, detail: 'no such segment' });
    }
    if (segment === undefined) {
      say('segment_unreadable', 'the segment does not hold entries of the log');
      found = { ...found, segments: number + 1 };
      continue;
    }
    if (segment.previousHash !== found.hash || segment.firstEntry !== found.entries) {
      say('link_broken', 'does not follow from the segment before');
    }
    let link = segment.previousHash;
    for (const entry of segment.entries) {
      link = linkHash(link, entry);
      sawKept ||= link === keptHash;
      const repeat = repeatOf(entry, seen);
      if (repeat === 'same') repeats += 1;
      if (repeat === 'rewritten')
        say('rewritten_repeat', `entry ${entry.sequenceNumber} is there twice, not alike`);
      if (repeat === 'new' && isOutOfOrder(entry, latestOfItem)) {
        say('out_of_order', `entry ${entry.sequenceNumber} comes after a later one of its item`);
      }
    }
    if (link !== segment.hash) say('link_broken', 'an entry of the segment is not what was sealed');
    found = {
      segments: number + 1,
      entries: segment.firstEntry + segment.entries.length,
      hash: segment.hash,
    };
  }
  problems.push(...headProblems(head, found));
  if (!sawKept) {
    problems.push({
      code: 'kept_head_missing',
      segment: null,
      detail: 'the chain never had the hash that was kept',
    });
  }
  return {
    tenantId,
    day,
    verified: problems.length === 0,
    head: head ?? null,
    repeats,
    problems,
  };
}

function headProblems(head: AuditHead | undefined, found: AuditHead): AuditProblem[] {
  if (head === undefined) {
    return found.segments === 0
      ? []
      : [{ code: 'head_missing', segment: null, detail: 'there are segments but no head' }];
  }
  const missing: AuditProblem[] = [];
  for (let number = found.segments; number < head.segments; number += 1) {
    missing.push({ code: 'segment_missing', segment: number, detail: 'the head counts it' });
  }
  const isSame =
    head.segments === found.segments && head.entries === found.entries && head.hash === found.hash;
  return isSame
    ? missing
    : [...missing, { code: 'head_mismatch', segment: null, detail: 'the head is not the end of the chain' }];
}

const identityOf = (entry: AuditEntry) =>
  entry.kind === 'change'
    ? JSON.stringify([entry.sequenceNumber, entry.item.pk, entry.item.sk])
    : JSON.stringify([entry.sequenceNumber, entry.actor.requestId]);

function repeatOf(entry: AuditEntry, seen: Map<string, string>): 'new' | 'same' | 'rewritten' {
  const identity = identityOf(entry);
  const text = sha256(canonicalJson(entry));
  const before = seen.get(identity);
  if (before === undefined) seen.set(identity, text);
  return before === undefined ? 'new' : before === text ? 'same' : 'rewritten';
}

/** Sequence numbers are decimal texts without bound: longer is later. One that was altered may be any text. */
function isOutOfOrder(entry: AuditEntry, latest: Map<string, string>): boolean {
  if (entry.kind !== 'change') return false;
  const item = JSON.stringify(entry.item);
  const before = latest.get(item) ?? '';
  const number = entry.sequenceNumber.replace(/^0+/, '');
  const isLater = number.length === before.length ? number > before : number.length > before.length;
  if (isLater) latest.set(item, number);
  return !isLater;
}
