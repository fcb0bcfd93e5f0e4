import { z } from 'zod';
import { lambdaRuntime } from '../../shared/http/lambda-runtime.ts';
import { s3PersonKeys } from '../../shared/persons/s3-person-keys.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { createHandler } from './handler.ts';

const { TABLE_NAME, PERSON_KEYS_BUCKET } = z
  .object({ TABLE_NAME: z.string().min(1), PERSON_KEYS_BUCKET: z.string().min(1) })
  .parse(process.env);
const table = openTable({ tableName: TABLE_NAME });

export const handler = createHandler({
  ...lambdaRuntime(table),
  table,
  personKeys: s3PersonKeys(PERSON_KEYS_BUCKET),
});
