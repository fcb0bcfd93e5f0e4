import { z } from 'zod';
import { businessDate, DEFAULT_TIME_ZONE, timeZone } from './calendar.ts';
import { countyId, stationId } from './identifiers.ts';
import { currency } from './money.ts';

/** `agent` (1.0, part-time 代购), `partner` (2.0, full-time 合伙人), `service` (3.0, 村小二 with services). */
export const stationStages = ['agent', 'partner', 'service'] as const;

export const station = z.strictObject({
  stationId,
  countyId,
  village: z.string().min(1).max(80),
  openedOn: businessDate,
  closedOn: businessDate.optional(),
  stage: z.enum(stationStages),
  currency: currency.default('CNY'),
  timeZone: timeZone.default(DEFAULT_TIME_ZONE),
});
export type Station = z.output<typeof station>;
