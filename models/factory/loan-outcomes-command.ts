import { resolve } from 'node:path';
import { z } from 'zod';
import { withStoredTable } from '../../infra/local/stored-table.ts';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { decisionStore } from '../../shared/store/decisions.ts';
import { loanStore } from '../../shared/store/loans.ts';
import { programLoans } from '../../shared/store/program-loans.ts';
import { programStore } from '../../shared/store/programs.ts';
import { commandOptions, runCommand } from './command-line.ts';
import { type LoanBookRow, loanBookOutcomes, outcomeLines } from './loan-book-outcomes.ts';
import { DEFAULT_DEFINITION } from './loan-outcome.ts';
import { writeWhole } from './write-whole.ts';

const usage = `npm run loan-outcomes -- --lender ten_… [--out outcomes.csv] [--days-past-due ${DEFAULT_DEFINITION.daysPastDue}] [--horizon-months ${DEFAULT_DEFINITION.horizonMonths}]

How the loans of a lender's book went, as the outcomes file that npm run export-matrix reads. Defaulted is who was
more days past due, or charged off, within the months after the loan was paid out.`;

const count = (greatest: number) => z.coerce.number().pipe(z.int().min(1).max(greatest));
const options = z.strictObject({
  lender: tenantId,
  out: z.string().default('outcomes.csv'),
  'days-past-due': count(720).default(DEFAULT_DEFINITION.daysPastDue),
  'horizon-months': count(120).default(DEFAULT_DEFINITION.horizonMonths),
});

runCommand(async () => {
  const given = commandOptions(options, ['lender', 'out', 'days-past-due', 'horizon-months'], usage);
  const counted = { loans: 0, known: 0, defaults: 0 };
  const lines = await withStoredTable(process.env, (table) => {
    async function* rows(): AsyncGenerator<LoanBookRow> {
      const book = {
        programs: programStore(table),
        programLoans: programLoans(table),
        loans: loanStore(table),
        decisions: decisionStore(table),
      };
      const definition = {
        daysPastDue: given['days-past-due'],
        horizonMonths: given['horizon-months'],
      };
      for await (const row of loanBookOutcomes(given.lender, book, definition)) {
        counted.loans += 1;
        counted.known += row.outcome === null ? 0 : 1;
        counted.defaults += row.outcome?.defaulted === true ? 1 : 0;
        yield row;
      }
    }
    return Array.fromAsync(outcomeLines(rows()));
  });
  await writeWhole(given.out, `${lines.join('\n')}\n`);
  console.log(
    `${counted.loans} loans paid out, ${counted.known} outcomes known, ${counted.defaults} defaulted`,
  );
  console.log(resolve(given.out));
});
