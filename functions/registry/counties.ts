import type { County } from '../../shared/domain/county.ts';
import { DomainError } from '../../shared/domain/errors.ts';
import type { CountyStore } from '../../shared/store/counties.ts';

interface Dependencies {
  readonly counties: CountyStore;
}

export async function putCounty(
  input: { readonly tenantId: string; readonly county: County },
  { counties }: Dependencies,
): Promise<County> {
  await counties.put(input.tenantId, input.county);
  return input.county;
}

export async function getCounty(
  input: { readonly tenantId: string; readonly countyId: string },
  { counties }: Dependencies,
): Promise<County> {
  const county = await counties.get(input.tenantId, input.countyId);
  if (county === undefined) throw new DomainError('not_found', 'no such county');
  return county;
}
