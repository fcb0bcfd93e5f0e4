import { Duration } from 'aws-cdk-lib';
import { type IAlarmAction, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { PSI_ALARM, PSI_WATCH } from '../../models/evaluation/population-stability.ts';
import { METRIC_NAMESPACE } from '../../shared/http/request-log.ts';
import { metricAlarm } from './function-alarms.ts';

const levels = [
  { name: 'watch', threshold: PSI_WATCH, meaning: 'has begun to differ from' },
  { name: 'moved', threshold: PSI_ALARM, meaning: 'is no longer' },
] as const;

const measures = [
  { metricName: 'scorePsi', what: 'their credit scores' },
  { metricName: 'featurePsi', what: 'one of their features' },
] as const;

/** What the nightly drift function measured last, over all programs: the worst of them raises the alarm. */
export class DriftAlarms extends Construct {
  constructor(scope: Construct, id: string, action: IAlarmAction) {
    super(scope, id);
    for (const { metricName, what } of measures) {
      for (const { name, threshold, meaning } of levels) {
        const metric = new Metric({
          namespace: METRIC_NAMESPACE,
          metricName,
          dimensionsMap: { function: 'drift' },
          period: Duration.days(1),
          statistic: Stats.MAXIMUM,
        });
        metricAlarm(metric, this, `${metricName}-${name}`, {
          threshold,
          evaluationPeriods: 1,
          alarmDescription:
            `Some program's applicants of the last 30 days are a population that ${meaning} the one the champion ` +
            `was trained on: its PD may mislead. Seen: a PSI of ${what} above ${threshold}. Which program and ` +
            'feature: the metric by program and feature, or npm run drift-report.',
        }).addAlarmAction(action);
      }
    }
  }
}
