import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deployedFunctions } from '../../infra/stacks/functions.ts';
import {
  deploymentOfFile,
  functionIdOf,
  functionNames,
  idOf,
  resourcesOf,
} from './synthesized-deployment.ts';

const statement = z.object({
  Action: z.union([z.string(), z.array(z.string())]).transform((action) => [action].flat()),
  Resource: z.unknown(),
  Condition: z.unknown().optional(),
});
const policyDocument = z.object({ Statement: z.array(statement) });

const deployed = deploymentOfFile();

/** Every statement of the role a function runs as. */
function statementsOf(name: string) {
  const role =
    deployed().service.findResources('AWS::Lambda::Function')[functionIdOf(deployed().service, name)]
      ?.Properties.Role;
  const roleId = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }).parse(role)[
    'Fn::GetAtt'
  ][0];
  return Object.values(
    deployed().service.findResources('AWS::IAM::Policy', { Properties: { Roles: [{ Ref: roleId }] } }),
  ).flatMap((policy) => policyDocument.parse(policy.Properties.PolicyDocument).Statement);
}

const actionsOf = (name: string) => statementsOf(name).flatMap(({ Action }) => Action);

describe('a function', () => {
  it.each(functionNames)('%s runs on Node 24 and arm64, with its table named', (name) => {
    deployed().service.hasResourceProperties('AWS::Lambda::Function', {
      Description: deployedFunctions[name]?.description,
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      Environment: { Variables: Match.objectLike({ TABLE_NAME: Match.anyValue() }) },
    });
  });

  it.each(functionNames)('%s keeps its logs for a set time', (name) => {
    const logs =
      deployed().service.findResources('AWS::Lambda::Function')[functionIdOf(deployed().service, name)]
        ?.Properties.LoggingConfig;
    const { Ref } = z.object({ Ref: z.string() }).parse(logs.LogGroup);
    deployed().service.hasResource('AWS::Logs::LogGroup', {
      DeletionPolicy: 'Retain',
      Properties: { RetentionInDays: 180 },
    });
    expect(Object.keys(deployed().service.findResources('AWS::Logs::LogGroup'))).toContain(Ref);
  });

  it('is told where its models are only when it carries any', () => {
    const told = functionNames.filter(
      (name) =>
        deployed().service.findResources('AWS::Lambda::Function')[functionIdOf(deployed().service, name)]
          ?.Properties.Environment.Variables.MODELS_DIRECTORY !== undefined,
    );
    expect(told.sort()).toEqual(['applications', 'drift', 'shadow']);
  });

  it('has every log group under retention', () => {
    for (const template of [deployed().service, deployed().observability]) {
      for (const { id, Properties } of resourcesOf(template, 'AWS::Logs::LogGroup')) {
        expect(Properties.RetentionInDays, id).toBeTypeOf('number');
      }
    }
  });
});

describe('a role', () => {
  const documents = () => [
    ...resourcesOf(deployed().service, 'AWS::IAM::Policy').map(({ Properties }) => Properties.PolicyDocument),
    ...resourcesOf(deployed().service, 'AWS::IAM::Role').flatMap(({ Properties }) =>
      z
        .array(z.object({ PolicyDocument: z.unknown() }))
        .default([])
        .parse(Properties.Policies)
        .map(({ PolicyDocument }) => PolicyDocument),
    ),
  ];

  it('functionNames every action and every resource, without a wildcard', () => {
    const statements = documents().flatMap((document) => policyDocument.parse(document).Statement);
    expect(statements.length).toBeGreaterThan(functionNames.length);
    for (const { Action, Resource } of statements) {
      expect(JSON.stringify(Action)).not.toContain('*');
      expect(JSON.stringify(Resource)).not.toContain('*');
    }
  });

  it('is built from no managed policy', () => {
    for (const { id, Properties } of resourcesOf(deployed().service, 'AWS::IAM::Role')) {
      expect(Properties.ManagedPolicyArns, id).toBeUndefined();
    }
  });

  it('never scans the table, and no function deletes from it', () => {
    for (const name of functionNames) {
      expect(actionsOf(name), name).not.toContain('dynamodb:Scan');
      expect(actionsOf(name), name).not.toContain('dynamodb:DeleteItem');
    }
  });

  it('of a reading function writes what is left of its caller’s rate, and who read, and nothing else', () => {
    const writing = statementsOf('decisions').filter(({ Action }) => Action.includes('dynamodb:PutItem'));
    expect(writing).toHaveLength(1);
    expect(writing[0]?.Condition).toEqual({
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['ten_*#RATE#*', 'ten_*#ACCESS#*'] },
    });
    expect(actionsOf('applications')).toEqual(
      expect.arrayContaining(['dynamodb:PutItem', 'dynamodb:UpdateItem', 'kms:GenerateDataKey']),
    );
  });

  it('of the token function reads machine clients and nothing else', () => {
    const role = JSON.stringify(
      Object.values(deployed().service.findResources('AWS::IAM::Policy')).filter((policy) =>
        JSON.stringify(policy).includes('LeadingKeys'),
      ),
    );
    expect(role).toContain('"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["CLIENT#*"]}');
    const onTable = statementsOf('identity').filter(({ Action }) =>
      Action.some((action) => action.startsWith('dynamodb:')),
    );
    expect(onTable).toHaveLength(1);
  });
});

describe('an alarm', () => {
  it.each(
    Object.entries(deployedFunctions),
  )('%s says what is lost when it fails, is throttled or is slow', (_, { monitoring }) => {
    const alarms = resourcesOf(deployed().observability, 'AWS::CloudWatch::Alarm').filter(({ Properties }) =>
      JSON.stringify(Properties.AlarmDescription).includes(monitoring.errorImpact),
    );
    expect(alarms).toHaveLength(3);
    expect(alarms.map(({ Properties }) => Properties.Threshold).sort()).toEqual(
      [0, 0, monitoring.durationP99MsMax].sort(),
    );
  });

  it('tells the people on duty, by a topic that only takes encrypted messages', () => {
    const topic = idOf(deployed().observability, 'AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    for (const { id, Properties } of resourcesOf(deployed().observability, 'AWS::CloudWatch::Alarm')) {
      expect(Properties.AlarmActions, id).toEqual([{ Ref: topic }]);
      expect(Properties.TreatMissingData, id).toBe('notBreaching');
    }
    deployed().observability.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'duty@example.org',
      TopicArn: { Ref: topic },
    });
  });

  it('counts the answers of 500 that Lambda itself takes for success', () => {
    const faults = resourcesOf(deployed().observability, 'AWS::CloudWatch::Alarm').filter(({ Properties }) =>
      JSON.stringify(Properties.Metrics ?? []).includes('"MetricName":"faults"'),
    );
    expect(faults).toHaveLength(functionNames.length);
  });
});
