import {
  GetItemCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import { DomainError } from '../domain/errors.ts';
import { countyId, programId, tenantId } from '../domain/identifiers.ts';
import { amountMinor, signedAmountMinor } from '../domain/money.ts';
import { parse } from '../domain/parse.ts';
import { type Program, type ProgramCapital, program } from '../domain/program.ts';
import type { StoreTable } from './dynamo.ts';
import { LAST, queryItems } from './query-items.ts';
import { capitalKey, capitalUseKey, PROGRAM_GRANT_PREFIX, programGrantKey, programKey } from './table.ts';

/** What a party of a program may follow to its objects: who owns it, and whose history it reads. */
const programGrant = z.object({ programId, lenderTenantId: tenantId, platformTenantId: tenantId });
export type ProgramGrant = z.output<typeof programGrant>;

const programParties = z.object({
  operatorTenantId: tenantId,
  lenderTenantId: tenantId,
  platformTenantId: tenantId,
  incubatorTenantId: tenantId,
});

/** A grant as a list shows it: where the program is, too. */
const listedGrant = programGrant.extend({ countyId });
export type ListedProgramGrant = z.output<typeof listedGrant>;

const storedProgram = z.object({ program });
/** Below zero when repaid principal was lent again and the repayment then bounced: nothing is approved until it is made good. */
const storedCapital = z.object({ capitalMinor: amountMinor, availableMinor: signedAmountMinor });
const storedUse = z.object({ outstandingMinor: signedAmountMinor, lostMinor: signedAmountMinor });

/** Where a program's capital is; the four parts add up to it. */
export interface CapitalPosition {
  readonly capitalMinor: number;
  readonly availableMinor: number;
  /** Promised by offers and contracts, not yet paid out. */
  readonly reservedMinor: number;
  /** Principal out with borrowers. */
  readonly outstandingMinor: number;
  /** Principal written off. */
  readonly lostMinor: number;
}

export type ProgramStore = ReturnType<typeof programStore>;

export function programStore(table: StoreTable) {
  const { client, tableName: TableName } = table;

  async function get(lender: string, id: string): Promise<Program | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: marshall(programKey(lender, id)), ConsistentRead: true }),
    );
    return Item === undefined
      ? undefined
      : parse(storedProgram, unmarshall(Item), { code: 'corrupt_record' }).program;
  }

  async function getCapital(lender: string, id: string): Promise<ProgramCapital | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: marshall(capitalKey(lender, id)), ConsistentRead: true }),
    );
    if (Item === undefined) return undefined;
    const { capitalMinor, availableMinor } = parse(storedCapital, unmarshall(Item), {
      code: 'corrupt_record',
    });
    return { capitalMinor, reservedMinor: capitalMinor - availableMinor };
  }

  /** The grant `party` holds to a program; undefined when it is no party of it, or there is none. */
  async function getGrant(party: string, id: string): Promise<ProgramGrant | undefined> {
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: marshall(programGrantKey(party, id)) }),
    );
    return Item === undefined ? undefined : parse(programGrant, unmarshall(Item), { code: 'corrupt_record' });
  }

  return {
    get,
    getCapital,

    getGrant,

    /** Every program a party may read, with its county. */
    async listGrants(party: string): Promise<ListedProgramGrant[]> {
      const items = await queryItems(table, party, PROGRAM_GRANT_PREFIX, PROGRAM_GRANT_PREFIX + LAST);
      return items.map((item) => parse(listedGrant, unmarshall(item), { code: 'corrupt_record' }));
    },

    /** Where a program's capital is; undefined when there is no such program. */
    async getCapitalPosition(lender: string, id: string): Promise<CapitalPosition | undefined> {
      const [capital, { Item }] = await Promise.all([
        getCapital(lender, id),
        client.send(
          new GetItemCommand({ TableName, Key: marshall(capitalUseKey(lender, id)), ConsistentRead: true }),
        ),
      ]);
      if (capital === undefined) return undefined;
      const { outstandingMinor, lostMinor } =
        Item === undefined
          ? { outstandingMinor: 0, lostMinor: 0 }
          : parse(storedUse, unmarshall(Item), { code: 'corrupt_record' });
      return {
        capitalMinor: capital.capitalMinor,
        availableMinor: capital.capitalMinor - capital.reservedMinor,
        reservedMinor: capital.reservedMinor - outstandingMinor - lostMinor,
        outstandingMinor,
        lostMinor,
      };
    },

    /** Everybody who is a party of a program, its lender first; undefined when the lender has no such program. */
    async getParties(lender: string, id: string): Promise<readonly string[] | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({ TableName, Key: marshall(programGrantKey(lender, id)) }),
      );
      if (Item === undefined) return undefined;
      const parties = parse(programParties, unmarshall(Item), { code: 'corrupt_record' });
      return [
        ...new Set([
          parties.lenderTenantId,
          parties.incubatorTenantId,
          parties.platformTenantId,
          parties.operatorTenantId,
        ]),
      ];
    },

    /**
     * Create a program, or change its terms: program, capital and a grant for each party in one transaction.
     * Its parties, the operator among them, never change, and its capital never falls below what is promised
     * (`version_conflict`).
     */
    async put(operator: string, next: Program): Promise<void> {
      const [capital, held] = await Promise.all([
        getCapital(next.lenderTenantId, next.programId),
        getGrant(operator, next.programId),
      ]);
      // Before anything is said of a program that is another operator's.
      if (capital !== undefined && held === undefined) throw otherParties();
      const reservedMinor = capital?.reservedMinor ?? 0;
      if (next.capitalMinor < reservedMinor) {
        throw new DomainError(
          'version_conflict',
          'capitalMinor is below what the program has already promised',
          {
            issues: [
              { field: 'capitalMinor', code: 'below_reserved', message: `${reservedMinor} is promised` },
            ],
          },
        );
      }
      const parties = new Set([operator, next.lenderTenantId, next.incubatorTenantId, next.platformTenantId]);
      const grant = {
        programId: next.programId,
        operatorTenantId: operator,
        lenderTenantId: next.lenderTenantId,
        platformTenantId: next.platformTenantId,
        incubatorTenantId: next.incubatorTenantId,
        countyId: next.countyId,
      };
      const sameParties =
        'attribute_not_exists(pk) OR (operatorTenantId = :operator AND lenderTenantId = :lender AND incubatorTenantId = :incubator AND platformTenantId = :platform)';
      const partyValues = marshall({
        ':operator': operator,
        ':lender': next.lenderTenantId,
        ':incubator': next.incubatorTenantId,
        ':platform': next.platformTenantId,
      });
      try {
        await client.send(
          new TransactWriteItemsCommand({
            TransactItems: [
              {
                Put: {
                  TableName,
                  Item: marshall(
                    { ...programKey(next.lenderTenantId, next.programId), program: next },
                    { removeUndefinedValues: true },
                  ),
                },
              },
              {
                Put: {
                  TableName,
                  Item: marshall({
                    ...capitalKey(next.lenderTenantId, next.programId),
                    capitalMinor: next.capitalMinor,
                    availableMinor: next.capitalMinor - reservedMinor,
                  }),
                  // What is available moves with every approval: never overwrite a promise made meanwhile.
                  ...(capital === undefined
                    ? { ConditionExpression: 'attribute_not_exists(pk)' }
                    : {
                        ConditionExpression: 'capitalMinor = :capital AND availableMinor = :available',
                        ExpressionAttributeValues: marshall({
                          ':capital': capital.capitalMinor,
                          ':available': capital.capitalMinor - capital.reservedMinor,
                        }),
                      }),
                },
              },
              ...[...parties].map((party) => ({
                Put: {
                  TableName,
                  Item: marshall({ ...programGrantKey(party, next.programId), ...grant }),
                  ConditionExpression: sameParties,
                  ExpressionAttributeValues: partyValues,
                },
              })),
            ],
          }),
        );
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        throw otherParties(error);
      }
    },
  };
}

const otherParties = (cause?: unknown) =>
  new DomainError('version_conflict', 'the program has other parties, or changed at the same moment', {
    cause,
  });
