import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deploymentOfFile, functionIdOf, resourcesOf } from './synthesized-deployment.ts';

const deployed = deploymentOfFile();

describe('the shadow function', () => {
  it('is given new decisions and nothing else of the stream', () => {
    deployed().service.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      FunctionName: { Ref: functionIdOf(deployed().service, 'shadow') },
      FilterCriteria: {
        Filters: [
          {
            Pattern: JSON.stringify({
              eventName: ['INSERT'],
              dynamodb: { Keys: { sk: { S: ['DECISION'] } } },
            }),
          },
        ],
      },
    });
  });

  it('may write shadow scores, and neither read nor write anything else', () => {
    const role =
      deployed().service.findResources('AWS::Lambda::Function')[functionIdOf(deployed().service, 'shadow')]
        ?.Properties.Role['Fn::GetAtt'][0];
    const policies = deployed().service.findResources('AWS::IAM::Policy', {
      Properties: { Roles: [{ Ref: role }] },
    });
    const statements = z
      .array(
        z.looseObject({
          Action: z.union([z.string(), z.array(z.string())]),
          Condition: z.unknown().optional(),
        }),
      )
      .parse(Object.values(policies).flatMap((policy) => policy.Properties.PolicyDocument.Statement));
    const onTable = statements.filter(({ Action }) =>
      [Action].flat().some((action) => /^dynamodb:(?!.*(Stream|Records|Shard))/.test(action)),
    );
    expect(onTable.map(({ Action, Condition }) => ({ Action, Condition }))).toEqual([
      {
        Action: ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['ten_*#SHADOW'] } },
      },
    ]);
  });
});

describe('drift', () => {
  it('is measured every night for the programs of every operator', () => {
    deployed().service.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'cron(30 18 * * ? *)',
      Targets: [
        Match.objectLike({ Arn: { 'Fn::GetAtt': [functionIdOf(deployed().service, 'drift'), 'Arn'] } }),
      ],
    });
    deployed().service.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ OPERATOR_TENANTS: 'ten_operator' }) },
      Timeout: 900,
    });
  });

  it('raises alarms at 0.1 and 0.25, of scores and of features, and says what to do', () => {
    const alarms = resourcesOf(deployed().observability, 'AWS::CloudWatch::Alarm').filter(
      ({ Properties }) => Properties.MetricName === 'scorePsi' || Properties.MetricName === 'featurePsi',
    );
    const seen = alarms.map(({ Properties }) => `${Properties.MetricName} ${Properties.Threshold}`);
    expect(seen.sort()).toEqual(['featurePsi 0.1', 'featurePsi 0.25', 'scorePsi 0.1', 'scorePsi 0.25']);
    for (const { Properties } of alarms) {
      expect(Properties).toMatchObject({ Statistic: 'Maximum', Period: 86_400 });
      expect(Properties.AlarmActions).toHaveLength(1);
      expect(Properties.AlarmDescription).toMatch(/drift-report/);
    }
  });
});
