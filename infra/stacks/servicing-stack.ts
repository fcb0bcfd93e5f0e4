import { Duration, RemovalPolicy, Stack, type StackProps, TimeZone, Token, Validations } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import {
  type CfnStateMachine,
  Choice,
  Condition,
  DefinitionBody,
  DistributedMap,
  Fail,
  type IChainable,
  LogLevel,
  Pass,
  ProcessorMode,
  ProcessorType,
  StateMachine,
  StateMachineType,
  Succeed,
  TaskInput,
} from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import type { CunxinFunction } from '../constructs/cunxin-function.ts';
import { metricAlarm } from '../constructs/function-alarms.ts';

export interface ServicingStackProps extends StackProps {
  /** Names the counties, and ages one. */
  readonly servicing: CunxinFunction;
}

/** A thousand counties in forty at once: the table grows into a night's writes without being surprised. */
const COUNTIES_AT_ONCE = 40;
const ATTEMPTS_MAX = 4;
const STATE_MACHINE_NAME = 'cunxin-age-loans';

/**
 * Every night, all loans of the nation age through the day that ended: one execution of a distributed map for each
 * county. A county that fails is tried again, and then by the next night, which catches up; it never stops
 * another. When all the others are done, the night itself fails and names it.
 */
export class ServicingStack extends Stack {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, { servicing, ...props }: ServicingStackProps) {
    super(scope, id, props);
    const invoke = (name: string, payload: Record<string, unknown>) => {
      const step = new LambdaInvoke(this, name, {
        lambdaFunction: servicing.lambda,
        payload: TaskInput.fromObject(payload),
        payloadResponseOnly: true,
        // Every error, not only Lambda's own: ageing is safe to repeat from wherever it stopped.
        retryOnServiceExceptions: false,
      });
      step.addRetry({ maxAttempts: ATTEMPTS_MAX, interval: Duration.seconds(10), backoffRate: 3 });
      return step;
    };
    const counties = invoke('ListCounties', { task: 'list_counties' });
    const eachCounty = new DistributedMap(this, 'AgeCounties', {
      itemsPath: '$.counties',
      maxConcurrency: COUNTIES_AT_ONCE,
      // A county's failure is an answer of its own (below); this is for what stops a child itself, such as a quota.
      toleratedFailurePercentage: 100,
      mapExecutionType: StateMachineType.STANDARD,
      resultPath: '$.aged',
    });
    const ageCounty = invoke('AgeCounty', {
      task: 'age_county',
      'operatorTenantId.$': '$.operatorTenantId',
      'countyId.$': '$.countyId',
      'until.$': '$.until',
      'programs.$': '$.programs',
    });
    // Whatever the error, after all retries: the map goes on, and the night is told at its end.
    ageCounty.addCatch(
      new Pass(this, 'CountyFailed', {
        parameters: {
          'countyId.$': '$.countyId',
          outcome: 'failed',
          'error.$': '$.failure.Error',
        },
      }),
      { resultPath: '$.failure' },
    );
    eachCounty.itemProcessor(ageCounty, {
      mode: ProcessorMode.DISTRIBUTED,
      executionType: ProcessorType.STANDARD,
    });
    Validations.of(eachCounty).acknowledge({
      id: '@aws-cdk/aws-stepfunctions:propertyIgnored',
      reason: 'The library asks for the execution type twice; both say the same.',
    });
    this.stateMachine = new StateMachine(this, 'AgeLoans', {
      stateMachineName: STATE_MACHINE_NAME,
      // Our own statements: what the library would grant reaches every version of the function.
      role: this.roleFor(servicing).withoutPolicyUpdates(),
      stateMachineType: StateMachineType.STANDARD,
      comment: 'Age all loans through the day that ended, county by county',
      definitionBody: DefinitionBody.fromChainable(counties.next(eachCounty).next(this.verdict())),
      timeout: Duration.hours(6),
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', {
          logGroupName: '/aws/vendedlogs/states/cunxin-age-loans',
          retention: RetentionDays.SIX_MONTHS,
          removalPolicy: RemovalPolicy.RETAIN,
        }),
        level: LogLevel.ALL,
        // Ids and days; no state's input holds anything of a person.
        includeExecutionData: false,
      },
    });
    const machineId = this.getLogicalId(this.stateMachine.node.defaultChild as CfnStateMachine);
    // A finding shows what a stack does not know of itself by its name.
    const shown = (value: string, name: string) => (Token.isUnresolved(value) ? `<AWS::${name}>` : value);
    const { partition, region, account } = this;
    const place = `${shown(partition, 'Partition')}:states:${shown(region, 'Region')}:${shown(account, 'AccountId')}`;
    const executions = `arn:${place}:execution:{"Fn::Select":[6,{"Fn::Split":[":",{"Ref":"${machineId}"}]}]}`;
    const reason = 'The map’s own child executions: their names are made while it runs.';
    Validations.of(this.stateMachine.node.findChild('DistributedMapPolicy')).acknowledge(
      { id: `AwsSolutions-IAM5[Resource::${executions}:*]`, reason },
      { id: `AwsSolutions-IAM5[Resource::${executions}/*:*]`, reason },
    );
    new Schedule(this, 'EveryNight', {
      description: 'Half past midnight in Asia/Shanghai, when the business day is over',
      schedule: ScheduleExpression.cron({ minute: '30', hour: '0', timeZone: TimeZone.ASIA_SHANGHAI }),
      target: new StepFunctionsStartExecution(this.stateMachine, {
        retryAttempts: 10,
        maxEventAge: Duration.hours(6),
      }),
    });
  }

  /**
   * Fail the night when a county failed, naming it, or when a child died without saying so. Every child's answer is
   * three short fields, so a thousand of them stay far below the 256 KiB a state may hand on.
   */
  private verdict(): IChainable {
    const failed = Fail.jsonata(this, 'CountiesFailed', {
      error: 'CountiesFailed',
      cause:
        "{% 'Loans of these counties did not age: ' & $join($states.input.aged[outcome='failed'].countyId, ', ') %}",
    });
    const missing = Fail.jsonata(this, 'CountiesMissing', {
      error: 'CountiesMissing',
      cause:
        "{% $string($count($states.input.aged)) & ' of ' & $string($count($states.input.counties)) & " +
        "' counties answered; the map run names the others' %}",
    });
    return Choice.jsonata(this, 'AllAged')
      .when(Condition.jsonata("{% $count($states.input.aged[outcome='failed']) > 0 %}"), failed)
      .when(Condition.jsonata('{% $count($states.input.aged) < $count($states.input.counties) %}'), missing)
      .otherwise(new Succeed(this, 'NightAged'));
  }

  private roleFor(servicing: CunxinFunction): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
      inlinePolicies: {
        nightly: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['lambda:InvokeFunction'],
              resources: [servicing.lambda.functionArn],
            }),
            new PolicyStatement({
              actions: [
                'logs:CreateLogDelivery',
                'logs:GetLogDelivery',
                'logs:UpdateLogDelivery',
                'logs:DeleteLogDelivery',
                'logs:ListLogDeliveries',
                'logs:PutResourcePolicy',
                'logs:DescribeResourcePolicies',
                'logs:DescribeLogGroups',
                'xray:PutTraceSegments',
                'xray:PutTelemetryRecords',
                'xray:GetSamplingRules',
                'xray:GetSamplingTargets',
              ],
              resources: ['*'],
            }),
          ],
        }),
      },
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Log delivery and X-Ray have no resources to name.',
    });
    return role;
  }

  /** Tell somebody when a night did not end well. */
  alarmOn(topic: ITopic): void {
    const ofHour = { period: Duration.hours(1), statistic: 'Sum' };
    for (const [id, metric] of [
      ['NightFailed', this.stateMachine.metricFailed(ofHour)],
      ['NightTimedOut', this.stateMachine.metricTimedOut(ofHour)],
    ] as const) {
      metricAlarm(metric, this, id, {
        threshold: 0,
        evaluationPeriods: 1,
        alarmDescription:
          'Loans of the day that ended did not age: interest, days past due and provisions stand still. The ' +
          'execution’s cause names the counties. The next night catches up; starting the state machine again does ' +
          'so now.',
      }).addAlarmAction(new SnsAction(topic));
    }
  }
}
