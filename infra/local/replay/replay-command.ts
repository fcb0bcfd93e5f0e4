import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { decisionId, programId, tenantId } from '../../../shared/domain/identifiers.ts';
import { featureListHash, features } from '../../../shared/features/feature-list.ts';
import { loadVersion } from '../../../shared/scoring/load-scorer.ts';
import type { Scorer } from '../../../shared/scoring/scorer.ts';
import { decisionStore } from '../../../shared/store/decisions.ts';
import { programStore } from '../../../shared/store/programs.ts';
import { withStoredTable } from '../stored-table.ts';
import { replayDecisions } from './replay-decisions.ts';

const REGISTRY_FILE = fileURLToPath(new URL('../../../models/registry.json', import.meta.url));
const USAGE = `Usage: npm run replay -- --tenant ten_… --program prg_… [--decision dec_…]

Recomputes decisions of a program from their stored records, with the model version each names, and compares
every byte. --tenant is any party of the program. Exits with 1 when a decision differs or cannot be recomputed.
Stop the service first, or name its engine in DYNAMODB_ENDPOINT.
`;

const replayArguments = z.object({
  tenant: tenantId,
  program: programId,
  decision: decisionId.optional(),
});

async function runReplay(given: z.output<typeof replayArguments>): Promise<boolean> {
  const scorers = new Map<string, Promise<Scorer | undefined>>();
  const scorerOf = (version: string) => {
    const loaded =
      scorers.get(version) ?? loadVersion(REGISTRY_FILE, version, { hash: featureListHash, features });
    scorers.set(version, loaded);
    return loaded;
  };
  const counts = { identical: 0, differs: 0, impossible: 0 };
  await withStoredTable(process.env, async (table) => {
    const input = { tenantId: given.tenant, programId: given.program, decisionId: given.decision };
    const dependencies = { programs: programStore(table), decisions: decisionStore(table), scorerOf };
    for await (const result of replayDecisions(input, dependencies)) {
      counts[result.kind] += 1;
      if (result.kind === 'differs') console.log(`${result.decisionId}  differs at ${result.field}`);
      if (result.kind === 'impossible') console.log(`${result.decisionId}  ${result.reason}`);
    }
    for (const loaded of scorers.values()) await (await loaded)?.release();
  });
  console.log(
    `${counts.identical} identical to the byte, ${counts.differs} different, ${counts.impossible} not recomputable`,
  );
  return counts.differs + counts.impossible === 0;
}

if (import.meta.main) {
  try {
    const options = {
      tenant: { type: 'string' },
      program: { type: 'string' },
      decision: { type: 'string' },
    } as const;
    const given = replayArguments.parse(parseArgs({ options }).values);
    process.exitCode = (await runReplay(given)) ? 0 : 1;
  } catch (error) {
    console.error(
      error instanceof z.ZodError ? z.prettifyError(error) : error instanceof Error ? error.message : error,
    );
    console.error(`\n${USAGE}`);
    process.exitCode = 2;
  }
}
