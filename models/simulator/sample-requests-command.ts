import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { addDays, businessDateOf, DEFAULT_TIME_ZONE } from '../../shared/domain/calendar.ts';
import { parse } from '../../shared/domain/parse.ts';
import { sampleProgram, sampleTerms } from './sample-program.ts';
import { simulateCounty } from './simulate-county.ts';

const usage = `npm run sample-requests -- --out DIR [--seed 11] [--days 730]
Writes the request bodies of a simulated station that is likely to repay, stn_first, up to yesterday: program.json,
station.json, entrepreneur.json and transactions-NNN.json, at most 1,000 transactions each; terms.json, lending terms
of several products from today on; policy.json, thresholds to try on past decisions.`;

const TRANSACTIONS_PER_REQUEST = 1_000;

/** Of each station's loan, to tell in how many of them it defaults. */
const FUTURES = 100;
/** What the README's first application asks for. */
const REQUESTED_PRINCIPAL_MINOR = 3_000_000;
const STATION_ID = 'stn_first';

const options = z.strictObject({
  out: z.string().min(1),
  seed: z.coerce.number().pipe(z.int().min(0)).default(11),
  days: z.coerce.number().pipe(z.int().min(150).max(1_000)).default(730),
});

async function main(): Promise<void> {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ options: { out: text, seed: text, days: text } });
  const { out, seed, days } = parse(options, values);
  const today = businessDateOf(Date.now(), DEFAULT_TIME_ZONE);
  const county = simulateCounty({
    seed,
    countyIndex: 0,
    stations: 100,
    startDay: addDays(today, -days),
    days,
    applicationsOn: today,
    resimulations: FUTURES,
  });
  // The safest of those large enough, so that the first decision by hand has offers on whatever day it is made.
  const [simulated] = [...county]
    .flatMap(({ applications: [application], ...each }) =>
      application !== undefined &&
      application.requestedPrincipalMinor >= REQUESTED_PRINCIPAL_MINOR &&
      each.station.closedOn === undefined
        ? [{ ...each, truePd: application.truePd ?? 1 }]
        : [],
    )
    .sort((left, right) => left.truePd - right.truePd);
  if (simulated === undefined) throw new Error(`seed ${seed}: no station is large enough to borrow today`);
  // Ids are in paths, not in bodies: the station is whatever its caller calls it.
  const { stationId: _station, ...station } = simulated.station;
  const { entrepreneurId: _entrepreneur, ...person } = simulated.entrepreneur;
  const entrepreneur = { ...person, stationIds: [STATION_ID] };
  const transactions = [...simulated.transactions()];
  await mkdir(out, { recursive: true });
  const write = (name: string, body: unknown) =>
    writeFile(join(out, name), `${JSON.stringify(body, null, 1)}\n`);
  const { programId: _program, ...program } = sampleProgram({
    programId: 'prg_first',
    countyId: station.countyId,
    lenderTenantId: 'ten_bank',
    incubatorTenantId: 'ten_incubator',
    platformTenantId: 'ten_platform',
    capitalMinor: 100_000_000,
    opensOn: '2020-01-01',
    closesOn: '2039-12-31',
  });
  await write('program.json', program);
  await write('terms.json', sampleTerms(today));
  await write('policy.json', { policyVersion: 'trial', minimumCreditScore: 640, referBelowCreditScore: 660 });
  await write('station.json', station);
  await write('entrepreneur.json', entrepreneur);
  let files = 0;
  for (let start = 0; start < transactions.length; start += TRANSACTIONS_PER_REQUEST) {
    files += 1;
    await write(`transactions-${String(files).padStart(3, '0')}.json`, {
      transactions: transactions.slice(start, start + TRANSACTIONS_PER_REQUEST),
    });
  }
  console.log(`${STATION_ID}: ${transactions.length} transactions in ${files} requests in ${out}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  console.error(usage);
  process.exitCode = 1;
}
