import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { webhookSender } from '../../../functions/webhooks/send-webhook.ts';

const request = { headers: { 'content-type': 'application/json' }, body: '{}' };
const toLoopback = async () => [{ address: '127.0.0.1', family: 4 }];

async function withServer<Result>(
  status: number | 'stall',
  work: (port: number, hits: string[]) => Promise<Result>,
): Promise<Result> {
  const hits: string[] = [];
  const server = createServer((incoming, outgoing) => {
    hits.push(incoming.url ?? '');
    if (status === 'stall') return;
    outgoing.writeHead(status, { location: '/elsewhere' });
    outgoing.end('x'.repeat(100_000));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  try {
    return await work(address !== null && typeof address === 'object' ? address.port : 0, hits);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

describe('a webhook is sent', () => {
  const local = webhookSender({ resolve: toLoopback, allowPrivateAddresses: true, timeoutMs: 2_000 });

  it.each([200, 204, 500, 410])('and its answer of %i is told', async (status) => {
    await withServer(status, async (port, hits) => {
      expect(await local({ ...request, url: `http://lender.example:${port}/events` })).toEqual({
        kind: 'status',
        status,
      });
      expect(hits).toEqual(['/events']);
    });
  });

  it('and a redirect is an answer, never followed', async () => {
    await withServer(302, async (port, hits) => {
      expect(await local({ ...request, url: `http://lender.example:${port}/events` })).toEqual({
        kind: 'status',
        status: 302,
      });
      expect(hits).toEqual(['/events']);
    });
  });

  it('and given up when the receiver stalls', async () => {
    const hurried = webhookSender({ resolve: toLoopback, allowPrivateAddresses: true, timeoutMs: 100 });
    await withServer('stall', async (port) => {
      expect(await hurried({ ...request, url: `http://lender.example:${port}/` })).toEqual({
        kind: 'failure',
        reason: 'timeout',
      });
    });
  });

  it('and what keeps it from being sent is told by its code', async () => {
    const port = await withServer(200, async (used) => used);
    expect(await local({ ...request, url: `http://lender.example:${port}/` })).toEqual({
      kind: 'failure',
      reason: 'econnrefused',
    });
  });
});

describe('a webhook is not sent', () => {
  it('to a private address, whatever its name says, and nothing is connected to', async () => {
    const strict = webhookSender({ resolve: toLoopback, allowPrivateAddresses: false });
    await withServer(200, async (port, hits) => {
      for (const host of ['lender.example', '127.0.0.1', '[::1]', 'localhost']) {
        expect(await strict({ ...request, url: `https://${host}:${port}/` }), host).toEqual({
          kind: 'failure',
          reason: 'private_address',
        });
      }
      expect(hits).toEqual([]);
    });
  });

  it('without TLS', async () => {
    const strict = webhookSender({ resolve: toLoopback, allowPrivateAddresses: false });
    expect(await strict({ ...request, url: 'http://lender.example/' })).toEqual({
      kind: 'failure',
      reason: 'not_https',
    });
  });

  it('to an address other than the one that was checked: the name is resolved once', async () => {
    let asked = 0;
    const rebinding = async () => {
      asked += 1;
      return asked === 1 ? [{ address: '192.0.2.1', family: 4 }] : toLoopback();
    };
    // The first answer is not public, so nothing is sent; a second is never asked for.
    const strict = webhookSender({ resolve: rebinding, allowPrivateAddresses: false, timeoutMs: 500 });
    await strict({ ...request, url: 'https://rebinding.example/' });
    expect(asked).toBe(1);
  });
});
