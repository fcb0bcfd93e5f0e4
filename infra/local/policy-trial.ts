import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Decision } from '../../shared/domain/decision.ts';
import { programId, tenantId } from '../../shared/domain/identifiers.ts';
import { formatMinor } from '../../shared/domain/money.ts';
import { parse } from '../../shared/domain/parse.ts';
import { type PolicyTrial, policyTrial, type TrialCase } from '../../shared/domain/policy-trial.ts';
import { programPolicy } from '../../shared/domain/program.ts';
import { featureListHash, features } from '../../shared/features/feature-list.ts';
import { loadChampion } from '../../shared/scoring/load-scorer.ts';
import { createTable } from '../../shared/store/create-table.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { programStore } from '../../shared/store/programs.ts';
import { dataDirectoryOf } from './data-directory.ts';
import { startEngine } from './engine.ts';

const TABLE_NAME = 'cunxin';
const REGISTRY_FILE = fileURLToPath(new URL('../../models/registry.json', import.meta.url));
const PAGE = 100;
const USAGE = `Usage: npm run policy-trial -- --lender ten_… --program prg_… --policy FILE [--json]

FILE is JSON: the thresholds to change, over the program's policy of today. Every past decision of the program is
decided again with them, on what was known then. Nothing is changed.
`;

const trialArguments = z.object({
  lender: tenantId,
  program: programId,
  policy: z.string().min(1),
  json: z.boolean().default(false),
});

function print(trial: PolicyTrial): void {
  const line = (name: string, value: string | number) => console.log(`${name.padEnd(28)} ${value}`);
  line('policy', trial.policyVersion);
  line('decisions tried', trial.tried);
  line('would have to be scored', trial.needingScore.length);
  line('scored by another model', trial.scoredByAnotherModel.length);
  for (const { before, after, count } of trial.outcomes) line(`${before} → ${after}`, count);
  line('approved', `${trial.before.approved} → ${trial.after.approved}`);
  line('limits', `${formatMinor(trial.before.limitMinor)} → ${formatMinor(trial.after.limitMinor)}`);
  line(
    'expected loss',
    `${formatMinor(trial.before.expectedLossMinor)} → ${formatMinor(trial.after.expectedLossMinor)}`,
  );
  const swapped = (name: string, cases: readonly TrialCase[]) => {
    for (const { decisionId, limitBeforeMinor, limitAfterMinor, ruleCodes } of cases) {
      const limits = `${formatMinor(limitBeforeMinor)} → ${formatMinor(limitAfterMinor)}`;
      console.log(`${name.padEnd(9)} ${decisionId}  ${limits}  ${ruleCodes.join(' ')}`.trimEnd());
    }
  };
  swapped('swap in', trial.swapIn);
  swapped('swap out', trial.swapOut);
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({
      options: {
        lender: { type: 'string' },
        program: { type: 'string' },
        policy: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
    const given = parse(trialArguments, values, { root: '--' });
    const engine = await startEngine({ dataDirectory: join(dataDirectoryOf(process.env), 'engine') });
    const table = openTable({ endpoint: engine.endpoint, tableName: TABLE_NAME });
    try {
      await createTable(table);
      const program = await programStore(table).get(given.lender, given.program);
      if (program === undefined) throw new Error('--program: the lender has no such program');
      const changes = z
        .record(z.string(), z.unknown())
        .parse(JSON.parse(await readFile(given.policy, 'utf8')));
      const policy = parse(programPolicy, { ...program.policy, ...changes });
      const decisions = decisionStore(table);
      const past: Decision[] = [];
      let cursor: string | undefined;
      do {
        const scope = { lender: given.lender, programId: given.program };
        const page = await decisions.list(scope, {}, PAGE, cursor);
        const whole = page.entries.map(({ decisionId }) =>
          decisions.get(given.lender, given.program, decisionId),
        );
        for (const made of await Promise.all(whole)) if (made !== undefined) past.push(made);
        cursor = page.cursor;
      } while (cursor !== undefined);
      const { model } = await loadChampion(REGISTRY_FILE, { hash: featureListHash, features });
      const trial = policyTrial(past, policy, { model, explanations: features });
      if (given.json) console.log(JSON.stringify(trial));
      else print(trial);
    } finally {
      table.client.destroy();
      await engine.stop();
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(USAGE);
    process.exitCode = 1;
  }
}
