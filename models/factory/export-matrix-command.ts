import { join } from 'node:path';
import { z } from 'zod';
import { dataDirectoryOf } from '../../infra/local/data-directory.ts';
import { withStoredTable } from '../../infra/local/stored-table.ts';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { dayBundleStore } from '../../shared/store/day-bundles.ts';
import { entrepreneurStore } from '../../shared/store/entrepreneurs.ts';
import { stationStore } from '../../shared/store/stations.ts';
import { commandOptions, runCommand } from './command-line.ts';
import { exportMatrix } from './export-matrix.ts';
import { readOutcomes } from './outcomes-file.ts';
import { LATE_SHARE_MAX_DEFAULT } from './recorded-matrix.ts';

const usage = `npm run export-matrix -- --outcomes FILE.csv[.gz] --platform ten_… [--out DIR] [--name matrix]
    [--late-share-max ${LATE_SHARE_MAX_DEFAULT}] [--skip-refused]

Walks the stored histories of the outcomes' stations and writes the point-in-time matrix: NAME.csv.gz,
NAME.parquet and features.json. models/factory/README.md says what the columns of FILE are.`;

const options = z.strictObject({
  outcomes: z.string(),
  platform: tenantId,
  out: z.string().default(join(dataDirectoryOf(process.env), 'matrix')),
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
    .default('matrix'),
  'late-share-max': z.coerce.number().pipe(z.number().min(0).max(1)).default(LATE_SHARE_MAX_DEFAULT),
  'skip-refused': z.boolean().default(false),
});

runCommand(async () => {
  const given = commandOptions(options, ['outcomes', 'platform', 'out', 'name', 'late-share-max'], usage, {
    flags: ['skip-refused'],
  });
  const exported = await withStoredTable(process.env, (table) =>
    exportMatrix(readOutcomes(given.outcomes), {
      platform: given.platform,
      stations: stationStore(table),
      entrepreneurs: entrepreneurStore(table),
      bundles: dayBundleStore(table),
      nowMs: Date.now(),
      lateShareMax: given['late-share-max'],
      directory: given.out,
      name: given.name,
      skipRefused: given['skip-refused'],
    }),
  );
  console.log(`${exported.rows} rows, ${exported.defaults} defaults, ${exported.refused.length} refused`);
  console.log(`feature list ${exported.featureListHash}`);
  for (const file of exported.files) console.log(file);
});
