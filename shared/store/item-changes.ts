import { createHash } from 'node:crypto';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { canonicalJson } from '../domain/canonical-json.ts';
import { parse } from '../domain/parse.ts';
import type { Actor } from './acting.ts';
import { CHANGED_BY_ATTRIBUTE, type ItemKey } from './table.ts';

/** An item in DynamoDB's own notation, as Lambda passes it on: binaries are base64 texts. */
const image = z.record(z.string(), z.record(z.string(), z.unknown()));
type Image = z.output<typeof image>;

/** What Lambda calls a consumer of the table's stream with; the local pump makes the same. */
export const streamEvent = z.object({
  Records: z.array(
    z.object({
      eventName: z.enum(['INSERT', 'MODIFY', 'REMOVE']),
      userIdentity: z.object({ principalId: z.string() }).nullish(),
      dynamodb: z.object({
        /** Seconds since 1970. */
        ApproximateCreationDateTime: z.number(),
        Keys: z.object({ pk: z.object({ S: z.string() }), sk: z.object({ S: z.string() }) }),
        NewImage: image.optional(),
        OldImage: image.optional(),
        SequenceNumber: z.string().regex(/^\d+$/),
      }),
    }),
  ),
});
export type StreamEvent = z.input<typeof streamEvent>;
export type StreamRecord = StreamEvent['Records'][number];

/** One change of one item, as the table's stream tells it: in order for each item, each at least once. */
export interface ItemChange {
  readonly sequenceNumber: string;
  readonly recordedAt: string;
  readonly change: 'insert' | 'modify' | 'remove';
  readonly key: ItemKey;
  /** Who wrote it, from the stamp of the new image; null when the write named nobody. */
  readonly actor: Actor | null;
  /** The item after and before; undefined where there was none. */
  readonly item: Readonly<Record<string, unknown>> | undefined;
  readonly previousItem: Readonly<Record<string, unknown>> | undefined;
  /** SHA-256 of the canonical JSON of the image, hex. */
  readonly contentHash: string | null;
  readonly previousContentHash: string | null;
}

const changeOf = { INSERT: 'insert', MODIFY: 'modify', REMOVE: 'remove' } as const;
const stamp = z.tuple([z.string(), z.string(), z.string(), z.string()]);

/** The changes of a stream event, in its order. Raises `corrupt_record` for what is no such event. */
export function itemChangesOf(event: unknown): ItemChange[] {
  return parse(streamEvent, event, { code: 'corrupt_record' }).Records.map(({ eventName, dynamodb }) => {
    const item = dynamodb.NewImage && unmarshalledImage(dynamodb.NewImage);
    return {
      sequenceNumber: dynamodb.SequenceNumber,
      recordedAt: new Date(dynamodb.ApproximateCreationDateTime * 1_000).toISOString(),
      change: changeOf[eventName],
      key: { pk: dynamodb.Keys.pk.S, sk: dynamodb.Keys.sk.S },
      actor: item === undefined ? null : stampedActor(item[CHANGED_BY_ATTRIBUTE]),
      item,
      previousItem: dynamodb.OldImage && unmarshalledImage(dynamodb.OldImage),
      contentHash: hashOf(dynamodb.NewImage),
      previousContentHash: hashOf(dynamodb.OldImage),
    };
  });
}

function stampedActor(value: unknown): Actor | null {
  if (typeof value !== 'string') return null;
  const [tenantId, subject, operation, requestId] = stamp.parse(JSON.parse(value));
  return { tenantId, subject, operation, requestId };
}

const hashOf = (found: Image | undefined) =>
  found === undefined ? null : createHash('sha256').update(canonicalJson(found)).digest('hex');

const unmarshalledImage = (found: Image) =>
  unmarshall(withBinaries(found) as Parameters<typeof unmarshall>[0]);

/** Base64 texts under `B` and `BS` become bytes, at any depth. */
function withBinaries(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withBinaries);
  return Object.fromEntries(
    Object.entries(value).map(([type, inner]) => [
      type,
      type === 'B' && typeof inner === 'string'
        ? new Uint8Array(Buffer.from(inner, 'base64'))
        : type === 'BS' && Array.isArray(inner)
          ? inner.map((text) => new Uint8Array(Buffer.from(String(text), 'base64')))
          : withBinaries(inner),
    ]),
  );
}
