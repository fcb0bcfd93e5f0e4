import { join } from 'node:path';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cunxinApp } from '../../infra/app.ts';
import { roleNames, roles, scopesOf } from '../../shared/http/roles.ts';
import { RESOURCE_SERVER, scopes } from '../../shared/http/scopes.ts';
import {
  deploymentOfFile,
  functionIdOf,
  idOf,
  machineClients,
  people,
  resourcesOf,
} from './synthesized-deployment.ts';

const deployed = deploymentOfFile();

/** A scope as the template names it: `<resource server>/<scope>`, the server by reference. */
const scopeReference = (scope: string) => ({ 'Fn::Join': ['', [Match.anyValue(), `/${scope}`]] });
const peopleClientId = () =>
  idOf(deployed().service, 'AWS::Cognito::UserPoolClient', { AllowedOAuthFlows: ['code'] });

describe('the user pool', () => {
  it('offers every scope', () => {
    deployed().service.hasResourceProperties('AWS::Cognito::UserPoolResourceServer', {
      Identifier: RESOURCE_SERVER,
      Scopes: Match.arrayWith(
        Object.entries(scopes).map(([ScopeName, ScopeDescription]) => ({ ScopeName, ScopeDescription })),
      ),
    });
  });

  it('has accounts made by administrators only, each with a second factor that is no text message', () => {
    deployed().service.hasResourceProperties('AWS::Cognito::UserPool', {
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      DeletionProtection: 'ACTIVE',
      MfaConfiguration: 'ON',
      EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
      AccountRecoverySetting: { RecoveryMechanisms: [{ Name: 'verified_email', Priority: 1 }] },
      Policies: { PasswordPolicy: Match.objectLike({ MinimumLength: 16, PasswordHistorySize: 12 }) },
    });
  });

  it('knows a person’s tenant and entrepreneur, which nobody changes once the account is made', () => {
    deployed().service.hasResourceProperties('AWS::Cognito::UserPool', {
      Schema: Match.arrayWith([
        Match.objectLike({ Name: 'tenant', AttributeDataType: 'String', Mutable: false }),
        Match.objectLike({ Name: 'entrepreneur', AttributeDataType: 'String', Mutable: false }),
      ]),
    });
  });

  it('asks who the bearer is before every token, which needs the Essentials plan', () => {
    deployed().service.hasResourceProperties('AWS::Cognito::UserPool', {
      UserPoolTier: 'ESSENTIALS',
      LambdaConfig: {
        PreTokenGenerationConfig: {
          LambdaArn: { 'Fn::GetAtt': [functionIdOf(deployed().service, 'identity'), 'Arn'] },
          LambdaVersion: 'V3_0',
        },
      },
    });
  });
});

describe('machine identity', () => {
  it.each(machineClients)('gives $name the scopes it was declared with and writes its tenant', (client) => {
    const id = idOf(deployed().service, 'AWS::Cognito::UserPoolClient', {
      GenerateSecret: true,
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthScopes: client.scopes.map(scopeReference),
    });
    const written = resourcesOf(deployed().service, 'Custom::MachineClientTenant')
      .map(({ Properties }) => JSON.stringify(Properties.Create))
      .filter((create) => create.includes(`"Ref":"${id}"`));
    expect(written).toHaveLength(1);
    expect(written[0]).toContain(JSON.stringify(`"tenantId":{"S":"${client.tenant}"}`).slice(1, -1));
  });
});

describe('people', () => {
  it('sign in by authorization code, at one application without a secret, and come back where declared', () => {
    deployed().service.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      GenerateSecret: false,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthScopes: ['openid', ...scopesOf(roleNames).map(scopeReference)],
      CallbackURLs: people.callbackUrls,
      LogoutURLs: people.logoutUrls,
      ExplicitAuthFlows: ['ALLOW_USER_SRP_AUTH'],
      SupportedIdentityProviders: ['COGNITO'],
      PreventUserExistenceErrors: 'ENABLED',
      EnableTokenRevocation: true,
    });
  });

  it('get tokens of a quarter of an hour, renewed for half a day by a token that changes each time', () => {
    deployed().service.hasResourceProperties('AWS::Cognito::UserPoolClient', {
      AllowedOAuthFlows: ['code'],
      AccessTokenValidity: 15,
      RefreshTokenValidity: 720,
      TokenValidityUnits: { AccessToken: 'minutes', IdToken: 'minutes', RefreshToken: 'minutes' },
      RefreshTokenRotation: { Feature: 'ENABLED' },
    });
  });

  it('write nothing of themselves that says what they may do', () => {
    const client = deployed().service.findResources('AWS::Cognito::UserPoolClient')[peopleClientId()];
    expect(client?.Properties.WriteAttributes).toEqual(['locale']);
    expect(client?.Properties.ReadAttributes.filter((name: string) => name.startsWith('custom:'))).toEqual(
      [],
    );
  });

  it('hold roles, each a group of the pool', () => {
    const groups = resourcesOf(deployed().service, 'AWS::Cognito::UserPoolGroup').map(({ Properties }) => [
      Properties.GroupName,
      Properties.Description,
    ]);
    expect(groups.sort()).toEqual(roleNames.map((name) => [name, roles[name].does]).sort());
  });

  it('meet the managed login page, styled for their application', () => {
    deployed().service.hasResourceProperties('AWS::Cognito::UserPoolDomain', { ManagedLoginVersion: 2 });
    deployed().service.hasResourceProperties('AWS::Cognito::ManagedLoginBranding', {
      ClientId: { Ref: peopleClientId() },
      UseCognitoProvidedValues: true,
    });
  });

  it('find where to sign in among the outputs', () => {
    const outputs = z.record(z.string(), z.unknown()).parse(deployed().service.toJSON().Outputs);
    expect(Object.keys(outputs)).toEqual(expect.arrayContaining(['LoginUrl', 'PeopleClientId', 'TokenUrl']));
  });

  it.each([
    ['an address that is not encrypted', 'http://console.example.org/signed-in'],
    ['any address of a host', 'https://console.example.org/*'],
    ['an address with a fragment', 'https://console.example.org/#signed-in'],
    ['a host that begins like this machine', 'http://localhost.example.org/'],
    ['no address', 'console'],
  ])('are sent back to no callback that is %s', (_, callback) => {
    expect(() =>
      cunxinApp({
        bundles: deployed().bundles,
        outdir: join(deployed().directory, 'refused'),
        context: { machineClients, people: { ...people, callbackUrls: [callback] } },
      }),
    ).toThrow('context.people.callbackUrls.0');
  });

  it('cannot sign in at all where no application is declared', () => {
    const { service } = cunxinApp({
      bundles: deployed().bundles,
      outdir: join(deployed().directory, 'systems-only'),
      builtinCloudFormationValidation: false,
      context: { machineClients },
    });
    const clients = service.node.findAll().filter(({ node }) => node.path.includes('/Identity/People'));
    expect(clients).toEqual([]);
  });
});
