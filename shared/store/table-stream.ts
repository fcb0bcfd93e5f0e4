import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import {
  type _Record,
  DescribeStreamCommand,
  type DescribeStreamCommandOutput,
  DynamoDBStreamsClient,
  ExpiredIteratorException,
  GetRecordsCommand,
  GetShardIteratorCommand,
  ResourceNotFoundException,
  type Shard,
  TrimmedDataAccessException,
} from '@aws-sdk/client-dynamodb-streams';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { type StreamRecord, streamEvent } from './item-changes.ts';

export interface StreamShard {
  readonly shardId: string;
  /** Read to its end before this one. */
  readonly parentShardId: string | undefined;
}

export interface StreamPage {
  readonly records: readonly StreamRecord[];
  /** Where the page after begins; undefined at the end of a closed shard. */
  readonly iterator: string | undefined;
}

/**
 * The position asked for is no longer kept (24 hours). `expired`: the iterator only, ask for another at the
 * same position.
 */
export class StreamPositionLost extends Error {
  readonly reason: 'expired' | 'trimmed';
  constructor(reason: 'expired' | 'trimmed', cause: unknown) {
    super(`the position in the stream is ${reason}`, { cause });
    this.name = 'StreamPositionLost';
    this.reason = reason;
  }
}

export type TableStream = Awaited<ReturnType<typeof openTableStream>>;

/** The stream of a table, read the way Lambda reads it, for machines without Lambda. */
export async function openTableStream({ client, tableName }: StoreTable, endpoint: string) {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: tableName }));
  const streamArn = Table?.LatestStreamArn;
  if (streamArn === undefined) throw new Error(`table ${tableName} has no stream`);
  const streams = new DynamoDBStreamsClient({
    endpoint,
    region: await client.config.region(),
    credentials: client.config.credentials,
  });
  const StreamArn = streamArn;

  return {
    /** Changes when the table is made anew: positions of another stream mean nothing in this one. */
    streamArn,

    async shards(): Promise<StreamShard[]> {
      const found: Shard[] = [];
      let after: string | undefined;
      do {
        const { StreamDescription }: DescribeStreamCommandOutput = await streams.send(
          new DescribeStreamCommand({
            StreamArn,
            ...(after === undefined ? {} : { ExclusiveStartShardId: after }),
          }),
        );
        found.push(...(StreamDescription?.Shards ?? []));
        after = StreamDescription?.LastEvaluatedShardId;
      } while (after !== undefined);
      return found.flatMap(({ ShardId, ParentShardId }) =>
        ShardId === undefined ? [] : [{ shardId: ShardId, parentShardId: ParentShardId }],
      );
    },

    /** An iterator after a sequence number, or at the oldest record kept. */
    async iterator(shardId: string, after: string | undefined): Promise<string | undefined> {
      return positioned(async () => {
        const { ShardIterator } = await streams.send(
          new GetShardIteratorCommand({
            StreamArn,
            ShardId: shardId,
            ...(after === undefined
              ? { ShardIteratorType: 'TRIM_HORIZON' }
              : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: after }),
          }),
        );
        return ShardIterator;
      });
    },

    async read(iterator: string, limit: number): Promise<StreamPage> {
      return positioned(async () => {
        const page = await streams.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: limit }));
        const { Records } = parse(
          streamEvent,
          { Records: (page.Records ?? []).map(lambdaRecord) },
          { code: 'corrupt_record' },
        );
        return { records: Records, iterator: page.NextShardIterator };
      });
    },

    close: () => streams.destroy(),
  };
}

async function positioned<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ExpiredIteratorException) throw new StreamPositionLost('expired', error);
    if (error instanceof TrimmedDataAccessException || error instanceof ResourceNotFoundException) {
      throw new StreamPositionLost('trimmed', error);
    }
    throw error;
  }
}

/** A record as Lambda passes it on: instants in seconds, binaries as base64. */
function lambdaRecord(record: _Record): unknown {
  return {
    ...record,
    dynamodb: {
      ...(base64(record.dynamodb) as object),
      ApproximateCreationDateTime: (record.dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0) / 1_000,
    },
  };
}

function base64(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(base64);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, base64(member)]));
}
