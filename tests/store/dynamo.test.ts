import { createServer } from 'node:http';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../infra/local/engine.ts';
import { openTable } from '../../shared/store/dynamo.ts';

describe('a table that cannot keep up', () => {
  let endpoint = '';
  let errorType = '';
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(
      JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${errorType}`, message: 'slow down' }),
    );
  });
  beforeAll(async () => {
    const port = await freePort();
    await new Promise<void>((listening) => server.listen(port, '127.0.0.1', listening));
    endpoint = `http://127.0.0.1:${port}`;
  });
  afterAll(() => server.closeAllConnections());

  const read = () => {
    const { client, tableName } = openTable({ endpoint, tableName: 'busy', attemptsMax: 1 });
    return client.send(new GetItemCommand({ TableName: tableName, Key: { pk: { S: 'a' }, sk: { S: 'b' } } }));
  };

  it.each([
    'ThrottlingException',
    'ProvisionedThroughputExceededException',
    'RequestLimitExceeded',
  ])('says %s as too_many_requests, and when to come back', async (type) => {
    errorType = type;
    await expect(read()).rejects.toMatchObject({ code: 'too_many_requests', retryAfterSeconds: 2 });
  });

  it('leaves every other error what it is', async () => {
    errorType = 'ResourceNotFoundException';
    await expect(read()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});
