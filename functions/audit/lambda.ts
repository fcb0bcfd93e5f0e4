import { z } from 'zod';
import { lambdaRuntime } from '../../shared/http/lambda-runtime.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { createHandler } from './handler.ts';

const { TABLE_NAME } = z.object({ TABLE_NAME: z.string().min(1) }).parse(process.env);
const table = openTable({ tableName: TABLE_NAME });

export const handler = createHandler({ ...lambdaRuntime(table), table });
