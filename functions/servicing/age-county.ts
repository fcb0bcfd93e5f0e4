import { actAs } from '../../shared/store/acting.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import type { StoreTable } from '../../shared/store/dynamo.ts';
import { loanStore } from '../../shared/store/loans.ts';
import { programLoans } from '../../shared/store/program-loans.ts';
import { reservationStore } from '../../shared/store/reservations.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { type AgeingReport, type AgeProgramDependencies, ageProgram } from './age-program.ts';
import type { CountyToAge } from './counties.ts';

export interface AgeCountyDependencies extends Pick<AgeProgramDependencies, 'nowMs' | 'random' | 'sleep'> {
  readonly table: StoreTable;
}

/**
 * Age a county's programs one after another, as the operator's nightly job. One that fails stops no other; the county
 * fails when all are done, with an AggregateError that names them.
 */
export async function ageCounty(
  county: CountyToAge,
  requestId: string,
  { table, nowMs, random, sleep }: AgeCountyDependencies,
): Promise<AgeingReport[]> {
  const dependencies = {
    loans: loanStore(table),
    listed: programLoans(table),
    reservations: reservationStore(table),
    bundles: dayBundleStore(table),
    stations: stationStore(table),
    nowMs,
    random,
    sleep,
  };
  const actor = {
    tenantId: county.operatorTenantId,
    subject: 'age-loans',
    operation: 'ageCounty',
    requestId,
  };
  // Whose loans they are, and whose stations some of them follow.
  const parties = county.programs.flatMap((each) => [each.lenderTenantId, each.platformTenantId]);
  return actAs(
    actor,
    async () => {
      const reports: AgeingReport[] = [];
      const failures: unknown[] = [];
      for (const { lenderTenantId: lender, platformTenantId: platform, programId } of county.programs) {
        const input = { lender, platform, programId, until: county.until };
        try {
          reports.push(await ageProgram(input, dependencies));
        } catch (error) {
          failures.push(new Error(`${programId} did not age`, { cause: error }));
        }
      }
      if (failures.length > 0) {
        throw new AggregateError(
          failures,
          `${failures.length} of ${county.programs.length} programs did not age`,
        );
      }
      return reports;
    },
    parties,
  );
}
