import {
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import { openTable, type StoreTable } from '../../shared/store/dynamo.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Probabilities, each of one attempt of one call. */
export interface FaultRates {
  readonly requestLost: number;
  readonly answerLost: number;
  readonly throttled: number;
  /** Of writes alone. */
  readonly transactionConflict: number;
}

export const defaultFaultRates: FaultRates = {
  requestLost: 0.15,
  answerLost: 0.15,
  throttled: 0.05,
  transactionConflict: 0.05,
};

const hangUp = () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
const metadata = { $metadata: { httpStatusCode: 400 } };

/** A table behind a network that loses requests and answers, and an engine that throttles and conflicts. */
export function faultyTable(
  sound: { readonly endpoint: string; readonly tableName: string },
  random: SeededRandom,
  rates: FaultRates = defaultFaultRates,
): { readonly table: StoreTable; readonly injected: Record<keyof FaultRates, number> } {
  const injected = { requestLost: 0, answerLost: 0, throttled: 0, transactionConflict: 0 };
  const table = openTable({ ...sound, attemptsMax: 3 });
  const happens = (fault: keyof FaultRates) => {
    const isNow = random.chance(rates[fault]);
    if (isNow) injected[fault] += 1;
    return isNow;
  };
  table.client.middlewareStack.add(
    (next, context) => async (args) => {
      const command = context.commandName ?? '';
      if (happens('requestLost')) throw hangUp();
      if (happens('throttled')) {
        throw new ProvisionedThroughputExceededException({ message: 'throttled', ...metadata });
      }
      if (command === 'PutItemCommand' && happens('transactionConflict')) {
        throw new TransactionConflictException({ message: 'conflict', ...metadata });
      }
      if (command === 'TransactWriteItemsCommand' && happens('transactionConflict')) {
        throw new TransactionCanceledException({
          message: 'cancelled',
          CancellationReasons: [{ Code: 'TransactionConflict' }, { Code: 'None' }],
          ...metadata,
        });
      }
      const answer = await next(args);
      if (happens('answerLost')) throw hangUp();
      return answer;
    },
    { step: 'deserialize', name: 'faults', priority: 'high' },
  );
  return { table, injected };
}
