import { DomainError } from '../../shared/domain/errors.ts';
import type { Station } from '../../shared/domain/station.ts';
import type { StationStore } from '../../shared/store/stations.ts';

interface Dependencies {
  readonly stations: Pick<StationStore, 'get' | 'put'>;
}

/** Create a station or change it; never its currency or time zone, which its history is kept in. */
export async function putStation(
  input: { readonly tenantId: string; readonly station: Station },
  { stations }: Dependencies,
): Promise<Station> {
  await stations.put(input.tenantId, input.station);
  return input.station;
}

export async function getStation(
  input: { readonly tenantId: string; readonly stationId: string },
  { stations }: Dependencies,
): Promise<Station> {
  const station = await stations.get(input.tenantId, input.stationId);
  if (station === undefined) throw new DomainError('not_found', 'no such station');
  return station;
}
