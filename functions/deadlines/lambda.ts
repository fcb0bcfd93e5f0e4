import { z } from 'zod';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { actAs } from '../../shared/store/acting.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { programStore } from '../../shared/store/programs.ts';
import { reviewStore } from '../../shared/store/reviews.ts';
import { expireReviews } from './expire-reviews.ts';

const { TABLE_NAME, OPERATOR_TENANTS } = z
  .object({
    TABLE_NAME: z.string().min(1),
    OPERATOR_TENANTS: z.string().transform((text) => z.array(tenantId).min(1).parse(text.split(','))),
  })
  .parse(process.env);
const table = openTable({ tableName: TABLE_NAME });
const dependencies = {
  programs: programStore(table),
  decisions: decisionStore(table),
  reviews: reviewStore(table),
  nowMs: Date.now,
};

export async function handler(_event: unknown, context: { awsRequestId: string }): Promise<void> {
  for (const tenant of OPERATOR_TENANTS) {
    const actor = {
      tenantId: tenant,
      subject: 'deadlines',
      operation: 'expireReviews',
      requestId: context.awsRequestId,
    };
    const report = await actAs(actor, () => expireReviews(tenant, dependencies));
    console.log(JSON.stringify({ level: 'info', function: 'deadlines', tenantId: tenant, ...report }));
  }
}
