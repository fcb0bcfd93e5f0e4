import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deploymentOfFile, resourcesOf } from './synthesized-deployment.ts';

const deployed = deploymentOfFile();

const retrier = z.object({ ErrorEquals: z.array(z.string()), MaxAttempts: z.int() });
const task = z.object({ Type: z.literal('Task'), Retry: z.array(retrier).min(1) });
const caught = z.object({
  ErrorEquals: z.array(z.string()),
  ResultPath: z.literal('$.failure'),
  Next: z.literal('CountyFailed'),
});
const jsonata = { QueryLanguage: z.literal('JSONata') };
const definition = z.object({
  StartAt: z.literal('ListCounties'),
  States: z.object({
    ListCounties: task.extend({ Next: z.literal('AgeCounties') }),
    AgeCounties: z.object({
      Type: z.literal('Map'),
      ItemsPath: z.literal('$.counties'),
      MaxConcurrency: z.int().min(1),
      ToleratedFailurePercentage: z.literal(100),
      ItemProcessor: z.object({
        ProcessorConfig: z.object({ Mode: z.literal('DISTRIBUTED'), ExecutionType: z.string() }),
        States: z.object({
          AgeCounty: task.extend({
            Parameters: z.record(z.string(), z.string()),
            Catch: z.array(caught),
            End: z.literal(true),
          }),
          CountyFailed: z.object({
            Type: z.literal('Pass'),
            Parameters: z.record(z.string(), z.string()),
            End: z.literal(true),
          }),
        }),
      }),
      ResultPath: z.literal('$.aged'),
      Next: z.literal('AllAged'),
    }),
    AllAged: z.object({
      Type: z.literal('Choice'),
      ...jsonata,
      Choices: z.array(z.object({ Condition: z.string(), Next: z.string() })),
      Default: z.literal('NightAged'),
    }),
    CountiesFailed: z.object({ Type: z.literal('Fail'), ...jsonata, Error: z.string(), Cause: z.string() }),
    CountiesMissing: z.object({ Type: z.literal('Fail'), ...jsonata, Error: z.string(), Cause: z.string() }),
    NightAged: z.object({ Type: z.literal('Succeed') }),
  }),
});

function machine() {
  const [found] = resourcesOf(deployed().servicing, 'AWS::StepFunctions::StateMachine');
  const { DefinitionString } = found?.Properties ?? {};
  const [, parts] = z
    .object({ 'Fn::Join': z.tuple([z.literal(''), z.array(z.union([z.string(), z.unknown()]))]) })
    .parse(DefinitionString)['Fn::Join'];
  const text = parts.map((part) => (typeof part === 'string' ? part : 'imported')).join('');
  return definition.parse(JSON.parse(text));
}

describe('the nightly run', () => {
  it('is one execution of a distributed map for each county, and one that fails stops no other', () => {
    const { AgeCounties } = machine().States;
    expect(AgeCounties.MaxConcurrency).toBe(40);
    expect(AgeCounties.ItemProcessor.States.AgeCounty.Parameters).toMatchObject({
      task: 'age_county',
      'countyId.$': '$.countyId',
      'programs.$': '$.programs',
      'until.$': '$.until',
    });
  });

  it('is tried again whatever the error, since ageing is safe to repeat', () => {
    const { ListCounties, AgeCounties } = machine().States;
    for (const { Retry } of [ListCounties, AgeCounties.ItemProcessor.States.AgeCounty]) {
      expect(Retry).toContainEqual({ ErrorEquals: ['States.ALL'], MaxAttempts: 4 });
    }
  });

  it('fails when a county has failed all its retries, after all the others are done, and names it', () => {
    const { AgeCounties, AllAged, CountiesFailed, CountiesMissing } = machine().States;
    const { AgeCounty, CountyFailed } = AgeCounties.ItemProcessor.States;
    // The child answers for its county, so its failure stops no other and its name is not lost.
    expect(AgeCounty.Catch).toEqual([
      { ErrorEquals: ['States.ALL'], ResultPath: '$.failure', Next: 'CountyFailed' },
    ]);
    expect(CountyFailed.Parameters).toEqual({
      'countyId.$': '$.countyId',
      outcome: 'failed',
      'error.$': '$.failure.Error',
    });
    expect(AllAged.Choices).toEqual([
      { Condition: "{% $count($states.input.aged[outcome='failed']) > 0 %}", Next: 'CountiesFailed' },
      {
        Condition: '{% $count($states.input.aged) < $count($states.input.counties) %}',
        Next: 'CountiesMissing',
      },
    ]);
    expect(CountiesFailed).toMatchObject({
      Error: 'CountiesFailed',
      Cause: expect.stringContaining("$states.input.aged[outcome='failed'].countyId"),
    });
    expect(CountiesMissing.Error).toBe('CountiesMissing');
  });

  it('begins half past midnight of the business day', () => {
    deployed().servicing.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(30 0 * * ? *)',
      ScheduleExpressionTimezone: 'Asia/Shanghai',
      State: 'ENABLED',
    });
  });

  it('is logged without what it works on, traced, and missed by an alarm', () => {
    deployed().servicing.hasResourceProperties('AWS::StepFunctions::StateMachine', {
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
    for (const MetricName of ['ExecutionsFailed', 'ExecutionsTimedOut']) {
      deployed().servicing.hasResourceProperties('AWS::CloudWatch::Alarm', {
        MetricName,
        Threshold: 0,
        AlarmDescription: Match.stringLikeRegexp('did not age'),
        AlarmActions: Match.anyValue(),
      });
    }
  });

  it('may call its one function and start its own children, nothing of the table', () => {
    const policies = JSON.stringify([
      deployed().servicing.findResources('AWS::IAM::Policy'),
      deployed().servicing.findResources('AWS::IAM::Role'),
    ]);
    expect(policies).toContain('lambda:InvokeFunction');
    expect(policies).toContain('states:StartExecution');
    expect(policies).not.toContain('dynamodb:');
  });
});
