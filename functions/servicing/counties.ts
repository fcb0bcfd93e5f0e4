import { z } from 'zod';
import { businessDate } from '../../shared/domain/calendar.ts';
import { countyId, programId, tenantId } from '../../shared/domain/identifiers.ts';
import type { ProgramStore } from '../../shared/store/programs.ts';

/** One county's programs of one operator: what one execution of the nightly map ages. */
export const countyToAge = z.strictObject({
  operatorTenantId: tenantId,
  countyId,
  until: businessDate,
  programs: z
    .array(z.strictObject({ lenderTenantId: tenantId, platformTenantId: tenantId, programId }))
    .min(1),
});
export type CountyToAge = z.output<typeof countyToAge>;

/** The counties of an operator's programs, in order. */
export async function countiesToAge(
  operatorTenantId: string,
  until: string,
  { programs }: { readonly programs: Pick<ProgramStore, 'listGrants'> },
): Promise<CountyToAge[]> {
  const byCounty = Map.groupBy(await programs.listGrants(operatorTenantId), (grant) => grant.countyId);
  return [...byCounty]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([county, granted]) => ({
      operatorTenantId,
      countyId: county,
      until,
      programs: granted.map(({ lenderTenantId, platformTenantId, programId: id }) => ({
        lenderTenantId,
        platformTenantId,
        programId: id,
      })),
    }));
}
