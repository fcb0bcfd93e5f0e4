import Table from 'cli-table3';
import type { DecisionOutcome } from '../../shared/domain/decision.ts';
import { decisionOutcomes } from '../../shared/domain/decision.ts';
import { formatMinor } from '../../shared/domain/money.ts';
import type { PolicyTrial, TrialCase } from '../../shared/domain/policy-trial.ts';

const plain = { style: { head: [], border: [] } };

/** A trial as a credit officer reads it: totals, who moved where, and everyone who swaps in or out. */
export function trialText(trial: PolicyTrial): string {
  const lines = [
    `Policy ${trial.policyVersion}, ${trial.termsVersion === null ? 'terms as they were' : `terms ${trial.termsVersion}`}: ` +
      `${trial.tried} decisions tried`,
  ];
  if (trial.needingScore.length > 0) {
    lines.push(`${trial.needingScore.length} left out: never scored, and would have to be`);
  }
  if (trial.scoredByAnotherModel.length > 0) {
    lines.push(`${trial.scoredByAnotherModel.length} left out: scored by another model than the champion`);
  }
  lines.push(totalsTable(trial), outcomesTable(trial));
  lines.push(swapsText('Swap in', trial.swapIn), swapsText('Swap out', trial.swapOut));
  return lines.join('\n');
}

function totalsTable({ before, after }: PolicyTrial): string {
  const table = new Table({ head: ['', 'as decided', 'tried', 'change'], ...plain });
  const share = (loss: number, limit: number) =>
    limit === 0 ? '–' : `${((100 * loss) / limit).toFixed(2)} %`;
  table.push(
    ['approved', before.approved, after.approved, after.approved - before.approved],
    ['limits', ...moneyRow(before.limitMinor, after.limitMinor)],
    ['expected loss of first offers', ...moneyRow(before.expectedLossMinor, after.expectedLossMinor)],
    [
      'expected loss over limits',
      share(before.expectedLossMinor, before.limitMinor),
      share(after.expectedLossMinor, after.limitMinor),
      '',
    ],
  );
  return table.toString();
}

const moneyRow = (before: number, after: number) => [before, after, after - before].map(formatMinor);

function outcomesTable({ outcomes }: PolicyTrial): string {
  const count = (before: DecisionOutcome, after: DecisionOutcome) =>
    outcomes.find((move) => move.before === before && move.after === after)?.count ?? 0;
  const table = new Table({ head: ['as decided ↓ tried →', ...decisionOutcomes], ...plain });
  for (const before of decisionOutcomes) {
    table.push([before, ...decisionOutcomes.map((after) => count(before, after))]);
  }
  return table.toString();
}

function swapsText(name: string, cases: readonly TrialCase[]): string {
  if (cases.length === 0) return `${name}: nobody`;
  const table = new Table({
    head: [name, 'decided → tried', 'limit', 'tried', 'expected loss', 'tried', 'rules that turn away'],
    ...plain,
  });
  for (const each of cases) {
    table.push([
      each.decisionId,
      `${each.before} → ${each.after}`,
      formatMinor(each.limitBeforeMinor),
      formatMinor(each.limitAfterMinor),
      formatMinor(each.expectedLossBeforeMinor),
      formatMinor(each.expectedLossAfterMinor),
      each.ruleCodes.join(' '),
    ]);
  }
  return table.toString();
}
