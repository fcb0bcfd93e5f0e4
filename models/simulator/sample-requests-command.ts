import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { addDays, businessDateOf, DEFAULT_TIME_ZONE } from '../../shared/domain/calendar.ts';
import { parse } from '../../shared/domain/parse.ts';
import { simulateCounty } from './simulate-county.ts';

const usage = `npm run sample-requests -- --out DIR [--seed 7] [--days 730]
Writes the request bodies of one simulated station, stn_first, up to yesterday: station.json, entrepreneur.json and
transactions-NN.json, at most 1,000 transactions each.`;

const TRANSACTIONS_PER_REQUEST = 1_000;

const STATION_ID = 'stn_first';

const options = z.strictObject({
  out: z.string().min(1),
  seed: z.coerce.number().pipe(z.int().min(0)).default(7),
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
    applicationShare: 0,
  });
  // The first that is still open: a closed station cannot borrow.
  const simulated = county.find(({ station }) => station.closedOn === undefined);
  if (simulated === undefined) throw new Error(`seed ${seed}: every station has closed`);
  // Ids are in paths, not in bodies: the station is whatever its caller calls it.
  const { stationId: _station, ...station } = simulated.station;
  const { entrepreneurId: _entrepreneur, ...person } = simulated.entrepreneur;
  const entrepreneur = { ...person, stationIds: [STATION_ID] };
  const transactions = [...simulated.transactions()];
  await mkdir(out, { recursive: true });
  const write = (name: string, body: unknown) => writeFile(join(out, name), JSON.stringify(body));
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
