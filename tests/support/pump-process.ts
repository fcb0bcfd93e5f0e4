import { z } from 'zod';
import { startBackground } from '../../infra/local/background.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { resolveAll } from '../../shared/webhooks/public-address.ts';
import { testSecrets } from './test-webhooks.ts';

// What runs behind the stream, in a process of its own that may be killed at any moment.
const { ENDPOINT, TABLE, DIRECTORY } = z
  .object({ ENDPOINT: z.url(), TABLE: z.string(), DIRECTORY: z.string() })
  .parse(process.env);
const background = await startBackground({
  table: openTable({ endpoint: ENDPOINT, tableName: TABLE }),
  endpoint: ENDPOINT,
  directory: DIRECTORY,
  secrets: testSecrets,
  resolve: resolveAll,
  allowPrivateAddresses: true,
  timeoutMs: 400,
  // Receivers fail often; what is shown needs no waiting.
  retryAfterSeconds: Array.from({ length: 20 }, () => 0),
  nowMs: Date.now,
  random: Math.random,
  onFailure: (source, error) => console.error(source, error),
});
process.stdout.write('started\n');
process.stdin.once('data', async () => {
  await background.pump.drained();
  await background.queue.settled();
  process.stdout.write('drained\n');
});
