import { writeFile } from 'node:fs/promises';
import Table from 'cli-table3';
import { z } from 'zod';
import { measureDrift, type ProgramDrift } from '../../functions/drift/measure-drift.ts';
import { withStoredTable } from '../../infra/local/stored-table.ts';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import { programStore } from '../../shared/store/programs.ts';
import { PSI_ALARM, PSI_WATCH } from '../evaluation/population-stability.ts';
import { commandOptions, runCommand } from '../factory/command-line.ts';
import { ourFeatureList, registryFile } from '../factory/model-folders.ts';
import { DRIFT_APPLICANTS_MIN, readDriftReference } from './drift.ts';

const usage = `npm run drift-report -- --tenant ten_… [--days 30] [--features 10] [--json FILE]

How far the applicants of late are from those the champion was trained on, by program: what the nightly function
measures, to read.`;

const count = z.coerce.number().pipe(z.int().min(1).max(1_000));
const options = z.strictObject({
  tenant: tenantId,
  days: count.default(30),
  features: count.default(10),
  json: z.string().optional(),
});

const verdict = (psi: number) => (psi >= PSI_ALARM ? 'moved' : psi >= PSI_WATCH ? 'watch' : 'stable');
const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

function programText(drift: ProgramDrift, shown: number): string {
  const few = drift.applicants < DRIFT_APPLICANTS_MIN ? ', too few to judge: what follows may be chance' : '';
  const score = Number.isFinite(drift.scorePsi)
    ? `${drift.scorePsi.toFixed(3)} ${verdict(drift.scorePsi)}`
    : 'none';
  const table = new Table({
    head: ['feature', 'PSI', 'by chance about', '', 'missing in training', 'missing now'],
    style: { head: [], border: [] },
  });
  for (const feature of drift.features.slice(0, shown)) {
    table.push([
      feature.feature,
      feature.psi.toFixed(3),
      feature.chance.toFixed(3),
      feature.psi <= feature.chance ? 'chance' : verdict(feature.psi),
      percent(feature.missingReference),
      percent(feature.missingNow),
    ]);
  }
  return `${drift.programId}: ${drift.applicants} applicants${few}\nPSI of the score: ${score}\n${table.toString()}`;
}

runCommand(async () => {
  const given = commandOptions(options, ['tenant', 'days', 'features', 'json'], usage);
  const reference = await readDriftReference(registryFile, ourFeatureList);
  const measured = await withStoredTable(process.env, (table) =>
    measureDrift(given.tenant, {
      programs: programStore(table),
      decisions: decisionStore(table),
      reference,
      nowMs: Date.now,
      windowDays: given.days,
    }),
  );
  if (measured.length === 0) console.log(`nobody was scored in the programs of ${given.tenant}`);
  for (const drift of measured) console.log(`\n${programText(drift, given.features)}`);
  if (given.json !== undefined) await writeFile(given.json, `${JSON.stringify(measured, null, 2)}\n`);
});
