import { Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Dashboard, GraphWidget, type IMetric, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Operation, type Table } from 'aws-cdk-lib/aws-dynamodb';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { LIMITER_FAILURES_METRIC } from '../../shared/http/lambda-runtime.ts';
import { METRIC_NAMESPACE } from '../../shared/http/request-log.ts';
import type { CunxinFunction } from '../constructs/cunxin-function.ts';
import { DriftAlarms } from '../constructs/drift-alarms.ts';
import { FunctionAlarms, faultsOf, metricAlarm } from '../constructs/function-alarms.ts';

export interface ObservabilityStackProps extends StackProps {
  readonly functions: readonly CunxinFunction[];
  readonly api: HttpApi;
  readonly table: Table;
  readonly streamConsumers: readonly CunxinFunction[];
  readonly deadLetters: Readonly<Record<string, Queue>>;
  /** Who is told of alarms. Each address confirms its subscription once. */
  readonly alarmEmails: readonly string[];
}

const PERIOD = Duration.minutes(5);
const WIDGET_WIDTH = 8;
const STREAM_AGE_MS_MAX = 600_000;

/** Where alarms go, what raises them, and one page to look at. */
export class ObservabilityStack extends Stack {
  readonly alarmTopic: Topic;

  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, props);
    const { functions, api, table } = props;
    const topicKey = new Key(this, 'AlarmTopicKey', {
      description: 'Encrypts the Cunxin alarm topic',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // CloudWatch cannot use AWS's own key for SNS, hence one of ours.
    topicKey.grant(new ServicePrincipal('cloudwatch.amazonaws.com'), 'kms:Decrypt', 'kms:GenerateDataKey');
    this.alarmTopic = new Topic(this, 'AlarmTopic', {
      displayName: 'Cunxin alarms',
      masterKey: topicKey,
      enforceSSL: true,
    });
    for (const email of props.alarmEmails) this.alarmTopic.addSubscription(new EmailSubscription(email));
    const action = new SnsAction(this.alarmTopic);
    for (const subject of functions) new FunctionAlarms(this, `${subject.name}-alarms`, subject, action);

    for (const { name, lambda } of props.streamConsumers) {
      metricAlarm(
        lambda.metric('IteratorAge', { period: PERIOD, statistic: Stats.MAXIMUM }),
        this,
        `${name}-behind`,
        {
          threshold: STREAM_AGE_MS_MAX,
          evaluationPeriods: 3,
          alarmDescription: `${name} falls behind the table's stream, which keeps a day and no more. Seen: records older than ten minutes for 15 minutes.`,
        },
      ).addAlarmAction(action);
    }
    new DriftAlarms(this, 'Drift', action);
    for (const [what, queue] of Object.entries(props.deadLetters)) {
      metricAlarm(
        queue.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: Stats.MAXIMUM }),
        this,
        `Dead ${what}`.replaceAll(' ', '-'),
        {
          threshold: 0,
          evaluationPeriods: 1,
          alarmDescription: `Some ${what} failed for good and wait in ${queue.queueName} for fourteen days. Mend the cause, then send them again from there.`,
        },
      ).addAlarmAction(action);
    }

    const tableThrottles = table.metricThrottledRequestsForOperations({
      operations: [Operation.GET_ITEM, Operation.QUERY, Operation.PUT_ITEM, Operation.TRANSACT_WRITE_ITEMS],
      period: PERIOD,
    });
    metricAlarm(tableThrottles, this, 'TableThrottles', {
      threshold: 0,
      evaluationPeriods: 3,
      alarmDescription:
        'Reports, applications and reads are slow or fail because the table refuses some of them. Seen: ' +
        'throttled requests in three periods of 5 minutes. One key is probably too hot: see CloudWatch ' +
        'Contributor Insights of the table.',
    }).addAlarmAction(action);
    metricAlarm(
      new Metric({
        namespace: METRIC_NAMESPACE,
        metricName: LIMITER_FAILURES_METRIC,
        period: PERIOD,
        statistic: Stats.SUM,
      }),
      this,
      'RateLimiterOpen',
      {
        threshold: 0,
        evaluationPeriods: 3,
        alarmDescription:
          'No client is held to its rate: what guards the API against a flood is the stage alone. Seen: rate ' +
          'budgets that could not be asked, in three periods of 5 minutes. Requests pass meanwhile; look for ' +
          'throttles of the table, and at the lines with rateLimiterFailures.',
      },
    ).addAlarmAction(action);
    metricAlarm(api.metricServerError({ period: PERIOD, statistic: Stats.SUM }), this, 'ApiServerErrors', {
      threshold: 0,
      evaluationPeriods: 1,
      alarmDescription:
        'Callers get errors of 500 and above from the API. Seen: at least one in 5 minutes. If no function ' +
        'alarm is up as well, API Gateway could not reach a function: look in the access log.',
    }).addAlarmAction(action);

    new Dashboard(this, 'Dashboard', {
      dashboardName: 'cunxin',
      widgets: [
        [
          graph('Requests', [api.metricCount({ period: PERIOD })]),
          graph('Refused and failed', [
            api.metricClientError({ period: PERIOD }),
            api.metricServerError({ period: PERIOD }),
          ]),
          graph('API latency, ms', [
            api.metricLatency({ period: PERIOD, statistic: Stats.percentile(50), label: 'p50' }),
            api.metricLatency({ period: PERIOD, statistic: Stats.percentile(99), label: 'p99' }),
          ]),
        ],
        [
          graph('Faults by function', functions.map(faultsOf)),
          graph(
            'Duration p99 by function, ms',
            functions.map(({ lambda, name }) =>
              lambda.metricDuration({ period: PERIOD, statistic: Stats.percentile(99), label: name }),
            ),
          ),
          graph(
            'Concurrent executions',
            functions.map(({ lambda, name }) =>
              lambda.metric('ConcurrentExecutions', {
                period: PERIOD,
                statistic: Stats.MAXIMUM,
                label: name,
              }),
            ),
          ),
        ],
        [
          graph('Table units', [
            table.metricConsumedReadCapacityUnits({ period: PERIOD }),
            table.metricConsumedWriteCapacityUnits({ period: PERIOD }),
          ]),
          graph('Table throttles', [tableThrottles]),
        ],
      ],
    });
  }
}

const graph = (title: string, left: IMetric[]) => new GraphWidget({ title, left, width: WIDGET_WIDTH });
