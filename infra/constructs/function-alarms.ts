import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  ComparisonOperator,
  type IAlarmAction,
  type IMetric,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE } from '../../shared/http/request-log.ts';
import type { CunxinFunction } from './cunxin-function.ts';

const PERIOD = Duration.minutes(5);

/** The alarms of one function. Each says what its users lose, then what was seen and where to look. */
export class FunctionAlarms extends Construct {
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, subject: CunxinFunction, action: IAlarmAction) {
    super(scope, id);
    const { lambda, monitoring, logGroup, name } = subject;
    const text = (seen: string) =>
      `${monitoring.errorImpact} Seen: ${seen}. Look in ${logGroup.logGroupName}.`;
    const alarm = (
      alarmId: string,
      metric: IMetric,
      threshold: number,
      seen: string,
      evaluationPeriods = 1,
    ) => {
      const created = metricAlarm(metric, this, alarmId, {
        threshold,
        evaluationPeriods,
        alarmDescription: text(seen),
      });
      created.addAlarmAction(action);
      return created;
    };
    this.alarms = [
      alarm('Errors', faultsOf(subject), 0, `requests to ${name} that failed by our fault, in 5 minutes`),
      alarm(
        'Throttles',
        lambda.metricThrottles({ period: PERIOD, statistic: Stats.SUM }),
        0,
        `calls of ${name} refused for want of concurrency, in 5 minutes`,
      ),
      alarm(
        'Duration',
        lambda.metricDuration({ period: PERIOD, statistic: Stats.percentile(99) }),
        monitoring.durationP99MsMax,
        `the slowest hundredth of calls of ${name} above ${monitoring.durationP99MsMax} ms for 15 minutes`,
        3,
      ),
    ];
  }
}

/** Crashes and time-outs, which Lambda counts, plus answers of 500 and above, which only the function knows. */
export function faultsOf({ lambda, name }: CunxinFunction): IMetric {
  // A graph of several functions needs each metric's id once.
  const id = name.replaceAll('-', '_');
  const [crashes, answers] = [`${id}_crashes`, `${id}_answers`];
  return new MathExpression({
    label: `${name} faults`,
    expression: `FILL(${crashes}, 0) + FILL(${answers}, 0)`,
    period: PERIOD,
    usingMetrics: {
      [crashes]: lambda.metricErrors({ period: PERIOD, statistic: Stats.SUM }),
      [answers]: new Metric({
        namespace: METRIC_NAMESPACE,
        metricName: 'faults',
        dimensionsMap: { function: name },
        period: PERIOD,
        statistic: Stats.SUM,
      }),
    },
  });
}

/** An alarm above a threshold, quiet while nothing is measured. */
export function metricAlarm(
  metric: IMetric,
  scope: Construct,
  id: string,
  options: { threshold: number; evaluationPeriods: number; alarmDescription: string },
): Alarm {
  return (metric as Metric | MathExpression).createAlarm(scope, id, {
    ...options,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
}
