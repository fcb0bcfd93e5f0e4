import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { expireReviews } from '../../functions/deadlines/expire-reviews.ts';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { actAs } from '../../shared/store/acting.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import { programStore } from '../../shared/store/programs.ts';
import { reviewStore } from '../../shared/store/reviews.ts';
import { withStoredTable } from './stored-table.ts';

const OPERATOR_DEFAULT = 'ten_operator';
const USAGE = `Usage: npm run expire-reviews -- [--operator ${OPERATOR_DEFAULT}]

Records the end of every case of an operator's programs that nobody decided in time. Such a case can be decided
by nobody from its deadline on, whether or not this has run. Safe to run twice.
`;

if (import.meta.main) {
  try {
    const { values } = parseArgs({ options: { operator: { type: 'string', default: OPERATOR_DEFAULT } } });
    const operator = tenantId.parse(values.operator);
    await withStoredTable(process.env, async (table) => {
      const actor = {
        tenantId: operator,
        subject: 'expire-reviews',
        operation: 'expireReviews',
        requestId: randomUUID(),
      };
      const { programs, expired, raced } = await actAs(actor, () =>
        expireReviews(operator, {
          programs: programStore(table),
          decisions: decisionStore(table),
          reviews: reviewStore(table),
          nowMs: Date.now,
        }),
      );
      console.log(`${programs} programs: ${expired} cases closed by rule, ${raced} decided meanwhile`);
    });
  } catch (error) {
    console.error(
      error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : error,
    );
    console.error(`\n${USAGE}`);
    process.exitCode = 2;
  }
}
