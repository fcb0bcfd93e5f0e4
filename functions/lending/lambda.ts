import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { lambdaRuntime } from '../../shared/http/http-function.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { createHandler } from './handler.ts';

const { TABLE_NAME } = z.object({ TABLE_NAME: z.string().min(1) }).parse(process.env);

export const handler = createHandler({
  ...lambdaRuntime,
  table: openTable({ tableName: TABLE_NAME }),
  random: Math.random,
  sleep,
});
