import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import {
  deploymentOfFile,
  functionIdOf,
  functionNames,
  idOf,
  resourcesOf,
} from './synthesized-deployment.ts';

const deployed = deploymentOfFile();

/** The policies of the role a function runs as, as text. */
function policiesOf(name: string): string {
  const { service } = deployed();
  const role: unknown =
    service.findResources('AWS::Lambda::Function')[functionIdOf(service, name)]?.Properties.Role;
  const roleId = JSON.stringify(role).split('"')[3] ?? '';
  return JSON.stringify(
    service.findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: roleId }] } }),
  );
}

describe("a consumer of the table's stream", () => {
  it.each(['sealer', 'events'])('%s gets failed batches again in halves, and loses none of them', (name) => {
    deployed().service.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionName: { Ref: functionIdOf(deployed().service, name) },
      StartingPosition: 'TRIM_HORIZON',
      BisectBatchOnFunctionError: true,
      MaximumRecordAgeInSeconds: 21_600,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    });
    expect(policiesOf(name)).toContain('dynamodb:GetRecords');
  });

  it('that seals is passed no record by', () => {
    const sealer = functionIdOf(deployed().service, 'sealer');
    deployed().service.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionName: { Ref: sealer },
      FilterCriteria: Match.absent(),
    });
  });

  it('may write its own kind of item alone', () => {
    const written = { sealer: 'ten_*#AUDIT#*', events: 'ten_*#EVENTS', webhooks: 'ten_*#WEBHOOKS' };
    for (const [name, pattern] of Object.entries(written)) {
      const statements = policiesOf(name)
        .split('"Action":')
        .filter((text) => text.includes('dynamodb:PutItem'));
      expect(statements, name).toHaveLength(1);
      expect(statements[0], name).toContain(`"dynamodb:LeadingKeys":["${pattern}"]`);
    }
  });
});

describe('a role', () => {
  it('that reaches the table reaches keys of tenants or of machine clients, never any key', () => {
    for (const name of functionNames) {
      const onItems = policiesOf(name)
        .split('"Action":')
        .filter((text) => /dynamodb:(Get|Put|Update)Item/.test(text));
      for (const statement of onItems)
        expect(statement, name).toMatch(/"dynamodb:LeadingKeys":\["(ten_|CLIENT#)/);
    }
  });
});

describe('the queue of deliveries', () => {
  it('keeps the order of each endpoint and subject, and ends in dead letters', () => {
    deployed().service.hasResourceProperties('AWS::SQS::Queue', {
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
      RedrivePolicy: { maxReceiveCount: 20, deadLetterTargetArn: Match.anyValue() },
    });
  });

  it('hands out one message at a time: what waits behind a failing one is not counted as tried', () => {
    deployed().service.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionName: { Ref: functionIdOf(deployed().service, 'webhooks') },
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  it('signs by a key that never leaves KMS, which two functions may use and none may read', () => {
    idOf(deployed().service, 'AWS::KMS::Key', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const signing = functionNames.filter((name) => policiesOf(name).includes('kms:GenerateMac'));
    expect(signing.sort()).toEqual(['subscriptions', 'webhooks']);
  });
});

describe('an alarm', () => {
  it.each([
    'audit records failed for good',
    'event records failed for good',
    'webhook deliveries failed for good',
    'sealer falls behind',
    'events falls behind',
  ])('tells that some %s', (text) => {
    const texts = resourcesOf(deployed().observability, 'AWS::CloudWatch::Alarm').map(({ Properties }) =>
      JSON.stringify(Properties.AlarmDescription),
    );
    expect(texts.filter((description) => description.includes(text))).toHaveLength(1);
  });
});
