import { writeFile } from 'node:fs/promises';
import Table from 'cli-table3';
import { z } from 'zod';
import { withStoredTable } from '../../infra/local/stored-table.ts';
import { instant } from '../../shared/domain/calendar.ts';
import { tenantId } from '../../shared/domain/identifiers.ts';
import type { ShadowScore } from '../../shared/domain/shadow-score.ts';
import { programStore } from '../../shared/store/programs.ts';
import { shadowScoreStore } from '../../shared/store/shadow-scores.ts';
import { commandOptions, runCommand } from '../factory/command-line.ts';
import {
  type ChallengerReasons,
  challengerReasons,
  compareChallenger,
  type GroupComparison,
} from './compare-challenger.ts';
import { DRIFT_APPLICANTS_MIN } from './drift.ts';

const usage = `npm run challenger-report -- --tenant ten_… --challenger VERSION [--from INSTANT] [--to INSTANT] [--json FILE]

What a challenger said beside the champion, in the programs the tenant is a party of: agreement, swap set and
stability, by program and by county.`;

const options = z.strictObject({
  tenant: tenantId,
  challenger: z.string().min(1),
  from: instant.optional(),
  to: instant.optional(),
  json: z.string().optional(),
});

const percent = (value: number) => (Number.isNaN(value) ? '–' : `${(100 * value).toFixed(1)} %`);

function tableOf(groups: readonly GroupComparison[]): string {
  const head = [
    '',
    'applicants',
    'agreement',
    'swap in',
    'PD champion/challenger',
    'swap out',
    'PD champion/challenger',
    'PSI',
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const group of groups) {
    const pds = ({ champion, challenger }: { champion: number; challenger: number }) =>
      `${percent(champion)} / ${percent(challenger)}`;
    table.push([
      group.group,
      group.applicants,
      percent(group.agreement),
      group.swapIn,
      pds(group.swapInPd),
      group.swapOut,
      pds(group.swapOutPd),
      group.psi.toFixed(3),
    ]);
  }
  return table.toString();
}

const REASONS_SHOWN = 5;

function reasonsText({ costliest, explainedPoints, remainderPoints }: ChallengerReasons): string {
  const shown = costliest
    .slice(0, REASONS_SHOWN)
    .map(({ feature, applicants }) => `  ${feature}: a reason for ${applicants}`);
  return [
    'Reasons by baseline substitution, estimates:',
    ...shown,
    `  they explain ${explainedPoints.toFixed(1)} points on average and leave ${remainderPoints.toFixed(1)} unexplained`,
  ].join('\n');
}

runCommand(async () => {
  const given = commandOptions(options, ['tenant', 'challenger', 'from', 'to', 'json'], usage);
  const scores = await withStoredTable(process.env, async (table) => {
    const held: ShadowScore[] = [];
    const store = shadowScoreStore(table);
    const between = {
      ...(given.from === undefined ? {} : { from: given.from }),
      ...(given.to === undefined ? {} : { to: given.to }),
    };
    for (const { lenderTenantId, programId } of await programStore(table).listGrants(given.tenant)) {
      for await (const score of store.list(lenderTenantId, programId, given.challenger, between))
        held.push(score);
    }
    return held;
  });
  if (scores.length === 0) {
    console.log(`${given.challenger} has scored nobody in the programs of ${given.tenant}`);
    return;
  }
  const programs = compareChallenger(scores, ({ programId }) => programId);
  const counties = compareChallenger(scores, ({ countyId }) => countyId);
  if (scores.length < DRIFT_APPLICANTS_MIN) {
    console.log(`${scores.length} applicants, too few to judge: what follows may be chance`);
  }
  console.log(tableOf([{ group: 'all', ...programs.all }, ...programs.groups]));
  console.log(tableOf(counties.groups));
  const reasons = challengerReasons(scores);
  if (reasons !== null) console.log(reasonsText(reasons));
  if (given.json !== undefined) {
    const report = {
      challenger: given.challenger,
      all: programs.all,
      programs: programs.groups,
      counties: counties.groups,
      reasons,
    };
    await writeFile(given.json, `${JSON.stringify(report, null, 2)}\n`);
  }
});
