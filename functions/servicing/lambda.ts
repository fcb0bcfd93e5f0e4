import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { addDays, businessDate, businessDateOf, DEFAULT_TIME_ZONE } from '../../shared/domain/calendar.ts';
import { tenantId } from '../../shared/domain/identifiers.ts';
import { actAs } from '../../shared/store/acting.ts';
import { openTable } from '../../shared/store/dynamo.ts';
import { programStore } from '../../shared/store/programs.ts';
import { ageCounty } from './age-county.ts';
import { countiesToAge, countyToAge } from './counties.ts';

const { TABLE_NAME, OPERATOR_TENANTS } = z
  .object({
    TABLE_NAME: z.string().min(1),
    OPERATOR_TENANTS: z.string().transform((text) => z.array(tenantId).parse(text.split(','))),
  })
  .parse(process.env);
const table = openTable({ tableName: TABLE_NAME });

/** The two tasks of the nightly state machine: name the counties, and age one of them. */
const task = z.discriminatedUnion('task', [
  z.strictObject({ task: z.literal('list_counties'), until: businessDate.optional() }),
  countyToAge.extend({ task: z.literal('age_county') }),
]);

export async function handler(event: unknown, context: { awsRequestId: string }): Promise<unknown> {
  const given = task.parse(event);
  if (given.task === 'list_counties') {
    // The day that ended at midnight.
    const until = given.until ?? addDays(businessDateOf(Date.now(), DEFAULT_TIME_ZONE), -1);
    const programs = programStore(table);
    const counties = await Promise.all(
      OPERATOR_TENANTS.map((operator) =>
        actAs(
          {
            tenantId: operator,
            subject: 'age-loans',
            operation: 'listCounties',
            requestId: context.awsRequestId,
          },
          () => countiesToAge(operator, until, { programs }),
        ),
      ),
    );
    return { counties: counties.flat() };
  }
  const { task: _, ...county } = given;
  const reports = await ageCounty(county, context.awsRequestId, {
    table,
    nowMs: Date.now,
    random: Math.random,
    sleep,
  });
  for (const report of reports) {
    console.log(
      JSON.stringify({ level: 'info', function: 'servicing', countyId: county.countyId, ...report }),
    );
  }
  // What the night's verdict reads: see the servicing stack.
  return { countyId: county.countyId, outcome: 'aged' };
}
