import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { openTable } from '../../shared/store/dynamo.ts';
import { createHandler } from './handler.ts';

const { TABLE_NAME } = z.object({ TABLE_NAME: z.string().min(1) }).parse(process.env);

export const handler = createHandler({
  table: openTable({ tableName: TABLE_NAME }),
  random: Math.random,
  sleep,
  // One line per append: whoever can write the table cannot rewrite this.
  log: (sealed) => console.log(JSON.stringify({ level: 'info', function: 'sealer', ...sealed })),
});
