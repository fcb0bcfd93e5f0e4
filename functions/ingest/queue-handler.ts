import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { DomainError } from '../../shared/domain/errors.ts';
import type { TransactionOutcome } from '../../shared/domain/ingest-rejections.ts';
import { type IngestDependencies, ingestTransactions } from './ingest-transactions.ts';
import { type QueueMessage, queueMessage } from './queue-message.ts';
import { settleBounded } from './settle-bounded.ts';

/** Why a message stays in the queue. Ids, codes and counts only. */
export interface QueueFailure {
  readonly messageId: string;
  readonly receiveCount: number;
  /** A domain error's code, a rejection's code, `malformed_message`, or `fault`. */
  readonly reasons: readonly string[];
}

export interface QueueDependencies extends IngestDependencies {
  readonly logFailure: (failure: QueueFailure) => void;
}

const STATIONS_AT_ONCE_MAX = 4;

interface Received {
  readonly messageId: string;
  readonly receiveCount: number;
  readonly message: QueueMessage;
}

/**
 * The queue's door to ingest. Messages of one station are merged into one report, so a day is written once. A
 * message is done when all its transactions are held; otherwise it alone goes back, and after its last receive
 * to the dead-letter queue, whole: what was accepted of it will be a duplicate when it is redriven, and nothing
 * that was refused is lost.
 */
export function createQueueHandler(dependencies: QueueDependencies) {
  return async (event: SQSEvent): Promise<SQSBatchResponse> => {
    const failed = new Set<string>();
    const fail = (failure: QueueFailure) => {
      failed.add(failure.messageId);
      dependencies.logFailure(failure);
    };
    const byStation = new Map<string, Received[]>();
    for (const { messageId, body, attributes } of event.Records) {
      const receiveCount = Number(attributes.ApproximateReceiveCount);
      const message = messageOf(body);
      if (message === undefined) {
        fail({ messageId, receiveCount, reasons: ['malformed_message'] });
        continue;
      }
      const station = `${message.tenantId}#${message.stationId}`;
      const received = byStation.get(station) ?? [];
      byStation.set(station, received);
      received.push({ messageId, receiveCount, message });
    }
    await settleBounded([...byStation.values()], STATIONS_AT_ONCE_MAX, async (messages) => {
      const [first] = messages;
      if (first === undefined) return;
      const { tenantId, stationId } = first.message;
      const transactions = messages.flatMap(({ message }) => message.transactions);
      try {
        const outcomes = await ingestTransactions({ tenantId, stationId, transactions }, dependencies);
        let from = 0;
        for (const { messageId, receiveCount, message } of messages) {
          const own = outcomes.slice(from, from + message.transactions.length);
          from += message.transactions.length;
          const reasons = rejectionsOf(own);
          if (reasons.length > 0) fail({ messageId, receiveCount, reasons });
        }
      } catch (error) {
        for (const { messageId, receiveCount } of messages) {
          fail({ messageId, receiveCount, reasons: [codeOf(error)] });
        }
      }
    });
    return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

function messageOf(body: string): QueueMessage | undefined {
  try {
    const parsed = queueMessage.safeParse(JSON.parse(body));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

const rejectionsOf = (outcomes: readonly TransactionOutcome[]): string[] => [
  ...new Set(outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.code] : []))),
];

function codeOf(error: unknown): string {
  if (!(error instanceof DomainError)) return 'fault';
  return error.code === 'not_found' ? 'unknown_station' : error.code;
}
