import { z } from 'zod';
import { stationId } from '../../../shared/domain/identifiers.ts';
import { importMapping } from './record-mapping.ts';

/** How a file is to be read, as its sender says. */
export const importReading = z.strictObject({
  mapping: importMapping.optional().describe('How the columns of the file become our fields'),
  stationColumn: z.string().min(1).max(200).optional().describe('The column that names the station'),
  stationId: stationId.optional().describe('The station of the whole file'),
});
export type ImportReading = z.output<typeof importReading>;
