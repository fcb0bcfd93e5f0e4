import { z } from 'zod';
import { openTable } from '../../shared/store/dynamo.ts';
import { machineClientStore } from '../../shared/store/machine-clients.ts';
import { issueToken } from './issue-token.ts';

const { TABLE_NAME } = z.object({ TABLE_NAME: z.string().min(1) }).parse(process.env);
const dependencies = {
  machineClients: machineClientStore(openTable({ tableName: TABLE_NAME })),
  log: (issue: object) => console.log(JSON.stringify({ level: 'info', function: 'identity', ...issue })),
};

export const handler = (event: unknown) => issueToken(event, dependencies);
