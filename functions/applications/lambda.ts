import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { featureListHash, features } from '../../shared/features/feature-list.ts';
import { lambdaRuntime } from '../../shared/http/lambda-runtime.ts';
import { loadChampion } from '../../shared/scoring/load-scorer.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { createHandler } from './handler.ts';

const { TABLE_NAME, MODELS_DIRECTORY } = z
  .object({ TABLE_NAME: z.string().min(1), MODELS_DIRECTORY: z.string().min(1) })
  .parse(process.env);
const table = openTable({ tableName: TABLE_NAME });

export const handler = createHandler({
  ...lambdaRuntime(table),
  table,
  // Top-level await: the session is built and warm in Lambda's initialisation, before the first request.
  scorer: await loadChampion(join(MODELS_DIRECTORY, 'registry.json'), { hash: featureListHash, features }),
  newId: (prefix) => `${prefix}_${randomUUID().replaceAll('-', '')}`,
  random: Math.random,
  sleep,
});
