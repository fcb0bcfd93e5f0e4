import type { AttributeValue, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import type { BusinessDate } from '../domain/calendar.ts';
import { DomainError } from '../domain/errors.ts';
import { type AccountCode, accountCodes } from '../domain/lending/chart-of-accounts.ts';
import type { JournalEntry } from '../domain/lending/ledger.ts';
import type { StoreTable } from './dynamo.ts';
import { queryItems } from './query-items.ts';
import { PROGRAM_BOOKS_PREFIX, programBooksKey, tableKeys } from './table.ts';

/** What one account of one lender moved by on one day, debit positive. */
export interface DayMovement {
  readonly postedOn: BusinessDate;
  readonly account: AccountCode;
  readonly lenderTenantId: string;
  readonly amountMinor: number;
}

/** An account of a lender as an attribute of a day's item; `#` is in neither name. */
const attributeOf = (account: string, lender: string) => `${account}#${lender}`;
const accountCode = z.enum(accountCodes);

/** The sums of entries by day, account and lender; what comes to nothing is left out. */
export function dayMovements(entries: readonly JournalEntry[]): DayMovement[] {
  const sums = new Map<string, DayMovement>();
  for (const { postedOn, lines } of entries) {
    for (const { account, lenderTenantId, amountMinor } of lines) {
      const name = `${postedOn}#${attributeOf(account, lenderTenantId)}`;
      const before = sums.get(name)?.amountMinor ?? 0;
      sums.set(name, { postedOn, account, lenderTenantId, amountMinor: before + amountMinor });
    }
  }
  return [...sums.values()].filter(({ amountMinor }) => amountMinor !== 0);
}

/**
 * The day's books of a program: one item a day, added to in the transaction of each entry, so a trial balance
 * reads days and never loans.
 */
export function programBooks(table: StoreTable) {
  const { tableName: TableName } = table;
  return {
    /** For the transaction that enters `entries`. */
    additions(lender: string, programId: string, entries: readonly JournalEntry[]): TransactWriteItem[] {
      const byDay = Map.groupBy(dayMovements(entries), (movement) => movement.postedOn);
      return [...byDay].map(([day, movements]) => ({
        Update: {
          TableName,
          Key: marshall(programBooksKey(lender, programId, day)),
          UpdateExpression: `ADD ${movements.map((_, index) => `#m${index} :m${index}`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(
            movements.map(({ account, lenderTenantId }, index) => [
              `#m${index}`,
              attributeOf(account, lenderTenantId),
            ]),
          ),
          ExpressionAttributeValues: marshall(
            Object.fromEntries(movements.map(({ amountMinor }, index) => [`:m${index}`, amountMinor])),
          ),
        },
      }));
    },

    /** Movements of every day between two, both included, in order of day. */
    async movements(
      lender: string,
      programId: string,
      from: BusinessDate,
      through: BusinessDate,
    ): Promise<DayMovement[]> {
      const items = await queryItems(
        table,
        programBooksKey(lender, programId, '').pk,
        `${PROGRAM_BOOKS_PREFIX}${from}`,
        `${PROGRAM_BOOKS_PREFIX}${through}`,
      );
      return items.flatMap((item) => movementsOf(item));
    },
  };
}

function movementsOf(item: Record<string, AttributeValue>): DayMovement[] {
  const attributes: Record<string, unknown> = unmarshall(item);
  const postedOn = String(attributes[tableKeys.sort]).slice(PROGRAM_BOOKS_PREFIX.length);
  return Object.entries(attributes).flatMap(([name, value]) => {
    const [account, lenderTenantId] = name.split('#');
    if (lenderTenantId === undefined) return [];
    const code = accountCode.safeParse(account);
    if (!code.success || typeof value !== 'number') {
      throw new DomainError('corrupt_record', `a day's books hold an unknown account`);
    }
    return [{ postedOn, account: code.data, lenderTenantId, amountMinor: value }];
  });
}
