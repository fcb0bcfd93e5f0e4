import { DRIFT_APPLICANTS_MIN } from '../../models/monitoring/drift.ts';
import { METRIC_NAMESPACE } from '../../shared/http/request-log.ts';
import type { ProgramDrift } from './measure-drift.ts';

/**
 * A program's drift as lines of CloudWatch's embedded metric format: one of the program, then one per feature.
 * Each metric is kept by program, by program and feature, and over all of them: alarms watch the last, whose
 * greatest value is the worst program's. A program of few applicants is logged, and is no metric: its index
 * would be chance.
 */
export function driftLines(drift: ProgramDrift, timestampMs: number): string[] {
  const { programId: program, lenderTenantId, applicants, modelVersion, scorePsi, missingShare } = drift;
  const known = {
    level: 'info',
    function: 'drift',
    program,
    lenderTenantId,
    applicants,
    modelVersion,
  };
  const line = (values: Readonly<Record<string, number>>, dimensions: string[][], feature?: string) => {
    const finite = Object.entries(values).filter(([, value]) => Number.isFinite(value));
    return JSON.stringify({
      ...known,
      ...(feature === undefined ? {} : { feature }),
      ...Object.fromEntries(finite),
      ...(applicants < DRIFT_APPLICANTS_MIN || finite.length === 0
        ? { note: 'too few applicants for a metric' }
        : {
            _aws: {
              Timestamp: timestampMs,
              CloudWatchMetrics: [
                {
                  Namespace: METRIC_NAMESPACE,
                  Dimensions: dimensions,
                  Metrics: finite.map(([Name]) => ({ Name, Unit: 'None' })),
                },
              ],
            },
          }),
    });
  };
  const overall = [['function'], ['function', 'program']];
  return [
    line({ scorePsi, missingShare }, overall),
    ...drift.features.map(({ feature, psi, missingNow }) =>
      line(
        { featurePsi: psi, featureMissingShare: missingNow },
        [...overall, ['function', 'program', 'feature']],
        feature,
      ),
    ),
  ];
}
