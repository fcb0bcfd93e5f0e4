import { join } from 'node:path';
import { z } from 'zod';
import { readDriftReference } from '../../models/monitoring/drift.ts';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { featureListHash, features } from '../../shared/features/feature-list.ts';
import { actAs } from '../../shared/store/acting.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { programStore } from '../../shared/store/programs.ts';
import { driftLines } from './drift-metrics.ts';
import { measureDrift } from './measure-drift.ts';

const { TABLE_NAME, MODELS_DIRECTORY, OPERATOR_TENANTS } = z
  .object({
    TABLE_NAME: z.string().min(1),
    MODELS_DIRECTORY: z.string().min(1),
    OPERATOR_TENANTS: z.string().transform((text) => z.array(tenantId).min(1).parse(text.split(','))),
  })
  .parse(process.env);

const WINDOW_DAYS = 30;
const table = openTable({ tableName: TABLE_NAME });
const dependencies = {
  programs: programStore(table),
  decisions: decisionStore(table),
  reference: await readDriftReference(join(MODELS_DIRECTORY, 'registry.json'), {
    hash: featureListHash,
    features,
  }),
  nowMs: Date.now,
  windowDays: WINDOW_DAYS,
};

export async function handler(_event: unknown, context: { awsRequestId: string }): Promise<void> {
  for (const tenant of OPERATOR_TENANTS) {
    const actor = {
      tenantId: tenant,
      subject: 'drift',
      operation: 'measureDrift',
      requestId: context.awsRequestId,
    };
    for (const drift of await actAs(actor, () => measureDrift(tenant, dependencies))) {
      for (const line of driftLines(drift, Date.now())) console.log(line);
    }
  }
}
