import { join } from 'node:path';
import type { Environment } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { functionNames, routes } from '../../functions/routes.ts';
import { cunxinApp } from '../../infra/app.ts';
import { RESOURCE_SERVER } from '../../shared/http/scopes.ts';
import { daySummaryIndex, TIME_TO_LIVE_ATTRIBUTE } from '../../shared/store/table.ts';
import {
  functionIdOf,
  idOf,
  machineClients,
  resourcesOf,
  type SynthesizedDeployment,
  synthesizeDeployment,
} from './synthesized-deployment.ts';

let deployed: SynthesizedDeployment;

beforeAll(async () => {
  deployed = await synthesizeDeployment();
});

afterAll(() => deployed.remove());

describe('the table', () => {
  it('is laid out as the store expects', () => {
    deployed.data.hasResourceProperties('AWS::DynamoDB::Table', {
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: daySummaryIndex.name,
          KeySchema: [
            { AttributeName: daySummaryIndex.partition, KeyType: 'HASH' },
            { AttributeName: daySummaryIndex.sort, KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: [...daySummaryIndex.projected] },
        },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      TimeToLiveSpecification: { AttributeName: TIME_TO_LIVE_ATTRIBUTE, Enabled: true },
    });
  });

  it('can be restored to any second of 35 days, and neither it nor its key goes with the stack', () => {
    deployed.data.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: Match.objectLike({
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true, RecoveryPeriodInDays: 35 },
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: Match.anyValue() },
      }),
    });
    deployed.data.hasResource('AWS::KMS::Key', {
      DeletionPolicy: 'Retain',
      Properties: Match.objectLike({ EnableKeyRotation: true }),
    });
  });
});

describe('the HTTP API', () => {
  it('has every route of the route table and no other', () => {
    const routeKeys = resourcesOf(deployed.service, 'AWS::ApiGatewayV2::Route').map(
      ({ Properties }) => Properties.RouteKey,
    );
    expect(routeKeys.sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it.each(
    routes.map((route) => ({ ...route, routeKey: `${route.method} ${route.path}` })),
  )('lets only tokens with $scope reach $routeKey', ({ routeKey, scope, function: name }) => {
    const authorizer = idOf(deployed.service, 'AWS::ApiGatewayV2::Authorizer', { AuthorizerType: 'JWT' });
    const integration = idOf(deployed.service, 'AWS::ApiGatewayV2::Integration', {
      IntegrationUri: { 'Fn::GetAtt': [functionIdOf(deployed.service, name), 'Arn'] },
      PayloadFormatVersion: '2.0',
    });
    deployed.service.hasResourceProperties('AWS::ApiGatewayV2::Route', {
      RouteKey: routeKey,
      AuthorizationType: 'JWT',
      AuthorizerId: { Ref: authorizer },
      AuthorizationScopes: [`${RESOURCE_SERVER}/${scope}`],
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: integration }]] },
    });
  });

  it('accepts tokens of its own pool, issued to the clients of this deployment', () => {
    const pool = idOf(deployed.service, 'AWS::Cognito::UserPool', {});
    const clients = resourcesOf(deployed.service, 'AWS::Cognito::UserPoolClient').map(({ id }) => ({
      Ref: id,
    }));
    // The application people sign in to is one more.
    expect(clients).toHaveLength(machineClients.length + 1);
    deployed.service.hasResourceProperties('AWS::ApiGatewayV2::Authorizer', {
      JwtConfiguration: {
        Issuer: { 'Fn::GetAtt': [pool, 'ProviderURL'] },
        Audience: clients,
      },
    });
  });

  it('tells every function behind it the rates of its clients', () => {
    for (const name of functionNames) {
      const { Properties } =
        deployed.service.findResources('AWS::Lambda::Function')[functionIdOf(deployed.service, name)] ??
        expect.fail(name);
      expect(JSON.parse(Properties.Environment.Variables.RATE_LIMITS)).toEqual({
        default: { read: { ratePerSecond: 50, burst: 500 }, write: { ratePerSecond: 50, burst: 500 } },
        tenants: { ten_bank: { read: { ratePerSecond: 5, burst: 10 } } },
      });
    }
    deployed.observability.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'Cunxin',
      MetricName: 'rateLimiterFailures',
      Dimensions: Match.absent(),
    });
  });

  it('is throttled, and logs who called what without a body', () => {
    deployed.service.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1_000 },
      AccessLogSettings: {
        DestinationArn: Match.anyValue(),
        Format: Match.stringLikeRegexp('authorizer.claims.tenant'),
      },
    });
  });
});

describe('the deployment', () => {
  it('has no finding, of CloudFormation or of cdk-nag, that is not acknowledged with a reason', () => {
    expect(deployed.validationReport).toMatchObject({ pluginReports: [] });
  });

  it.each<Environment>([
    { region: 'cn-north-1' },
    { account: '123456789012', region: 'eu-central-1' },
  ])('has none in a place that the CLI knows either: %o', async (env) => {
    const there = await synthesizeDeployment({ builtinCloudFormationValidation: false, env });
    expect(there.validationReport).toMatchObject({ pluginReports: [] });
    await there.remove();
  });

  it('is stopped by a finding of cdk-nag', () => {
    const { app, data: stack } = cunxinApp({
      bundles: deployed.bundles,
      outdir: join(deployed.directory, 'finding'),
      builtinCloudFormationValidation: false,
      context: { machineClients },
    });
    new Topic(stack, 'Plain');
    expect(() => app.synth()).toThrow('AwsSolutions-SNS3');
  });

  it('is refused with a rate that lets nothing through', () => {
    const limit = { ratePerSecond: 0, burst: 1 };
    expect(() =>
      cunxinApp({
        bundles: deployed.bundles,
        outdir: join(deployed.directory, 'refused'),
        context: { machineClients, rateLimits: { default: { read: limit, write: limit } } },
      }),
    ).toThrow('context.rateLimits.default.read.ratePerSecond');
  });

  it('looks nothing up and names no account', () => {
    expect(deployed.manifest).not.toHaveProperty('missing');
    expect(deployed.manifest).toMatchObject({
      artifacts: { CunxinService: { environment: 'aws://unknown-account/unknown-region' } },
    });
  });

  it.each([
    ['no client', [], 'machineClients'],
    ['an unknown scope', [{ name: 'bank', tenant: 'ten_bank', scopes: ['everything'] }], 'scopes.0'],
    ['no tenant', [{ name: 'bank', tenant: 'bank', scopes: ['decisions:read'] }], 'machineClients.0.tenant'],
    ['two of one name', [machineClients[0], machineClients[0]], 'same name'],
    [
      'more than API Gateway can know',
      Array.from({ length: 50 }, (_, index) => ({
        name: `client-${index}`,
        tenant: 'ten_bank',
        scopes: ['decisions:read'],
      })),
      'machineClients',
    ],
  ])('is refused with machine clients of %s', (_, declared, message) => {
    expect(() =>
      cunxinApp({
        bundles: deployed.bundles,
        outdir: join(deployed.directory, 'refused'),
        context: { machineClients: declared },
      }),
    ).toThrow(message);
  });
});
