import { pointInTimeFeatures } from '../../shared/features/point-in-time-features.ts';
import { INDICATIVE_ANNUAL_RATE_BPS } from '../../shared/features/request-facts.ts';
import { simulateTrainingRows, type TrainingRowOptions } from '../simulator/simulate-training-rows.ts';
import type { MatrixRow } from './matrix-file.ts';

/** Simulated applicants as matrix rows, with the true PD beside the outcome (`meta_true_pd`). */
export function* simulatedMatrixRows(options: TrainingRowOptions): Generator<MatrixRow> {
  for (const row of simulateTrainingRows(options)) {
    const { requestedPrincipalMinor, requestedTermMonths } = row.request;
    const facts = {
      requestedPrincipalMinor,
      requestedTermMonths,
      indicativeAnnualRateBps: INDICATIVE_ANNUAL_RATE_BPS,
      station: row.station,
      entrepreneur: row.entrepreneur,
    };
    yield {
      id: row.id,
      asOf: row.applicationDay,
      defaulted: row.defaulted,
      meta: { ...(row.truePd === null ? {} : { true_pd: row.truePd }), county: row.countyId },
      features: pointInTimeFeatures(row.summaries, facts, row.applicationDay),
    };
  }
}
