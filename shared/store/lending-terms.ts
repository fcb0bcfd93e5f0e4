import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { z } from 'zod';
import type { BusinessDate } from '../domain/calendar.ts';
import { DomainError } from '../domain/errors.ts';
import {
  type CommittedProgramTerms,
  committedProgramTerms,
  type ProgramTerms,
  programTerms,
} from '../domain/lending/program-terms.ts';
import { parse } from '../domain/parse.ts';
import type { StoreTable } from './dynamo.ts';
import { LAST, queryItems } from './query-items.ts';
import { TERMS_PREFIX, termsDraftKey, termsKey } from './table.ts';

const storedDraft = z.object({ draft: programTerms });
const storedTerms = z.object({ terms: committedProgramTerms });

export type LendingTermsStore = ReturnType<typeof lendingTermsStore>;

/** A program's lending terms: one draft, and committed versions that never change. */
export function lendingTermsStore(table: StoreTable) {
  const { client, tableName: TableName } = table;

  async function list(
    lender: string,
    programId: string,
    through: string = LAST,
  ): Promise<CommittedProgramTerms[]> {
    const { pk } = termsDraftKey(lender, programId);
    const items = await queryItems(table, pk, TERMS_PREFIX, `${TERMS_PREFIX}${through}#${LAST}`);
    return items.map((item) => parse(storedTerms, unmarshall(item), { code: 'corrupt_record' }).terms);
  }

  return {
    /** Committed versions in the order they take effect. */
    list: (lender: string, programId: string) => list(lender, programId),

    /** The version in force on a day; null before the first. */
    async inForce(
      lender: string,
      programId: string,
      on: BusinessDate,
    ): Promise<CommittedProgramTerms | null> {
      return (await list(lender, programId, on)).at(-1) ?? null;
    },

    async getDraft(lender: string, programId: string): Promise<ProgramTerms | undefined> {
      const { Item } = await client.send(
        new GetItemCommand({
          TableName,
          Key: marshall(termsDraftKey(lender, programId)),
          ConsistentRead: true,
        }),
      );
      return Item && parse(storedDraft, unmarshall(Item), { code: 'corrupt_record' }).draft;
    },

    async putDraft(lender: string, draft: ProgramTerms): Promise<void> {
      await client.send(
        new PutItemCommand({
          TableName,
          Item: marshall(
            { ...termsDraftKey(lender, draft.programId), draft },
            { removeUndefinedValues: true },
          ),
        }),
      );
    },

    /** Raises `version_conflict` when the version is committed already with that day of effect. */
    async commit(lender: string, terms: CommittedProgramTerms): Promise<void> {
      const { programId, effectiveFrom, version } = terms;
      try {
        await client.send(
          new PutItemCommand({
            TableName,
            Item: marshall(
              { ...termsKey(lender, programId, effectiveFrom, version), terms },
              { removeUndefinedValues: true },
            ),
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        throw new DomainError('version_conflict', `version ${version} is committed already`, {
          issues: [{ field: 'version', code: 'committed', message: 'choose a new version' }],
        });
      }
    },
  };
}
