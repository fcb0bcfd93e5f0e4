import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Decision } from '../../shared/domain/decision.ts';
import { programId, tenantId } from '../../shared/domain/identifiers.ts';
import { programTermsViolations } from '../../shared/domain/lending/commit-program-terms.ts';
import { lendingLawRules } from '../../shared/domain/lending/lending-law.ts';
import { programTerms } from '../../shared/domain/lending/program-terms.ts';
import { parse } from '../../shared/domain/parse.ts';
import { policyTrial, type Tried } from '../../shared/domain/policy-trial.ts';
import { type Program, programPolicy } from '../../shared/domain/program.ts';
import { featureListHash, features } from '../../shared/features/feature-list.ts';
import { loadChampion } from '../../shared/scoring/load-scorer.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import { programStore } from '../../shared/store/programs.ts';
import { trialText } from './policy-trial-text.ts';
import { withStoredTable } from './stored-table.ts';

const REGISTRY_FILE = fileURLToPath(new URL('../../models/registry.json', import.meta.url));
const PAGE = 100;
const USAGE = `Usage: npm run policy-trial -- --lender ten_… --program prg_… [--policy FILE] [--terms FILE] [--json]

--policy: JSON, the thresholds to change, over the program's policy of today: { "minimumCreditScore": 620 }.
--terms: JSON, lending terms as for PUT …/terms/draft, in place of those each decision was made on.

Every past decision of the program is decided again with them, on what was known then. Nothing is changed. The API
must not be running on the same data.
`;

const needed = { error: ({ input }: { input?: unknown }) => (input === undefined ? 'needed' : undefined) };
const trialArguments = z
  .object({
    lender: z.string(needed).pipe(tenantId),
    program: z.string(needed).pipe(programId),
    policy: z.string().min(1).optional(),
    terms: z.string().min(1).optional(),
    json: z.boolean().default(false),
  })
  .refine(({ policy, terms }) => policy !== undefined || terms !== undefined, {
    path: ['policy'],
    message: 'needed, or --terms',
  });

/** What the files say, over the program as it is. Raises an Error that names the file. */
async function triedOf(
  program: Program,
  files: { readonly policy?: string | undefined; readonly terms?: string | undefined },
): Promise<Tried> {
  const changes = files.policy === undefined ? {} : await jsonOf(files.policy);
  const terms =
    files.terms === undefined
      ? null
      : parse(
          programTerms,
          { programId: program.programId, ...(await jsonOf(files.terms)) },
          { root: 'terms' },
        );
  // A trial of what the law forbids would promise what can never be committed.
  const violations = terms === null ? [] : programTermsViolations(terms);
  const [first] = violations;
  if (first !== undefined) {
    throw new Error(
      `terms.${first.field}: ${first.observed} is over ${first.bound}: ${lendingLawRules[first.rule].clause}`,
    );
  }
  return {
    policy: parse(programPolicy, { ...program.policy, ...changes }, { root: 'policy' }),
    // Lent on as if committed: none of it follows the policy.
    terms: terms && { ...terms, committedOn: terms.effectiveFrom },
  };
}

async function jsonOf(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, 'utf8');
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${file}: not a JSON object`, { cause });
  }
}

if (import.meta.main) {
  try {
    const { values } = parseArgs({
      options: {
        lender: { type: 'string' },
        program: { type: 'string' },
        policy: { type: 'string' },
        terms: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
    const parsed = trialArguments.safeParse(values);
    if (!parsed.success) {
      const wrong = parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`);
      throw new Error(wrong.join('\n'));
    }
    const given = parsed.data;
    await withStoredTable(process.env, async (table) => {
      const program = await programStore(table).get(given.lender, given.program);
      if (program === undefined) throw new Error('--program: the lender has no such program');
      const tried = await triedOf(program, given);
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
      const trial = policyTrial(past, tried, { model, explanations: features });
      if (given.json) console.log(JSON.stringify(trial));
      else console.log(trialText(trial));
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(USAGE);
    process.exitCode = 1;
  }
}
