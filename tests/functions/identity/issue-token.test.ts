import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { describe, expect, it } from 'vitest';
import { issueToken, type TokenIssue } from '../../../functions/identity/issue-token.ts';
import { machineClientItem, machineClientStore } from '../../../shared/store/machine-clients.ts';
import { machineClientKey } from '../../../shared/store/table.ts';
import { useTable } from '../../support/engine.ts';

/** As Cognito sends it for client credentials, trigger version 3. */
const tokenRequest = (clientId: string, changes: object = {}) => ({
  version: '3',
  triggerSource: 'TokenGeneration_ClientCredentials',
  region: 'cn-north-1',
  userPoolId: 'cn-north-1_EXAMPLE',
  userName: clientId,
  callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId },
  request: {
    userAttributes: {},
    groupConfiguration: { groupsToOverride: [], iamRolesToOverride: [], preferredRole: null },
    scopes: ['cunxin/decisions:read'],
  },
  response: { claimsAndScopeOverrideDetails: null },
  ...changes,
});

describe('a token about to be signed', () => {
  const table = useTable();
  const issued: TokenIssue[] = [];
  const dependencies = () => ({
    machineClients: machineClientStore(table()),
    log: (issue: TokenIssue) => issued.push(issue),
  });
  const putItem = (Item: ReturnType<typeof machineClientItem>) =>
    table().client.send(new PutItemCommand({ TableName: table().tableName, Item }));

  it("carries its client's tenant, and nothing else of it is changed", async () => {
    await putItem(machineClientItem({ clientId: '1example23456789', tenantId: 'ten_bank' }));
    const request = tokenRequest('1example23456789');
    expect(await issueToken(request, dependencies())).toEqual({
      ...request,
      response: {
        claimsAndScopeOverrideDetails: {
          accessTokenGeneration: { claimsToAddOrOverride: { tenant: 'ten_bank' } },
        },
      },
    });
    expect(issued).toEqual([{ clientId: '1example23456789', tenantId: 'ten_bank' }]);
  });

  it('takes no tenant from what the caller sends along', async () => {
    await putItem(machineClientItem({ clientId: 'sly', tenantId: 'ten_small' }));
    const request = tokenRequest('sly');
    const sly = {
      ...request,
      request: { ...request.request, clientMetadata: { tenant: 'ten_large', tenantId: 'ten_large' } },
    };
    const { response } = await issueToken(sly, dependencies());
    expect(response.claimsAndScopeOverrideDetails.accessTokenGeneration.claimsToAddOrOverride).toEqual({
      tenant: 'ten_small',
    });
  });

  it('is not signed for a client that has no tenant', async () => {
    await expect(issueToken(tokenRequest('nobody'), dependencies())).rejects.toMatchObject({
      code: 'forbidden',
      message: 'client nobody has no tenant',
    });
  });

  it('is not signed when what is stored is not a tenant', async () => {
    await putItem(marshall({ ...machineClientKey('broken'), tenantId: 'bank' }));
    await expect(issueToken(tokenRequest('broken'), dependencies())).rejects.toMatchObject({
      code: 'corrupt_record',
    });
  });

  it.each([
    ['a user signing in', { triggerSource: 'TokenGeneration_Authentication' }, 'triggerSource'],
    ['an older trigger', { version: '2' }, 'version'],
    ['no client', { callerContext: {} }, 'callerContext.clientId'],
    [
      'a client id that would leave its key',
      { callerContext: { clientId: 'a#b' } },
      'callerContext.clientId',
    ],
  ])('is refused for %s', async (_, changes, field) => {
    await expect(issueToken(tokenRequest('any', changes), dependencies())).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [expect.objectContaining({ field })],
    });
  });
});
