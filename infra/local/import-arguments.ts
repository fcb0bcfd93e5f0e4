import { parseArgs } from 'node:util';
import { z } from 'zod';
import { instant } from '../../shared/domain/calendar.ts';
import { stationId, tenantId } from '../../shared/domain/identifiers.ts';

export const IMPORT_USAGE = `Usage: npm run import -- FILE --tenant ten_… [options]

Takes a file of transactions (NDJSON or CSV, gzip allowed, any size) into the history of its stations. What is
already held is a duplicate, so a file may be sent again at any time: after a crash, or mended.

  --tenant ten_…             the station platform that reports
  --mapping M.json           how the columns of the file become our fields (README: Importing files)
  --station-column NAME      the column that names the station
  --station stn_…            the station of the whole file
  --register-stations S.json register stations nobody has yet, with these properties
  --rejects FILE             where rejected records go (default: FILE.rejects.csv or .ndjson)
  --as-of INSTANT            the clock of the import, for a history of the past
  --json                     print the result as JSON

The table is that of DYNAMODB_ENDPOINT, else of the engine's data under DATA_DIRECTORY: stop "npm start" first.
`;

const importArguments = z.object({
  file: z.string({ error: 'name a file' }).min(1),
  tenant: tenantId,
  mapping: z.string().optional(),
  'station-column': z.string().min(1).optional(),
  station: stationId.optional(),
  'register-stations': z.string().optional(),
  rejects: z.string().optional(),
  'as-of': instant.optional(),
  json: z.boolean().default(false),
});

/** What the command line asks for. Raises an Error that says which argument is wrong. */
export function importArgumentsOf(args: readonly string[]): z.output<typeof importArguments> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      tenant: { type: 'string' },
      mapping: { type: 'string' },
      'station-column': { type: 'string' },
      station: { type: 'string' },
      'register-stations': { type: 'string' },
      rejects: { type: 'string' },
      'as-of': { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  if (positionals.length > 1) throw new Error(`one file at a time, not ${positionals.length}`);
  const parsed = importArguments.safeParse({ ...values, file: positionals[0] });
  if (parsed.success) return parsed.data;
  throw new Error(
    parsed.error.issues.map((issue) => `${issue.path.map(String).join('.')}: ${issue.message}`).join('\n'),
  );
}
