import { join } from 'node:path';
import { z } from 'zod';
import { featureListHash, features } from '../../shared/features/feature-list.ts';
import { loadChallengers } from '../../shared/scoring/load-scorer.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { createHandler } from './handler.ts';

const { TABLE_NAME, MODELS_DIRECTORY } = z
  .object({ TABLE_NAME: z.string().min(1), MODELS_DIRECTORY: z.string().min(1) })
  .parse(process.env);

export const handler = createHandler({
  table: openTable({ tableName: TABLE_NAME }),
  challengers: await loadChallengers(join(MODELS_DIRECTORY, 'registry.json'), {
    hash: featureListHash,
    features,
  }),
  onRefusal: (refusal) => console.warn(JSON.stringify({ level: 'warn', function: 'shadow', ...refusal })),
});
