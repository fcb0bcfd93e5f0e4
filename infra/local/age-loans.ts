import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ageCounty } from '../../functions/servicing/age-county.ts';
import { countiesToAge } from '../../functions/servicing/counties.ts';
import { businessDate, businessDateOf, DEFAULT_TIME_ZONE } from '../../shared/domain/calendar.ts';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { programStore } from '../../shared/store/programs.ts';
import { withStoredTable } from './stored-table.ts';

const OPERATOR_DEFAULT = 'ten_operator';
const USAGE = `Usage: npm run age-loans -- --until YYYY-MM-DD [--operator ${OPERATOR_DEFAULT}]

Lets every loan of an operator's programs age through each missed day up to --until, keeps month ends, and gives
back capital of offers that have expired. Safe to run twice. --until is at most today.
`;

const ageingArguments = z.object({ until: businessDate, operator: tenantId.default(OPERATOR_DEFAULT) });

/** The request the command line makes. Raises an Error that says which argument is wrong. */
export function ageingArgumentsOf(args: readonly string[], today: string): z.output<typeof ageingArguments> {
  const { values } = parseArgs({
    args: [...args],
    options: { until: { type: 'string' }, operator: { type: 'string' } },
  });
  const parsed = ageingArguments.safeParse(values);
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(
      (issue) => `--${issue.path.map(String).join('.')}: ${issue.message}`,
    );
    throw new Error(wrong.join('\n'));
  }
  if (parsed.data.until > today) throw new Error(`--until: must not be after today, ${today}`);
  return parsed.data;
}

/** Each program that failed, and why; the other counties go on. */
function failuresOf({ errors }: AggregateError): string {
  const reasons = errors.map((error: unknown) => {
    if (!(error instanceof Error)) return String(error);
    const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
    return `${error.message}${cause}`;
  });
  return reasons.join('; ');
}

if (import.meta.main) {
  try {
    const { until, operator } = ageingArgumentsOf(
      process.argv.slice(2),
      businessDateOf(Date.now(), DEFAULT_TIME_ZONE),
    );
    await withStoredTable(process.env, async (table) => {
      const counties = await countiesToAge(operator, until, { programs: programStore(table) });
      if (counties.length === 0) console.log(`${operator} has no programs`);
      for (const county of counties) {
        const reports = await ageCounty(county, randomUUID(), {
          table,
          nowMs: Date.now,
          random: Math.random,
          sleep,
        }).catch((error: unknown) => {
          if (!(error instanceof AggregateError)) throw error;
          console.error(`${county.countyId}  ${failuresOf(error)}`);
          process.exitCode = 1;
          return [];
        });
        for (const { programId, agedThrough, aged, settled, entries, monthEnds, released } of reports) {
          console.log(
            `${county.countyId}  ${programId}  aged through ${agedThrough}: ${aged} steps of loans, ` +
              `${settled} days of sales, ${entries} entries, ${monthEnds} month ends, ${released} offers expired`,
          );
        }
      }
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(USAGE);
    process.exitCode = 1;
  }
}
