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

/** As Cognito sends it when somebody has signed in at the login page, trigger version 3. */
const personRequest = (changes: {
  attributes?: Record<string, string>;
  groups?: string[] | null;
  scopes?: string[];
  triggerSource?: string;
}) => ({
  version: '3',
  triggerSource: changes.triggerSource ?? 'TokenGeneration_HostedAuth',
  region: 'cn-north-1',
  userPoolId: 'cn-north-1_EXAMPLE',
  userName: 'zhao.lei',
  callerContext: { awsSdkVersion: 'aws-sdk-unknown-unknown', clientId: '7people' },
  request: {
    userAttributes: {
      sub: '2f1c8a52-person',
      'cognito:user_status': 'CONFIRMED',
      email: 'zhao.lei@example.org',
      'custom:tenant': 'ten_bank',
      ...changes.attributes,
    },
    groupConfiguration: {
      groupsToOverride: changes.groups === undefined ? ['credit_officer'] : changes.groups,
      iamRolesToOverride: [],
      preferredRole: null,
    },
    scopes: changes.scopes ?? [
      'openid',
      'cunxin/reviews:write',
      'cunxin/decisions:read',
      'cunxin/audit:read',
      'cunxin/programs:write',
    ],
  },
  response: { claimsAndScopeOverrideDetails: null },
});

describe('a person’s token about to be signed', () => {
  const issued: TokenIssue[] = [];
  const dependencies = {
    machineClients: { get: async () => expect.fail('a person is no machine client') },
    log: (issue: TokenIssue) => issued.push(issue),
  };
  const generated = async (changes: Parameters<typeof personRequest>[0]) =>
    (await issueToken(personRequest(changes), dependencies)).response.claimsAndScopeOverrideDetails
      .accessTokenGeneration;

  it.each([
    'TokenGeneration_HostedAuth',
    'TokenGeneration_NewPasswordChallenge',
    'TokenGeneration_RefreshTokens',
  ])('says tenant and roles at %s, and loses the scopes the roles lack', async (triggerSource) => {
    expect(await generated({ triggerSource })).toEqual({
      claimsToAddOrOverride: { tenant: 'ten_bank', roles: 'credit_officer' },
      scopesToSuppress: ['cunxin/audit:read', 'cunxin/programs:write'],
    });
    expect(issued.at(-1)).toEqual({
      clientId: '7people',
      tenantId: 'ten_bank',
      subject: '2f1c8a52-person',
      roles: 'credit_officer',
    });
  });

  it('keeps the scopes of several roles, and heeds no group that is no role', async () => {
    const { claimsToAddOrOverride, scopesToSuppress } = await generated({
      groups: ['on-call', 'compliance_officer', 'credit_officer'],
    });
    expect(claimsToAddOrOverride).toEqual({ tenant: 'ten_bank', roles: 'credit_officer compliance_officer' });
    expect(scopesToSuppress).toEqual(['cunxin/programs:write']);
  });

  it('names the entrepreneur an applicant is', async () => {
    const applicant = { 'custom:tenant': 'ten_platform', 'custom:entrepreneur': 'ent_1' };
    expect(await generated({ attributes: applicant, groups: ['applicant'] })).toEqual({
      claimsToAddOrOverride: { tenant: 'ten_platform', roles: 'applicant', entrepreneur: 'ent_1' },
      scopesToSuppress: ['cunxin/reviews:write', 'cunxin/audit:read', 'cunxin/programs:write'],
    });
  });

  it('takes nothing from what the application sends along', async () => {
    const request = personRequest({});
    const sly = {
      ...request,
      request: { ...request.request, clientMetadata: { tenant: 'ten_large', roles: 'operator' } },
    };
    const { response } = await issueToken(sly, dependencies);
    expect(response.claimsAndScopeOverrideDetails.accessTokenGeneration.claimsToAddOrOverride).toEqual({
      tenant: 'ten_bank',
      roles: 'credit_officer',
    });
  });

  it.each([
    ['of no tenant', { attributes: { 'custom:tenant': '' } }],
    ['of no group', { groups: null }],
    ['of no group that is a role', { groups: ['on-call'] }],
    ['an applicant who is no entrepreneur', { groups: ['applicant'] }],
    ['an officer who is an entrepreneur', { attributes: { 'custom:entrepreneur': 'ent_1' } }],
  ])('is not signed for somebody %s', async (_, changes) => {
    await expect(issueToken(personRequest(changes), dependencies)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});
